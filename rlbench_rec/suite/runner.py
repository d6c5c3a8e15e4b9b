"""Running a suite: jobs in worker processes, each result on disk as it comes, tables at the end."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path

from ..errors import InputError, OutputError, UnknownNameError
from ..results.write import write_text
from .config import Suite
from .execute import JobResult, execute
from .jobs import Job, plan
from .report import write_tables

JOBS_FOLDER = "jobs"


@dataclass(frozen=True)
class Finished:
    """A suite that ran.

    Attributes:
        folder: where the files are.
        results: one a job, in the order of the plan.
        seconds: how long it took.
    """

    folder: Path
    results: list[JobResult]
    seconds: float

    @property
    def failures(self) -> list[JobResult]:
        return [result for result in self.results if result.failed]


def run_suite(
    suite: Suite,
    folder: Path,
    *,
    device: str = "auto",
    workers: int | None = None,
    resume: bool = False,
    command_line: list[str] | None = None,
) -> Finished:
    """Run every job of a suite and write its tables, manifest and plots (see `suite.report`).

    Each finished job is on disk at once. After an interruption the tables hold what finished; `resume` runs the rest.

    Args:
        suite: what to run.
        folder: where to write; must be new or empty unless `resume`.
        device: `auto`, `cpu` or `cuda`.
        workers: processes; None takes one a core, but one where a GPU does the work.
        resume: keep the finished jobs of an earlier run of the same suite.
        command_line: for the manifest.

    Raises:
        OutputError: the folder cannot be written.
        InputError: the folder holds another run, or an option is out of range.
    """
    started = time.perf_counter()
    check_names(suite)
    jobs = plan(suite, device)
    kept = _prepare(folder, jobs, resume)
    done: dict[str, JobResult] = dict(kept)
    waiting = [job for job in jobs if job.run_id not in done]
    try:
        with _progress(len(jobs), len(done)) as advance:
            for result in _execute_all(waiting, _worker_count(workers, device, len(waiting))):
                _save(result, folder)
                done[result.run_id] = result
                advance(result)
    finally:
        results = [done[job.run_id] for job in jobs if job.run_id in done]
        if results:
            write_tables(
                suite, results, folder, device=device, command_line=command_line, complete=len(done) == len(jobs)
            )
    return Finished(folder, results, time.perf_counter() - started)


def check_names(suite: Suite) -> None:
    """Refuse unknown names before any work starts.

    Raises:
        UnknownNameError: an unknown task, dataset, algorithm, encoder, loop, estimator or metric.
        MissingFileError: the raw files of a data set are not there.
        InputError: an unknown policy form or algorithm setting.
    """
    from .. import ope, tasks, training
    from ..events.cards import find, resolve_files
    from ..policies import POLICIES
    from ..results.metrics import METRICS
    from ..training.algorithms import make_config
    from .execute import parse_form

    for spec in suite.algorithms:
        if spec.id not in POLICIES and spec.id not in training.ALGORITHMS:
            raise UnknownNameError("algorithm", spec.id, [*POLICIES, *training.ALGORITHMS])
        training.ENCODERS.canonical(spec.encoder)
        if spec.id in training.ALGORITHMS:
            make_config(spec.id, spec.config, 0.9)
    training.LOOPS.canonical(suite.loop)
    for name in suite.estimators:
        ope.estimator(name)
    for form in [*suite.forms, *(form for source in suite.sources for form in source.forms or [])]:
        parse_form(form)
    for source in suite.sources:
        for metric in source.metrics:
            METRICS.canonical(metric)
        if source.task:
            tasks.TASKS.canonical(source.task)
        else:
            data = None if source.data is None else Path(source.data)
            for name in filter(None, (source.dataset, source.counterpart)):
                resolve_files(find(name), data)


def _worker_count(workers: int | None, device: str, jobs: int) -> int:
    if workers is not None and workers < 1:
        raise InputError(f"{workers} worker processes.", where="jobs", hint="Give 1 or more.")
    if workers is None:
        workers = 1 if _on_gpu(device) else _cores()
    return max(1, min(workers, jobs))


def _cores() -> int:
    """Cores this process may use, which on a shared machine are fewer than it has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _on_gpu(device: str) -> bool:
    if device == "cpu":
        return False
    import torch

    return torch.cuda.is_available()


def _execute_all(jobs: list[Job], workers: int) -> Iterator[JobResult]:
    """Results as they finish. Jobs of one source go to the workers together, so that each loads few sources."""
    # Spawned even for one worker: its thread settings and torch's must not change the caller's process.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_start_worker) as pool:
        futures = {pool.submit(execute, job) for job in jobs}
        try:
            while futures:
                finished, futures = wait(futures, return_when=FIRST_COMPLETED)
                for future in finished:
                    yield future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _start_worker() -> None:
    # One thread a worker: the workers are the parallelism, and results must not depend on the number of cores.
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[variable] = "1"
    import torch

    torch.set_num_threads(1)


def _prepare(folder: Path, jobs: list[Job], resume: bool) -> dict[str, JobResult]:
    if folder.exists() and not folder.is_dir():
        raise OutputError("This is a file, not a folder.", where=str(folder))
    if folder.is_dir() and any(folder.iterdir()) and not resume:
        hint = "Give a new folder, or --resume to finish the run that is here."
        raise InputError("The folder is not empty.", where=str(folder), hint=hint)
    try:
        (folder / JOBS_FOLDER).mkdir(parents=True, exist_ok=True)
        probe = folder / f".probe-{os.getpid()}"
        probe.write_text("")
        probe.unlink()
    except OSError as error:
        raise OutputError(f"The folder cannot be written ({error.strerror}).", where=str(folder)) from error
    if not resume:
        return {}
    wanted = {job.run_id: job.config_hash for job in jobs}
    found = (_read(path) for path in sorted((folder / JOBS_FOLDER).glob("*.json")))
    return {r.run_id: r for r in found if r and wanted.get(r.run_id) == r.config_hash and not r.failed}


def _save(result: JobResult, folder: Path) -> None:
    write_text(folder / JOBS_FOLDER / f"{result.run_id}.json", json.dumps(asdict(result)))


def _read(path: Path) -> JobResult | None:
    try:
        return JobResult(**json.loads(path.read_text()))
    except (ValueError, TypeError, OSError):
        # A result that cannot be read is a job that has not finished.
        return None


class _progress:
    """A progress bar on stderr, or a line per job where stderr is no terminal."""

    def __init__(self, total: int, done: int):
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        self.console = Console(stderr=True)
        columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
        self.bar = Progress(*columns, console=self.console, disable=not self.console.is_terminal)
        self.total, self.done = total, done

    def __enter__(self):
        self.bar.start()
        self.task = self.bar.add_task("starting", total=self.total, completed=self.done)
        return self.advance

    def advance(self, result: JobResult) -> None:
        """One more job is done."""
        self.done += 1
        state = "failed" if result.failed else "done"
        self.bar.update(self.task, advance=1, description=result.run_id)
        if not self.console.is_terminal:
            seconds = result.timing.get("seconds", 0.0)
            print(f"[{self.done}/{self.total}] {result.run_id} {state} in {seconds:.1f} s", file=sys.stderr, flush=True)

    def __exit__(self, *exception: object) -> None:
        self.bar.stop()
