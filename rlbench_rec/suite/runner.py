"""Running a suite: jobs in worker processes, each result on disk as it comes, tables at the end."""

from __future__ import annotations

import contextlib
import functools
import time
from collections import deque
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ..arguments import expect, path_of
from ..extras import require
from ..plugins import identities, load_plugins
from ..results.data_identity import MANIFEST, DataHashes
from ..results.manifest import manifest
from ..results.schema import STATUSES, TIMINGS
from ..results.write import write_json, write_table
from ..toml_places import at, lines_of_file
from .config import AnySuite, Suite, load_suite
from .execute import execute, failure
from .fingerprints import UNKNOWN
from .finished_run import FinishedRun
from .forecast import forecast
from .jobs import home_of, planned, ready_and_blocked, unfinished
from .kinds import kind_of
from .lock import hold
from .part import Part
from .plan import Job, JobResult, frame
from .progress import JobFinished, ProgressCallback, RunFinished, RunStarted, TablesStarted, report
from .resume import refuse_other_run
from .stamp import circumstances
from .store import Kept, finished_jobs, is_empty, refuse_used_folder, remove_models, save, tidy
from .time_left import TimeLeft
from .workers import execute_all, trained_on, worker_count

if TYPE_CHECKING:
    from .kinds.estimators.config import EstimatorSuite
    from .ray_cluster import RayCluster


def run_suite(
    suite: Suite | EstimatorSuite | str | Path,
    out: str | Path | None = None,
    *,
    device: str = "auto",
    workers: int | None = None,
    resume: bool = False,
    part: tuple[int, int] | None = None,
    cluster: RayCluster | None = None,
    progress: ProgressCallback | None = None,
    command_line: list[str] | None = None,
) -> FinishedRun:
    """Run every job of a suite and write its tables, manifest and plots (see the suite's kind).

    Each finished job is on disk at once. After an interruption the tables hold what finished; `resume` runs the rest.
    Nothing is printed: what happens goes to `progress` and, at level INFO, to `logging`.

        finished = rb.run_suite("quick", "runs/mine", progress=print)
        board = rb.load_leaderboard(finished.folder / "leaderboard.csv")

    Args:
        suite: what to run; a name or a path as in `load_suite`.
        out: folder to write to, new or empty unless `resume`; None: `runs/<suite>-<time>` in the working folder.
        device: `auto`, `cpu` or `cuda`; a suite that trains nothing takes the cpu.
        workers: processes; None takes one a core, but one where a GPU does the work.
        resume: keep the finished jobs of an earlier run of the same suite, as far as they were made of the same data,
            cards, code and libraries. Seeds, replicates and logs may be added.
        part: (i, n): do the i-th of n parts of the jobs, those of one shop together. It goes on with a run that is in
            the folder; the tables hold all that is done there.
        cluster: a Ray cluster whose nodes see the folder and the data, `RayCluster("auto")` say; None: this machine.
        progress: called with each event of the run (see `suite.progress`): it started, a job finished, it finished.
        command_line: for the manifest.

    Raises:
        MissingExtraError: the suite trains, and what trains is not installed.
        UnknownNameError, MissingFileError: no such suite, or it names something that is not there.
        OutputError: the folder cannot be written.
        InputError: the folder holds something that is not to be resumed, or no run of this suite that could be;
            another process works in it; the device is not there; an option is out of range; a plugin cannot be
            imported; or the suite names something twice.
    """
    started = time.perf_counter()
    file = suite if isinstance(suite, str | Path) else None
    if isinstance(suite, str | Path):
        suite = load_suite(suite)
    expect(suite, AnySuite, "suite", "a suite, or the name or file of one")
    folder = default_folder(suite.name) if out is None else path_of(out, "out")
    kind = kind_of(suite)
    if kind.trains(suite):
        require("train", f"The suite '{suite.name}'")
        device = trained_on(device, cluster)
    else:
        device = "cpu"
    worker_count(workers, device, 1, cluster)
    one_part = None if part is None else Part(*part)
    with lines_of_file(file):
        with at("plugins"):
            load_plugins(suite.plugins)
        kind.check(suite)
    with hold(folder):
        resume = resume or (part is not None and not is_empty(folder))
        if resume:
            refuse_other_run(folder, suite)
        else:
            refuse_used_folder(folder)
        run = _Run(suite, folder, device, command_line, progress, cluster and cluster.holding(folder, device))
        run.finish(workers, resume, one_part)
    missing = len(run.jobs) - len(run.results)
    finished = FinishedRun(suite, folder, run.results, time.perf_counter() - started, missing, one_part)
    report(RunFinished(folder, len(finished.failures), finished.seconds), progress)
    return finished


def write_tables(
    suite: Suite | EstimatorSuite,
    folder: Path,
    device: str,
    progress: ProgressCallback | None = None,
    command_line: list[str] | None = None,
) -> FinishedRun:
    """Write the tables, manifest and plots of what is done in a folder that this process holds, and do no job.

    Args:
        suite: what the folder is a run of.
        folder: with stored jobs.
        device: what trained them.
        progress, command_line: as in `run_suite`.

    Raises:
        OutputError: a file cannot be written.
    """
    started = time.perf_counter()
    run = _Run(suite, folder, device, command_line, progress)
    run.collect()
    missing = len(run.jobs) - len(run.results)
    return FinishedRun(suite, folder, run.results, time.perf_counter() - started, missing)


def default_folder(name: str) -> Path:
    """`runs/<name>-<time>`: where a run goes that was given no folder."""
    return Path("runs") / f"{name}-{datetime.now():%Y%m%d-%H%M%S}"


class _Run:
    """A suite in its folder, from the plan to the tables."""

    def __init__(
        self,
        suite: Suite | EstimatorSuite,
        folder: Path,
        device: str,
        command_line: list[str] | None,
        progress: ProgressCallback | None,
        cluster: RayCluster | None = None,
    ):
        self.suite, self.folder, self.device, self.command_line = suite, folder, device, command_line
        self.progress, self.cluster = progress, cluster
        self.kind, self.config = kind_of(suite), suite.model_dump(mode="json")
        self.plugins = identities(self.config)
        self.jobs, self.common = planned(suite, device), circumstances(device, self.plugins)
        self.done: dict[str, JobResult] = {}
        self.target, self.time_left = len(self.jobs), TimeLeft({})

    @property
    def results(self) -> list[JobResult]:
        """Of the jobs that are done, in the order of the plan."""
        return [self.done[job.run_id] for job in self.jobs if job.run_id in self.done]

    def finish(self, workers: int | None, resume: bool, part: Part | None) -> None:
        """Do what is not yet done (of a part), and write the tables, even after an interruption."""
        kept = finished_jobs(self.folder, self.jobs, self.common) if resume else Kept()
        mine = {job.run_id for job in self.jobs} if part is None else part.jobs(self.jobs)
        waiting = unfinished(self.kind.batches(self.jobs), kept, mine)
        to_do = [job for batch in waiting for job in batch]
        self.done = dict(kept.results)
        remove_models(self.folder, [job.run_id for job in to_do])
        # Before any work: whatever interrupts it, the folder says which run it is, and no other is resumed there.
        self._write_manifest(DataHashes({}, {}), complete=False)
        workers = worker_count(workers, self.device, len(waiting), self.cluster)
        expected = forecast(self.folder, self.jobs, to_do, kept.results, workers)
        repeated = kept.repeated({job.run_id for job in self.jobs} - mine)
        started = RunStarted(
            self.suite.name, self.folder, len(self.jobs), len(self.done), repeated, expected, str(part or "")
        )
        self.target, self.time_left = started.at_end, TimeLeft(expected.seconds)
        report(started, self.progress)
        try:
            if waiting:
                self._execute(waiting, workers)
            report(TablesStarted(self.folder, len(self.results)), self.progress)
            self._write_tables()
        except BaseException:
            # What finished, also where the writing itself was interrupted.
            self._write_tables()
            raise
        if len(self.results) == len(self.jobs):
            tidy(self.folder, self.jobs)

    def collect(self) -> None:
        """Write the tables of what is done."""
        self.done = finished_jobs(self.folder, self.jobs, self.common).results
        report(TablesStarted(self.folder, len(self.results)), self.progress)
        self._write_tables()

    def _execute(self, batches: Sequence[Sequence[Job]], workers: int) -> None:
        undone = {job.run_id for batch in batches for job in batch}
        # What reads the trainings of other jobs comes as soon as these are done, while their log is at hand.
        ready, blocked = ready_and_blocked(batches, undone)
        waiting = deque(ready)
        finished = execute_all(
            functools.partial(execute, folder=self.folder),
            waiting,
            workers,
            lost=failure,
            trains=self.kind.trains(self.suite),
            job_timeout=self.suite.job_timeout,
            plugins=list(self.plugins),
            home=home_of,
            cluster=self.cluster,
        )
        # Closed, the workers are dead before the tables are written.
        with contextlib.closing(finished):
            for batch, results in finished:
                for job, result in zip(batch, results, strict=True):
                    self._keep(job, _checked(job, result))
                undone -= {job.run_id for job in batch}
                ready, blocked = ready_and_blocked(blocked, undone)
                waiting.extend(ready)

    def _keep(self, job: Job, result: JobResult) -> None:
        # First here: what is on disk is in the tables too, whenever the run is interrupted.
        self.done[job.run_id] = result
        save(result, job, self.common, self.folder)
        seconds = result.timing.get("seconds", 0.0)
        left = self.time_left.after(job.run_id)
        event = JobFinished(job.run_id, result.status, seconds, len(self.done), self.target, result.left_out, left)
        report(event, self.progress)

    def _write_tables(self) -> None:
        if results := self.results:
            hashes = self.kind.write_tables(self.suite, results, self.folder)
            _write_timings(results, self.folder)
            self._write_manifest(hashes, complete=len(results) == len(self.jobs))

    def _write_manifest(self, hashes: DataHashes, *, complete: bool) -> None:
        content = manifest(
            self.config,
            hashes,
            self.command_line,
            self.device,
            complete,
            self.plugins,
            trains=self.kind.trains(self.suite),
        )
        write_json(content, self.folder / MANIFEST)


def _checked(job: Job, result: JobResult) -> JobResult:
    """The result, unless it was made of other data than the jobs before it."""
    wanted = {"dataset_sha256": job.content.data, "card_sha256": job.content.card}
    for row in result.rows if job.content.data not in ("", UNKNOWN) else ():
        if row["status"] in STATUSES and any(row[name] != value for name, value in wanted.items()):
            return failure(job, "The data, or the card, changed while the suite ran.")
    return result


def _write_timings(results: Sequence[JobResult], folder: Path) -> None:
    timings = frame([result.timing for result in results if result.timing], TIMINGS)
    write_table(timings.sort_values("run_id", ignore_index=True), TIMINGS, folder / "timings.csv")
