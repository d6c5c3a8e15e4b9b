"""Running a suite: jobs in worker processes, each result on disk as it comes, tables at the end."""

from __future__ import annotations

import contextlib
import functools
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..results.manifest import manifest
from ..results.schema import TIMINGS
from ..results.write import write_json, write_table
from .execute import execute, failure
from .kinds import kind_of
from .plan import JobResult, frame
from .progress import Progress
from .store import finished_jobs, prepare_folder, save
from .workers import execute_all, worker_count

if TYPE_CHECKING:
    from .config import Suite
    from .kinds.estimators.config import EstimatorSuite


@dataclass(frozen=True)
class Finished:
    """A suite that ran.

    Attributes:
        suite: what ran.
        folder: where the files are.
        results: one a job, in the order of the plan.
        seconds: how long it took.
    """

    suite: Suite | EstimatorSuite
    folder: Path
    results: list[JobResult]
    seconds: float

    @property
    def failures(self) -> list[JobResult]:
        return [result for result in self.results if result.failed]


def run_suite(
    suite: Suite | EstimatorSuite,
    folder: Path,
    *,
    device: str = "auto",
    workers: int | None = None,
    resume: bool = False,
    command_line: list[str] | None = None,
) -> Finished:
    """Run every job of a suite and write its tables, manifest and plots (see the suite's kind).

    Each finished job is on disk at once. After an interruption the tables hold what finished; `resume` runs the rest.

    Args:
        suite: what to run.
        folder: where to write; must be new or empty unless `resume`.
        device: `auto`, `cpu` or `cuda`; a suite that trains nothing takes the cpu.
        workers: processes; None takes one a core, but one where a GPU does the work.
        resume: keep the finished jobs of an earlier run of the same suite.
        command_line: for the manifest.

    Raises:
        UnknownNameError, MissingFileError: the suite names something that is not there.
        OutputError: the folder cannot be written.
        InputError: the folder holds another run, the device is not there, or an option is out of range.
    """
    from ..training.device import resolve

    started = time.perf_counter()
    kind = kind_of(suite)
    device = resolve(device) if kind.trains else "cpu"
    kind.check(suite)
    jobs = kind.plan(suite, device)
    prepare_folder(folder, resume)
    kept = finished_jobs(folder, jobs) if resume else {}
    # A batch whose jobs are done in one pass runs whole or not at all, so that --resume ends with the same bytes.
    waiting = [batch for batch in kind.batches(jobs) if any(job.run_id not in kept for job in batch)]
    again = {job.run_id for batch in waiting for job in batch}
    done = {run_id: result for run_id, result in kept.items() if run_id not in again}
    try:
        work = functools.partial(execute, folder=folder)
        count = worker_count(workers, device, len(waiting))
        finished = execute_all(work, waiting, count, lost=failure, trains=kind.trains)
        # Closed, the workers are dead before the tables are written.
        with Progress(len(jobs), len(done)) as advance, contextlib.closing(finished):
            for _, results in finished:
                for result in results:
                    save(result, folder)
                    done[result.run_id] = result
                    advance(result.run_id, result.timing.get("seconds", 0.0), failed=result.failed)
    finally:
        results = [done[job.run_id] for job in jobs if job.run_id in done]
        if results:
            hashes = kind.write_tables(suite, results, folder)
            _write_timings(results, folder)
            config, complete = suite.model_dump(mode="json"), len(done) == len(jobs)
            write_json(manifest(config, hashes, command_line, device, complete), folder / "manifest.json")
    return Finished(suite, folder, results, time.perf_counter() - started)


def _write_timings(results: Sequence[JobResult], folder: Path) -> None:
    timings = frame([result.timing for result in results if result.timing], TIMINGS)
    write_table(timings.sort_values("run_id", ignore_index=True), TIMINGS, folder / "timings.csv")
