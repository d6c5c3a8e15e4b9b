"""`rlbench data list|show|check|build`: data sets, by card."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from .tables import print_rows

app = typer.Typer(help="Data sets: their cards, licences, and whether a log loads.", no_args_is_help=True)
Card = Annotated[str, typer.Argument(help="Card id, id/variant, or the path of a card.")]
Data = Annotated[Path | None, typer.Option("--data", help="File or folder of the raw log.")]
Json = Annotated[bool, typer.Option("--json", help="Machine-readable.")]
Memory = Annotated[str, typer.Option(help="Memory for reading, e.g. 2GB; the rest spills to disk.")]


@app.command("list")
def list_cards(as_json: Json = False) -> None:
    """Every card that comes with the package."""
    from ..suite.catalogue import datasets

    print_rows(datasets(), as_json=as_json)


@app.command()
def show(card: Card) -> None:
    """One card: origin, licence, citation, columns, and what may be claimed on it."""
    from .. import events

    typer.echo(
        json.dumps(events.find_card(card).model_dump(mode="json", exclude_none=True), indent=2, ensure_ascii=False)
    )


@app.command()
def check(card: Card, data: Data = None, memory_limit: Memory = "2GB", as_json: Json = False) -> None:
    """Read a log and account for every row: read = kept + set aside."""
    from ..suite.check import check_log

    print_rows(check_log(card, data, memory_limit), as_json=as_json)


@app.command()
def build(
    card: Card,
    out: Annotated[Path, typer.Option(help="New folder for the dataset.")],
    data: Data = None,
    memory_limit: Memory = "2GB",
) -> None:
    """Read a log and save it as a TransitionDataset."""
    from .. import events, mdp

    dataset = mdp.build(events.load(card, data, memory_limit=memory_limit))
    dataset.save(out)
    typer.echo(json.dumps(dataset.describe(), indent=2))
