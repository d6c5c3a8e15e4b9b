"""Doing the jobs of a sample again, in worker processes like those of a run, and keeping nothing but their results."""

from __future__ import annotations

import contextlib
import functools
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from ..suite.execute import execute, failure
from ..suite.jobs import home_of
from ..suite.kinds import kind_of
from ..suite.plan import JobResult
from ..suite.progress import JobFinished, ProgressCallback, RunStarted, report
from ..suite.workers import execute_all, worker_count

if TYPE_CHECKING:
    from .run_folder import RunFolder
    from .sample import Sample


def redo(
    run: RunFolder, sample: Sample, workers: int | None = None, progress: ProgressCallback | None = None
) -> dict[str, JobResult]:
    """Run id -> what the job leaves now; of the jobs that were drawn and those that they need."""
    done: dict[str, JobResult] = {}
    total = sum(map(len, sample.batches))
    report(RunStarted(run.suite.name, run.folder, total, 0, {}), progress)
    with tempfile.TemporaryDirectory(prefix="rlbench-verify-") as scratch:
        # What reads the trainings of other jobs comes after them.
        for reads in (False, True):
            now = [batch for batch in sample.batches if any(job.needs for job in batch) == reads]
            if not now:
                continue
            finished = execute_all(
                functools.partial(execute, folder=Path(scratch)),
                now,
                worker_count(workers, "cpu", len(now)),
                lost=failure,
                trains=kind_of(run.suite).trains(run.suite),
                job_timeout=run.suite.job_timeout,
                plugins=run.suite.plugins,
                home=home_of,
            )
            with contextlib.closing(finished):
                for batch, results in finished:
                    for job, result in zip(batch, results, strict=True):
                        done[job.run_id] = result
                        seconds = result.timing.get("seconds", 0.0)
                        report(JobFinished(job.run_id, result.status, seconds, len(done), total), progress)
    return done
