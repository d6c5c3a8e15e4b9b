"""The folder of a run: what it is a run of, and its finished jobs, each a file as soon as it is done."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..files import write_text
from .lock import LOCK_FILE
from .plan import Job, JobResult
from .stamp import Stamp, difference, stamp_of

JOBS_FOLDER = "jobs"
MODELS_FOLDER = "models"
"""What jobs trained, each in a folder of its run id."""
REFERENCES_FOLDER = "references"
"""What serves as 100 in each shop, found once for all jobs."""


@dataclass
class Kept:
    """What a resumed run finds.

    Attributes:
        results: run id -> a finished job that need not be done again.
        again: run id of another -> why it is done again.
    """

    results: dict[str, JobResult] = field(default_factory=dict)
    again: dict[str, str] = field(default_factory=dict)

    def drop(self, run_ids: set[str], reason: str) -> None:
        """Do these again too, for another reason than their own."""
        for run_id in run_ids & self.results.keys():
            del self.results[run_id]
            self.again[run_id] = reason

    def repeated(self, elsewhere: Collection[str] = ()) -> dict[str, int]:
        """Why stored jobs are done again -> how many, the commonest reason first.

        Args:
            elsewhere: run ids of jobs that are not done now: those of other parts of a run.
        """
        reasons = (reason for run_id, reason in self.again.items() if run_id not in elsewhere)
        return dict(Counter(reasons).most_common())


def is_empty(folder: Path) -> bool:
    """Whether a folder holds nothing but its lock."""
    return all(path.name == LOCK_FILE for path in folder.iterdir())


def refuse_used_folder(folder: Path) -> None:
    """Raise an InputError where a new run cannot begin in a folder, since it holds something."""
    if not is_empty(folder):
        hint = "Give a new folder, or --resume to finish the run that is here."
        raise InputError("The folder is not empty.", where=str(folder), hint=hint)


def save(result: JobResult, job: Job, common: Stamp, folder: Path) -> None:
    """Write a result whole or not at all, with what it was made with and a checksum; it takes the place of what the
    same job left before."""
    (folder / JOBS_FOLDER).mkdir(exist_ok=True)
    content = {"stamp": stamp_of(job, common), "result": asdict(result)}
    path = folder / JOBS_FOLDER / f"{result.run_id}.json"
    write_text(path, json.dumps(content | {"checksum": _checksum(content)}))


def finished_jobs(folder: Path, jobs: Sequence[Job], common: Stamp) -> Kept:
    """The results in a folder that a resumed run need not make again: whole, not failed, and made with what the same
    jobs would be made with now."""
    wanted = {job.name: (job, stamp_of(job, common)) for job in jobs}
    kept, reasons = Kept(), {}
    for path in sorted((folder / JOBS_FOLDER).glob("*.json")):
        stored = _read(path)
        if isinstance(stored, str):
            reasons[path.stem] = stored
            continue
        stamp, result = stored
        job, now = wanted.get(stamp["name"], (None, stamp))
        if job is None:
            reasons[path.stem] = "a name that no job has now"
            continue
        reason = difference(stamp, now) or ("failed" if result.failed else "")
        if reason:
            reasons[job.run_id] = reason
        else:
            kept.results[job.run_id] = result
    kept.again |= {run_id: reason for run_id, reason in reasons.items() if run_id not in kept.results}
    return kept


def remove_models(folder: Path, run_ids: Iterable[str]) -> None:
    """Remove what jobs that are about to be done left earlier: interrupted ones, or those of other code or data."""
    for run_id in run_ids:
        shutil.rmtree(folder / MODELS_FOLDER / run_id, ignore_errors=True)


def tidy(folder: Path, jobs: Sequence[Job]) -> None:
    """Once a run is complete, remove what its jobs left when they were done on other data, or by other code."""
    current = {job.run_id for job in jobs}
    for path in (folder / JOBS_FOLDER).glob("*.json"):
        if path.stem not in current:
            path.unlink(missing_ok=True)
            remove_models(folder, [path.stem])


def _read(path: Path) -> tuple[Stamp, JobResult] | str:
    """A stored result with its stamp; or why there is none."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if "stamp" not in content:
            return "of another version of rlbench-rec"
        checksum = content.pop("checksum")
        if checksum != _checksum(content):
            return "damaged"
        return content["stamp"], JobResult(**content["result"])
    except (ValueError, TypeError, KeyError, AttributeError, OSError, RecursionError):
        return "damaged"


def _checksum(content: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
