"""`rlbench merge`: the parts of a run, each made in a folder of its own, as one run."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from .render.console import say


def command(
    parts: Annotated[list[Path], typer.Argument(metavar="FOLDER...", help="Folders of the parts.")],
    out: Annotated[Path, typer.Option(help="Folder for the whole run: new, or one of a part of it.")],
    boards: Annotated[bool, typer.Option("--boards", help="Also the board of each place, of many.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The leaderboard as JSON on stdout.")] = False,
) -> None:
    """Put together the parts of a run that `rlbench run --part I/N` made in folders of their own.

    Nothing is computed again, the parts stay as they are, and the tables have the bytes of a run in one. Exit code 0:
    all jobs of the suite are there; 1: some are missing, and `rlbench run --resume` does them; 2: wrong use, or parts
    that are not of one run.
    """
    from ..suite.merge import merge_runs
    from .render.finished_run import show

    finished = merge_runs(parts, out, command_line=["rlbench", *sys.argv[1:]])
    show(finished, as_json, boards)
    if finished.missing:
        rest = f"Merge the other parts too, or run what is left: a part's command, but --out {out} --resume for --part."
        say(f"rlbench: {finished.undone} are missing: the tables hold what is there. {rest}", error=True)
        raise typer.Exit(1)
