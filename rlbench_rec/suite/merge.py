"""Parts of a run that were made in folders of their own, as array jobs make them, put together in one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..arguments import expect, path_of
from ..errors import InputError, MissingFileError, OutputError
from ..plugins import identities, load_plugins
from ..results.data_identity import MANIFEST
from ..results.write import write_json
from .finished_run import FinishedRun
from .jobs import planned
from .kinds import kind_of
from .kinds.estimators.jobs import TRUTH_FOLDER
from .lock import hold
from .progress import ProgressCallback
from .resume import refuse_other_run
from .runner import write_tables
from .stamp import circumstances
from .store import JOBS_FOLDER, MODELS_FOLDER, REFERENCES_FOLDER, finished_jobs, is_empty
from .stored_suite import manifest_of, suite_of

if TYPE_CHECKING:
    from .plan import Job
    from .stamp import Stamp

FAILED = "failed"


def merge_runs(
    parts: Sequence[str | Path],
    out: str | Path,
    *,
    progress: ProgressCallback | None = None,
    command_line: list[str] | None = None,
) -> FinishedRun:
    """Put parts of one run together, and write the tables that the run has in one folder, byte for byte.

    Nothing is computed again, and the parts stay as they are. Jobs that failed are left out, as in a run that is
    resumed; `run_suite(..., resume=True)` in the new folder does what is missing.

        rb.merge_runs(["runs/part-1", "runs/part-2"], "runs/whole")

    Args:
        parts: folders of `run_suite(..., part=(i, n))`, in any order; one may be given twice.
        out: folder to write to: new, empty, or one that holds a part of the same run.
        progress: called with each event; see `suite.progress`.
        command_line: for the manifest.

    Raises:
        MissingFileError: there is no such folder, or no run in it.
        InputError: no part, one of another suite, one at which another process is at work, or jobs made by other code,
            libraries, data or on another device than this installation would make them with.
        OutputError: the folder cannot be written.
    """
    if isinstance(parts, str | Path):
        raise InputError("It is one folder; a list is needed.", where="parts", hint=f"Write [{str(parts)!r}].")
    expect(parts, Sequence, "parts", "a list of folders")
    folders, folder = [path_of(part, "parts") for part in parts], path_of(out, "out")
    if not folders:
        raise InputError("There is nothing to merge.", hint="Give the folders of the parts.")
    manifests = [_manifest(part) for part in folders]
    suite, device = suite_of(manifests[0]["config"], str(folders[0])), str(manifests[0].get("device", "cpu"))
    load_plugins(suite.plugins)
    kind_of(suite).check(suite)
    jobs = planned(suite, device)
    common = circumstances(device, identities(suite.model_dump(mode="json")))
    with ExitStack() as held:
        for part in _unlike(folders, folder):
            if os.access(part, os.W_OK):
                held.enter_context(hold(part))
            refuse_other_run(part, suite)
        held.enter_context(hold(folder))
        if not is_empty(folder):
            refuse_other_run(folder, suite)
        found = {part: _finished(part, jobs, common) for part in _unlike(folders, folder)}
        # Before any job: whatever interrupts the copy, the folder says which run it is.
        write_json(manifests[0] | {"complete": False}, folder / MANIFEST)
        for part, done in found.items():
            _copy(part, done, folder)
        return write_tables(suite, folder, device, progress, command_line)


def _manifest(part: Path) -> dict[str, Any]:
    if not part.is_dir():
        raise MissingFileError("There is no such folder.", where=str(part))
    return manifest_of(part)


def _unlike(folders: Sequence[Path], folder: Path) -> list[Path]:
    """Each folder once, without the one that is written to."""
    return list({part.resolve(): part for part in folders if part.resolve() != folder.resolve()}.values())


def _finished(part: Path, jobs: Sequence[Job], common: Stamp) -> list[str]:
    """Run ids of what is done in a part; all of it must be what this installation would make."""
    kept = finished_jobs(part, jobs, common)
    reasons = [reason for reason in kept.again.values() if reason != FAILED]
    if reasons:
        what = f"{len(reasons):,} of {len(kept.again) + len(kept.results):,} jobs are not of this run: {reasons[0]}."
        hint = "Merge with what made them: the same version, libraries, plugins and data; or finish the part first."
        raise InputError(what, where=str(part), hint=hint)
    return list(kept.results)


def _copy(part: Path, done: Sequence[str], folder: Path) -> None:
    """Results, models, and what the jobs of a shop share. A result comes last, so that none is without its model."""
    try:
        for shared in (REFERENCES_FOLDER, TRUTH_FOLDER):
            if (part / shared).is_dir():
                shutil.copytree(part / shared, folder / shared, dirs_exist_ok=True)
        (folder / JOBS_FOLDER).mkdir(exist_ok=True)
        for run_id in done:
            if (part / MODELS_FOLDER / run_id).is_dir():
                shutil.copytree(part / MODELS_FOLDER / run_id, folder / MODELS_FOLDER / run_id, dirs_exist_ok=True)
            name = Path(JOBS_FOLDER) / f"{run_id}.json"
            beside = folder / f"{name}.part"
            shutil.copyfile(part / name, beside)
            beside.replace(folder / name)
    except OSError as error:
        raise OutputError(f"The part cannot be copied ({error.strerror}).", where=str(part)) from error
