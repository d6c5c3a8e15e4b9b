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
from ..results.same_data import MANIFEST, DataHashes
from ..results.schema import TIMINGS
from ..results.write import write_json, write_table
from ..terminal import say
from .content import UNKNOWN, content_of
from .execute import execute, failure
from .kinds import kind_of
from .plan import Job, JobResult, frame
from .progress import Progress
from .resume import refuse_other_run
from .stamp import circumstances
from .store import Kept, finished_jobs, make_folder, refuse_used_folder, save, tidy
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
        resume: keep the finished jobs of an earlier run of the same suite, as far as they were made of the same data,
            cards, code and libraries. Seeds (and logs of a size) may be added.
        command_line: for the manifest.

    Raises:
        UnknownNameError, MissingFileError: the suite names something that is not there.
        OutputError: the folder cannot be written.
        InputError: the folder holds something that is not to be resumed, or no run of this suite that could be; the
            device is not there; an option is out of range; or the suite names something twice.
    """
    from ..training.device import resolve

    started = time.perf_counter()
    kind = kind_of(suite)
    device = resolve(device) if kind.trains else "cpu"
    worker_count(workers, device, 1)
    kind.check(suite)
    if resume:
        refuse_other_run(folder, suite)
    else:
        refuse_used_folder(folder)
    contents = [content_of(source, normalise=kind.trains and suite.normalise) for source in suite.sources]
    jobs, common = kind.plan(suite, device, contents), circumstances(device)
    kept = finished_jobs(folder, jobs, common) if resume else Kept()
    # A batch whose jobs are done in one pass runs whole or not at all, so that --resume ends with the same bytes.
    waiting = [batch for batch in kind.batches(jobs) if any(job.run_id not in kept.results for job in batch)]
    again = {job.run_id for batch in waiting for job in batch}
    done = {run_id: result for run_id, result in kept.results.items() if run_id not in again}
    make_folder(folder)
    config = suite.model_dump(mode="json")
    # Before any work: whatever breaks it off, the folder says which run it is, and no other is resumed there.
    write_json(manifest(config, DataHashes({}, {}), command_line, device, False), folder / MANIFEST)
    if message := kept.sentence():
        say(f"rlbench: {message}", error=True)
    try:
        work = functools.partial(execute, folder=folder)
        count = worker_count(workers, device, len(waiting))
        finished = execute_all(work, waiting, count, lost=failure, trains=kind.trains)
        # Closed, the workers are dead before the tables are written.
        with Progress(len(jobs), len(done)) as advance, contextlib.closing(finished):
            for batch, results in finished:
                for job, result in zip(batch, results, strict=True):
                    result = _checked(job, result)
                    save(result, job, common, folder)
                    done[job.run_id] = result
                    advance(job.run_id, result.timing.get("seconds", 0.0), failed=result.failed)
    finally:
        results = [done[job.run_id] for job in jobs if job.run_id in done]
        if results:
            hashes = kind.write_tables(suite, results, folder)
            _write_timings(results, folder)
            complete = len(results) == len(jobs)
            write_json(manifest(config, hashes, command_line, device, complete), folder / MANIFEST)
    tidy(folder, jobs)
    return Finished(suite, folder, results, time.perf_counter() - started)


def _checked(job: Job, result: JobResult) -> JobResult:
    """The result, unless it was made of other data than the jobs before it."""
    wanted = {"dataset_sha256": job.content.data, "card_sha256": job.content.card}
    for row in result.rows if job.content.data not in ("", UNKNOWN) else ():
        if row["status"] == "ok" and any(row[name] != value for name, value in wanted.items()):
            return failure(job, "The data, or the card, changed while the suite ran.")
    return result


def _write_timings(results: Sequence[JobResult], folder: Path) -> None:
    timings = frame([result.timing for result in results if result.timing], TIMINGS)
    write_table(timings.sort_values("run_id", ignore_index=True), TIMINGS, folder / "timings.csv")
