"""The folder of a run: its finished jobs, each a file as soon as it is done."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from ..errors import InputError, OutputError
from ..files import write_text
from .plan import Job, JobResult

JOBS_FOLDER = "jobs"


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


def finished_jobs(folder: Path, jobs: Sequence[Job]) -> dict[str, JobResult]:
    """The results in a folder that a resumed run need not make again, by run id: those of the same settings that did
    not fail."""
    wanted = {job.run_id: job.config_hash for job in jobs}
    found = (_read(path) for path in sorted((folder / JOBS_FOLDER).glob("*.json")))
    return {r.run_id: r for r in found if r and wanted.get(r.run_id) == r.config_hash and not r.failed}


def save(result: JobResult, folder: Path) -> None:
    """Write a result whole or not at all."""
    write_text(folder / JOBS_FOLDER / f"{result.run_id}.json", json.dumps(asdict(result)))


def _read(path: Path) -> JobResult | None:
    try:
        return JobResult(**json.loads(path.read_text()))
    except (ValueError, TypeError, OSError):
        # A result that cannot be read is a job that has not finished.
        return None
