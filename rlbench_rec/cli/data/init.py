"""`rlbench data init FILE`: a card for your own log."""

from __future__ import annotations

import json
import shlex
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..json_option import Json
from ..render.console import say

if TYPE_CHECKING:
    from ...events.infer import Draft


def command(
    file: Annotated[Path, typer.Argument(help="CSV, JSON, JSONL or Parquet file of the log, or a folder of such.")],
    out: Annotated[
        Path | None, typer.Option(help="The card to write; default FILE's name with .toml, beside it.")
    ] = None,
    answer: Annotated[
        list[str] | None,
        typer.Option("--answer", metavar="KEY=VALUE", help="Say what a column or a key of the card is; repeatable."),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an existing card.")] = False,
    as_json: Json = False,
) -> None:
    """Look at a log, guess what its columns are, try the guess on its rows, and write a card with comments.

    What the file does not settle is asked: --answer time=event_timestamp:us, --answer item=sku, --answer decimal=,

    Exit code 0: the card is ready to use; 1: it waits for the answers to the questions that are printed.
    """
    from ...events.infer import draft

    made = draft(file, out, overwrite=overwrite, answers=answer or [])
    if as_json:
        say(json.dumps(asdict(made) | {"ready": made.ready}, default=str, indent=2, ensure_ascii=False))
    else:
        _print(made, file, out)
    raise typer.Exit(0 if made.ready else 1)


def _print(made: Draft, file: Path, out: Path | None) -> None:
    count = len(made.questions)
    say(f"{made.path}: {'ready' if made.ready else 'a question' if count == 1 else f'{count} questions'}")
    for role, (column, why) in made.columns.items():
        say(f"  {role:<11} {column}  ({why})")
    if made.events:
        say("  events      " + ", ".join(f"{value or '(empty)'} = {event}" for value, event in made.events.items()))
    for line in made.summary:
        say(f"  rows        {line}" if line is made.summary[0] else f"              {line}")
    for note in made.notes:
        say(f"  note        {note}")
    for question in made.questions:
        say(f"{question.number}. {question.text}")
        for answer in question.answers:
            say(f"     --answer {shlex.quote(answer)}")
    if made.ready:
        say(f"Next: rlbench data check {shlex.quote(str(made.path))}")
    else:
        said = "".join(f" --answer {shlex.quote(answer)}" for answer in made.answers)
        place = f" --out {shlex.quote(str(out))}" if out else ""
        say(f"Next: rlbench data init {shlex.quote(str(file))}{place}{said} --answer KEY=VALUE")
