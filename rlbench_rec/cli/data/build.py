"""`rlbench data build CARD --out FOLDER`: a log as a saved TransitionDataset."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from .options import Card, Data, Memory


def command(
    card: Card,
    out: Annotated[Path, typer.Option(help="New folder for the dataset.")],
    data: Data = None,
    memory_limit: Memory = "2GB",
    ray: Annotated[str | None, typer.Option(help="Spread the reading over this Ray cluster; local starts one.")] = None,
) -> None:
    """Read a log and save it as a TransitionDataset."""
    from ... import events, mdp

    dataset = mdp.build(events.load(card, data, memory_limit=memory_limit, ray=ray))
    dataset.save(out)
    typer.echo(json.dumps(dataset.describe(), indent=2))
