"""`rlbench run --check`: the new board against the one that is committed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError
from .render.console import say

if TYPE_CHECKING:
    from ..suite.finished_run import FinishedRun


def reference_folder(suite: str, against: Path | None) -> Path:
    """The folder to compare with: the one that was named, else `results/<suite>` of the checkout. Asked for before the
    run, which may take hours.

    Raises:
        InputError: it is not there, or has no table to compare.
    """
    from ..packaged import packaged
    from ..results.comparison.sides import tables_in

    folder = packaged("results", checkout=".") / suite if against is None else against
    if not folder.is_dir() or not tables_in(folder):
        hint = "Name the folder of a run with --against, or commit one there."
        raise InputError("There is no board to compare with.", where=str(folder), hint=hint)
    return folder


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
