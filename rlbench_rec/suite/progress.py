"""What a run reports while it goes: events for a callback, and lines for `logging`."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ..results.schema import STATUSES
from .forecast import Forecast
from .time_left import in_words

_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True)
class RunStarted:
    """The suite was checked, and work begins.

    Attributes:
        suite: name of the suite.
        folder: where the run writes.
        jobs: jobs of the suite.
        kept: those of them that an earlier run finished and that are kept.
        repeated: why stored jobs are done again -> how many; empty in a new run.
        forecast: what the jobs to do are expected to cost.
        part: which part of the run: `2/5`; empty where all of it runs.
    """

    suite: str
    folder: Path
    jobs: int
    kept: int
    repeated: dict[str, int]
    forecast: Forecast | None = field(default=None, compare=False)
    part: str = field(default="", compare=False)

    def __str__(self) -> str:
        return f"Running {self.suite} in {self.folder}: {self.plan} {self.repetition}".rstrip()

    @property
    def at_end(self) -> int:
        """How many jobs are done when this run, or this part of it, ends."""
        return self.kept + self.forecast.jobs if self.forecast else self.jobs

    @property
    def plan(self) -> str:
        """What there is to do and what it is expected to cost, in sentences."""
        jobs = self.forecast.jobs if self.forecast else self.jobs - self.kept
        part = f" in part {self.part}" if self.part else ""
        said = f"{jobs:,} of {self.jobs:,} jobs to do{part}."
        return f"{said} {self.forecast}" if self.forecast and jobs else said

    @property
    def repetition(self) -> str:
        """How many stored jobs are done again and why, in one sentence; empty where none are."""
        if not self.repeated:
            return ""
        count = sum(self.repeated.values())
        reasons = ", ".join(f"{reason} ({number})" for reason, number in self.repeated.items())
        return f"{count} of {count + self.kept} stored jobs are done again: {reasons}."


@dataclass(frozen=True)
class JobFinished:
    """One more job is done, and its result is on disk.

    Attributes:
        run_id: the job's.
        status: `ok`, `diverging`, or `failed:` and the reason.
        seconds: how long it took.
        done: jobs of the suite that are done, those kept from an earlier run among them.
        jobs: how many are done at the end: the suite's, in a part those of other parts as far as they are done.
        left_out: what of it has nothing to do on its source and why; else empty.
        minutes_left: until the last one is done, as far as can be told by those that are; None where it cannot.
    """

    run_id: str
    status: str
    seconds: float
    done: int
    jobs: int
    left_out: str = ""
    minutes_left: float | None = field(default=None, compare=False)

    @property
    def failed(self) -> bool:
        return self.status not in STATUSES

    def __str__(self) -> str:
        if self.left_out:
            return f"[{self.done}/{self.jobs}] left out: {self.left_out}"
        state = "failed" if self.failed else "done"
        left = in_words(self.minutes_left)
        return f"[{self.done}/{self.jobs}] {self.run_id} {state} in {self.seconds:.1f} s{left and f', {left}'}"


@dataclass(frozen=True)
class TablesStarted:
    """Every job is done; tables and pictures are being made of their results, which takes a while.

    Attributes:
        folder: where they will be.
        jobs: how many jobs they are of.
    """

    folder: Path
    jobs: int

    def __str__(self) -> str:
        return f"Writing tables and pictures of {self.jobs:,} jobs to {self.folder}."


@dataclass(frozen=True)
class RunFinished:
    """Every job is done, and the tables are written.

    Attributes:
        folder: where they are.
        failed: jobs that failed.
        seconds: how long the run took.
    """

    folder: Path
    failed: int
    seconds: float

    def __str__(self) -> str:
        return f"Finished {self.folder} in {self.seconds:.1f} s, {self.failed} jobs failed."


ProgressEvent = RunStarted | JobFinished | TablesStarted | RunFinished
ProgressCallback = Callable[[ProgressEvent], None]
"""Called in the caller's thread, one event at a time. What it raises ends the run as a Ctrl-C does: the tables hold
what finished."""


def report(event: ProgressEvent, progress: ProgressCallback | None) -> None:
    """Log an event (level INFO, logger `rlbench_rec.suite.progress`), and hand it to the callback if there is one."""
    _LOGGER.info("%s", event)
    if progress is not None:
        progress(event)
