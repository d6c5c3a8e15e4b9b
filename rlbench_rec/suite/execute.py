"""A batch of jobs in a worker process: whatever goes wrong is a row, and the other jobs go on."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import RlbenchError
from ..machine import peak_memory_mb
from ..terminal import printable
from .kinds import kind_of
from .plan import Job, JobResult

LONGEST_REASON = 500
"""Characters of an error that a status quotes."""


def execute(batch: Sequence[Job], folder: Path | None = None) -> list[JobResult]:
    """Do the jobs of a batch, as their kind of suite does them.

    Args:
        batch: jobs that share their work (see `kinds.Kind.batches`).
        folder: of the run, for what a job keeps beside its result; None keeps nothing.

    Returns:
        One result a job. A job that raised anything leaves one row with the reason as its status.
    """
    kind = kind_of(batch[0].suite)
    started = Clock()
    try:
        shared = kind.prepare(batch)
    except KeyboardInterrupt:
        raise
    # A plug-in may call sys.exit, and a library written in Rust raises its panics past `Exception`.
    except BaseException as error:
        return [failure(job, error, **started.spent) for job in batch]
    spent = {name: number / len(batch) for name, number in started.spent.items()}
    return [_execute(job, prepared, folder, Clock(spent)) for job, prepared in zip(batch, shared, strict=True)]


class Clock:
    """Time since it was made, and some that was spent before.

    Args:
        before: `seconds` and `cpu_seconds`.
    """

    def __init__(self, before: Mapping[str, float] | None = None):
        self._before, self._wall, self._cpu = before or {}, time.perf_counter(), time.process_time()

    @property
    def spent(self) -> dict[str, float]:
        """Columns of timings.csv: `seconds` by the clock on the wall, `cpu_seconds` of this process."""
        now = {"seconds": time.perf_counter() - self._wall, "cpu_seconds": time.process_time() - self._cpu}
        return {name: number + self._before.get(name, 0.0) for name, number in now.items()}


def failure(job: Job, error: BaseException | str, seconds: float = 0.0, cpu_seconds: float | None = None) -> JobResult:
    """The result of a job that did not get to its end."""
    row = kind_of(job.suite).failed_row(job, failed_status(error))
    return JobResult(job.run_id, [row], timing={"run_id": job.run_id, "seconds": seconds, "cpu_seconds": cpu_seconds})


def failed_status(error: BaseException | str) -> str:
    """`failed:` and the reason, on one line."""
    plain = isinstance(error, str | RlbenchError)
    text = _text(error) if plain else f"{type(error).__name__}: {_text(error)}"
    # Tables cannot hold bytes of a path that are not UTF-8, and should not hold what a terminal obeys.
    reason = printable(" ".join(text.split())).rstrip(": ")
    return f"failed: {reason[:LONGEST_REASON]}"


def _text(error: BaseException | str) -> str:
    try:
        return str(error)
    # The message of somebody else's exception is their code.
    except Exception:
        return ""


def _execute(job: Job, prepared: Any, folder: Path | None, clock: Clock) -> JobResult:
    try:
        result = kind_of(job.suite).execute(job, prepared, folder)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        return failure(job, error, **clock.spent)
    result.timing |= {"run_id": job.run_id, **clock.spent, "peak_memory_mb": peak_memory_mb()}
    return result
