"""`rlbench data build CARD --out FOLDER`: a log as a saved TransitionDataset."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from ..render.console import say
from .options import Card, Data, Memory


def command(
    card: Card,
    out: Annotated[Path, typer.Option(help="New folder for the dataset.")],
    data: Data = None,
    memory_limit: Memory = "2GB",
    ray: Annotated[str | None, typer.Option(help="Read on this Ray cluster; 'local' starts one.")] = None,
) -> None:
    """Read a log and save it as a TransitionDataset."""
    from ... import events, mdp
    from ...files import refuse_existing, temporary_folder

    # Asked now: a large log takes minutes to read.
    refuse_existing(out)
    with temporary_folder(out) as scratch:
        log = events.load(card, data, memory_limit=memory_limit, ray=ray, out=scratch / "log")
        (scratch / "columns").mkdir()
        dataset = mdp.build(log, scratch=scratch / "columns")
        dataset.save(out)
        say(json.dumps(dataset.describe(), indent=2))
