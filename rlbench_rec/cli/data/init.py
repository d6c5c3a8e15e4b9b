"""`rlbench data init FILE`: a card for your own log."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from ..render.console import say
from .options import Json


def command(
    file: Annotated[Path, typer.Argument(help="CSV, JSONL or Parquet file of the log.")],
    out: Annotated[
        Path | None, typer.Option(help="The card to write; default FILE's name with .toml, beside it.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an existing card.")] = False,
    as_json: Json = False,
) -> None:
    """Look at a log, guess what its columns are, and write a card with comments.

    Exit code 0: the card is ready to use; 1: something must be filled in first.
    """
    from ...events.infer import draft

    made = draft(file, out, overwrite=overwrite)
    if as_json:
        say(json.dumps(asdict(made), default=str, indent=2))
    else:
        say(f"{made.path}: {'ready' if made.complete else 'fill in what is marked FILL IN'}")
        for role, (column, why) in made.columns.items():
            say(f"  {role:<11} {column}  ({why})")
        if made.events:
            say("  events      " + ", ".join(f"{value} = {event}" for value, event in made.events.items()))
        for doubt in made.doubts:
            say(f"  could not tell - {doubt}")
        say(f"Next: rlbench data check {made.path}")
    raise typer.Exit(0 if made.complete else 1)
