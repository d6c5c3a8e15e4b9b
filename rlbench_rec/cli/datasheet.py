"""`rlbench data datasheet` and `rlbench tasks datasheet`: what is known of a data set or a task."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import InputError
from . import completion
from .json_option import Json

if TYPE_CHECKING:
    from ..audit.datasheets.datasheet import Datasheet

Out = Annotated[Path | None, typer.Option(help="Folder to write the page and the Croissant file to.")]
Croissant = Annotated[bool, typer.Option("--croissant", help="Print Croissant JSON in place of Markdown.")]


def of_card(
    card: Annotated[
        str, typer.Argument(help="Card id or path; with --out, leave it out for all.", autocompletion=completion.cards)
    ] = "",
    out: Out = None,
    croissant: Croissant = False,
    as_json: Json = False,
) -> None:
    """What is known of a data set: origin, licence and whether it was read, what may be claimed of it, its columns.

    Without --out it is printed. docs/datasheets/ holds those of all cards.
    """
    from ..audit.datasheets.of_card import datasheet_of_card, datasheets_of_cards

    _give(card, lambda: datasheet_of_card(card), datasheets_of_cards, out, croissant, as_json)


def of_task(
    task: Annotated[
        str, typer.Argument(help="Task id; with --out, leave it out for all.", autocompletion=completion.tasks)
    ] = "",
    out: Out = None,
    croissant: Croissant = False,
    as_json: Json = False,
) -> None:
    """What is known of a task: what it simulates, its logs and their columns, what may be claimed of it.

    Without --out it is printed. docs/datasheets/ holds those of all tasks.
    """
    from ..audit.datasheets.of_task import datasheet_of_task, datasheets_of_tasks

    _give(task, lambda: datasheet_of_task(task), datasheets_of_tasks, out, croissant, as_json)


def _give(
    name: str,
    one: Callable[[], Datasheet],
    every: Callable[[], list[Datasheet]],
    out: Path | None,
    croissant: bool,
    as_json: bool,
) -> None:
    from ..audit.datasheets.folder import texts_of, write_datasheets
    from .render.console import say

    if not name and out is None:
        raise InputError("No data set or task is named.", hint="Name one, or give --out FOLDER for all.")
    sheets = [one()] if name else every()
    if out is None:
        page, described = texts_of(sheets[0]).values()
        both = {"page": page, "croissant": json.loads(described)}
        say(json.dumps(both, indent=2, ensure_ascii=False) if as_json else described if croissant else page, end="")
        return
    written = write_datasheets(sheets, out)
    say(json.dumps({"files": list(map(str, written))}) if as_json else f"{out}: {len(written)} files")
