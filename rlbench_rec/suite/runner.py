"""Running a suite: jobs in worker processes, each result on disk as it comes, tables at the end."""

from __future__ import annotations

import functools
import json
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from ..errors import InputError, OutputError, UnknownNameError
from ..files import write_text
from .config import Suite
from .execute import JobResult, execute
from .jobs import Job, batches, plan
from .reference.known import find_reference
from .report import write_tables
from .sources import make_task
from .workers import Progress, execute_all, worker_count

JOBS_FOLDER = "jobs"
MODELS_FOLDER = "models"


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
        InputError: the folder holds another run, the device is not there, or an option is out of range.
    """
    from ..training.device import resolve

    started = time.perf_counter()
    device = resolve(device)
    check_names(suite)
    jobs = plan(suite, device)
    kept = _prepare(folder, jobs, resume)
    # A batch whose seeds train in one pass runs whole or not at all, so that --resume ends with the same bytes.
    waiting = [batch for batch in batches(jobs) if any(job.run_id not in kept for job in batch)]
    again = {job.run_id for batch in waiting for job in batch}
    done = {run_id: result for run_id, result in kept.items() if run_id not in again}
    try:
        with Progress(len(jobs), len(done)) as advance:
            work = functools.partial(execute, models=folder / MODELS_FOLDER)
            for _, results in execute_all(work, waiting, worker_count(workers, device, len(waiting))):
                for result in results:
                    _save(result, folder)
                    done[result.run_id] = result
                    advance(result.run_id, result.timing.get("seconds", 0.0), failed=result.failed)
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
        InputError: an unknown policy form or algorithm setting, a task's parameter out of range, or a task without a
            reference policy where values are to be normalised.
    """
    from .. import ope, training
    from ..events.cards.find import find, resolve_files
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
            task = make_task(source)
            if suite.normalise:
                find_reference(task)
        else:
            data = None if source.data is None else Path(source.data)
            for name in filter(None, (source.dataset, source.counterpart)):
                resolve_files(find(name), data)


def prepare_folder(folder: Path, resume: bool) -> None:
    """Make the folder of a run, with one for its jobs.

    Raises:
        OutputError: it cannot be written.
        InputError: it holds something, and that is not to be resumed.
    """
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


def _prepare(folder: Path, jobs: list[Job], resume: bool) -> dict[str, JobResult]:
    prepare_folder(folder, resume)
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
