"""`rlbench run --check`: the new board against the one that is committed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError
from .render.console import say

if TYPE_CHECKING:
    from ..suite.config import Suite
    from ..suite.finished_run import FinishedRun
    from ..suite.kinds.estimators.config import EstimatorSuite


def reference_folder(suite: Suite | EstimatorSuite, out: Path, against: Path | None) -> Path:
    """The folder to compare with: the one that was named, else `results/<suite>` of the checkout. Asked for before the
    run, which may take hours.

    Args:
        suite: what will run.
        out: where its board will be.
        against: the folder that was named.

    Raises:
        InputError: it is not there, has no table to compare or a damaged one, or is the run's own.
    """
    from ..packaged import packaged
    from ..results.comparison.sides import side_at, tables_in

    folder = packaged("results", checkout=".") / suite.name if against is None else against
    if not folder.is_dir() or not tables_in(folder):
        hint = "Name the folder of a run with --against, or commit one there."
        raise InputError("There is no board to compare with.", where=str(folder), hint=hint)
    if folder.resolve() == out.resolve():
        hint = "Name the folder of another run; the board that a run goes on with is written anew."
        raise InputError("The board would be compared with itself.", where=f"--against {folder}", hint=hint)
    side_at(folder)
    _warn_of_other_places(suite, folder)
    return folder


def _warn_of_other_places(suite: Suite | EstimatorSuite, folder: Path) -> None:
    from ..parsing import read_json
    from ..results.data_identity import MANIFEST
    from ..suite.stored_suite import suite_of

    path = folder / MANIFEST
    manifest = read_json(path, "manifest") if path.is_file() else None
    if not isinstance(manifest, dict) or "config" not in manifest:
        return
    try:
        theirs = suite_of(manifest["config"], str(path))
    except InputError:
        # Of another version, with settings that this one does not know: its tables can be compared all the same.
        return
    names, here = (sorted({source.name for source in each.sources}) for each in (suite, theirs))
    if not set(names) & set(here):
        what = f"note: {folder} is a board of {', '.join(here[:3])}, and this suite runs {', '.join(names[:3])}: "
        say(f"{what}all its rows will be missing.", error=True)


def regressed(finished: FinishedRun, reference: Path, *, quietly: bool = False) -> bool:
    """Compare a finished run with the reference, print what changed, and say whether anything got worse.

    Args:
        finished: the run.
        reference: folder of the committed run.
        quietly: print on stderr, since stdout has the board as JSON.
    """
    from ..results.comparison.compare import compare
    from ..results.comparison.text import as_lines

    if finished.missing:
        say("rlbench: --check waits for the other parts: compare the finished run.", error=True)
        return False
    comparison = compare(reference, finished.folder)
    say(f"Compared with {reference}:\n{as_lines(comparison)}", error=quietly)
    return comparison.regressed
