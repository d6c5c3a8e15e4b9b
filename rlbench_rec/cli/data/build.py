"""`rlbench data build CARD --out FOLDER`: a log as a saved TransitionDataset."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from ..json_option import Json
from ..render.console import say
from .options import Card, Data, Memory


def command(
    card: Card,
    out: Annotated[Path, typer.Option(help="New folder for the dataset.")],
    data: Data = None,
    memory_limit: Memory = "2GB",
    ray: Annotated[str | None, typer.Option(help="Read on this Ray cluster; 'local' starts one.")] = None,
    decisions: Annotated[
        str | None,
        typer.Option(help="Events that are decisions: 'view,click', or 'every-event'; see docs/mdp.md."),
    ] = None,
    attribution_window: Annotated[
        float | None,
        typer.Option(help="Seconds within which a user's later events are credited to a decision on the same item."),
    ] = None,
    ends: Annotated[str, typer.Option(help="What comes after a session: 'terminal', or 'truncated'.")] = "terminal",
    as_json: Json = False,
) -> None:
    """Read a log, save it as a TransitionDataset, and print what it holds: as JSON, with or without --json."""
    from ... import events, mdp
    from ...files import refuse_existing, temporary_folder
    from ...parsing import validated

    named = decisions.split(",") if decisions and decisions != "every-event" else decisions
    chosen = {"decisions": named, "attribution_window": attribution_window, "ends": ends}
    config = validated(chosen, mdp.MDPConfig, "data build")
    # Asked now: a large log takes minutes to read.
    refuse_existing(out)
    with temporary_folder(out) as scratch:
        log = events.load(card, data, memory_limit=memory_limit, ray=ray, out=scratch / "log")
        (scratch / "columns").mkdir()
        dataset = mdp.build(log, config, scratch=scratch / "columns")
        dataset.save(out)
        say(json.dumps(dataset.describe(), indent=2))
