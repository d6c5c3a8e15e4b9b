"""Running an estimator suite: a job a log, each on disk as it comes, tables and plots at the end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

from ...files import write_text
from ...results.estimator_plots import plot_errors, plot_estimates
from ...results.manifest import manifest
from ...results.schema import ESTIMATES, ESTIMATORS
from ...results.write import write_json, write_table
from ..runner import JOBS_FOLDER, prepare_folder
from ..sources import make_task
from ..workers import Progress, execute_all, worker_count
from .config import EstimatorSuite
from .log_job import LogJob, execute, plan
from .table import score

CACHE_FOLDER, PLOTS_FOLDER = "truth", "plots"


def run_estimators(
    suite: EstimatorSuite,
    folder: Path,
    *,
    workers: int | None = None,
    resume: bool = False,
    command_line: list[str] | None = None,
) -> pd.DataFrame:
    """Score every estimator of a suite; write estimates.csv, estimators.csv, manifest.json and plots.

    Each finished log is on disk at once; after an interruption, `resume` makes the rest.

    Args:
        suite: what to run.
        folder: where to write; must be new or empty unless `resume`.
        workers: processes; None takes one a core.
        resume: keep the finished logs of an earlier run of the same suite.
        command_line: for the manifest.

    Returns:
        Rows of estimators.csv.

    Raises:
        UnknownNameError: a task, policy or estimator that is not there.
        OutputError: the folder cannot be written.
        InputError: the folder holds another run, or an option is out of range.
    """
    check_names(suite)
    prepare_folder(folder, resume)
    jobs = plan(suite, str(folder / CACHE_FOLDER))
    found = {job.job_id: _read(job, folder) for job in jobs}
    waiting = [job for job in jobs if found[job.job_id] is None]
    with Progress(len(jobs), len(jobs) - len(waiting)) as advance:
        for job, (rows, seconds) in execute_all(
            execute, waiting, worker_count(workers, "cpu", len(waiting)), trains=False
        ):
            write_text(folder / JOBS_FOLDER / f"{job.job_id}.json", json.dumps({"digest": job.digest, "rows": rows}))
            found[job.job_id] = rows
            advance(job.job_id, seconds)
    keys = ["task", "policy", "estimator", "n_episodes", "log_seed"]
    estimates = pd.DataFrame([row for job in jobs for row in found[job.job_id]], columns=list(ESTIMATES))
    estimates = estimates.sort_values(keys, kind="stable", ignore_index=True)
    scores = score(estimates)
    write_table(estimates, ESTIMATES, folder / "estimates.csv")
    write_table(scores, ESTIMATORS, folder / "estimators.csv")
    write_json(manifest(suite.model_dump(mode="json"), {}, command_line, "cpu", True), folder / "manifest.json")
    (folder / PLOTS_FOLDER).mkdir(exist_ok=True)
    plot_errors(scores, folder / PLOTS_FOLDER)
    plot_estimates(estimates, folder / PLOTS_FOLDER)
    return scores


def check_names(suite: EstimatorSuite) -> None:
    """Refuse unknown tasks, policies and estimators before any work starts.

    Raises:
        UnknownNameError: naming the nearest known one.
        InputError: a parameter of a task out of range.
    """
    from ... import ope
    from ...errors import UnknownNameError

    for name in suite.estimators:
        ope.estimator(name)
    for source in suite.sources:
        task = make_task(source)
        known = task.evaluation_policies()
        for name in source.groups:
            if name not in known:
                raise UnknownNameError("policy", name, known)
        if source.logging not in {"behaviour", *task.logging_policies()}:
            raise UnknownNameError("policy", source.logging, ["behaviour", *task.logging_policies()])


def _read(job: LogJob, folder: Path) -> list[dict[str, Any]] | None:
    """The rows of a log that was scored before with the same settings, or None."""
    try:
        kept = json.loads((folder / JOBS_FOLDER / f"{job.job_id}.json").read_text(encoding="utf-8"))
        return kept["rows"] if kept["digest"] == job.digest else None
    except (OSError, ValueError, KeyError, TypeError):
        return None
