"""`rlbench submit RUN`: a run of a suite as one file that others can check."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from .json_option import Json


def command(
    run: Annotated[Path, typer.Argument(help="Folder of a run of a suite.")],
    name: Annotated[str, typer.Option(help="What the board is to call it: lower-case letters, digits, dashes.")],
    description: Annotated[str, typer.Option(help="One sentence about what is new.")] = "",
    trials: Annotated[
        int | None, typer.Option(min=0, help="Settings that were tried for each row before, as you know it.")
    ] = None,
    suite: Annotated[str, typer.Option(help="Suite whose rules count, or its file; default the run's own.")] = "",
    out: Annotated[Path | None, typer.Option(help="File to write; default NAME.json.")] = None,
    as_json: Json = False,
) -> None:
    """Check a run against the rules of its suite, and write one JSON file with its rows and what made them.

    The rules: the suite as it comes with the package but for its algorithms, every row of every replicate and seed,
    committed code, at most 20 settings tried for a row, and texts that are safe to show.

    Exit code 0: written; 1: a rule is broken, and it says which; 2: wrong use, or not a run.
    """
    from ..audit.rules import RefusedError
    from ..audit.submit import submit
    from .render.console import say

    try:
        submission, path = submit(run, name, out, description=description, trials=trials, suite=suite or None)
    except RefusedError as refused:
        say(f"rlbench: {refused}", error=True)
        raise typer.Exit(1) from refused
    if as_json:
        said = {"path": str(path), "name": submission.name, "suite": submission.suite, "rows": len(submission.rows)}
        say(json.dumps(said, indent=2))
        return
    say(f"{path}: {len(submission.rows):,} rows of {submission.suite}; see docs/submitting.md for where it goes.")
