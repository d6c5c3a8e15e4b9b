"""`rlbench data show CARD`: what a card says, and what its log holds."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from ..json_option import Json
from ..render.console import say
from ..written_files import keep_log
from .options import Card, Data, Memory


def command(
    card: Card,
    data: Data = None,
    html: Annotated[Path | None, typer.Option(help="Also write a page to this file.")] = None,
    plot: Annotated[
        Path | None, typer.Option("--plot", "--png", metavar="FILE", help="Also draw it: .png, .pdf or .svg.")
    ] = None,
    memory_limit: Memory = "2GB",
    as_json: Json = False,
) -> None:
    """Licence, counts, lengths of sessions, funnel, pauses and oddities on one screen.

    Without the log it shows the card alone. --json also prints every field of the card.
    """
    from ... import events
    from ...events.profile import page, picture, profile
    from ...figures import image_format
    from ...files import write_bytes, write_text
    from ..render.profile import profile_text

    format = image_format(plot) if plot else None
    keep_log({"--html": html, "--plot": plot}, card, data)
    made = profile(card, data, memory_limit=memory_limit)
    if html:
        write_text(html, page(made))
    if plot and format:
        write_bytes(plot, picture(made, format))
    if as_json:
        fields = events.find_card(card).model_dump(mode="json", exclude_none=True)
        say(json.dumps({"card": fields, "profile": asdict(made)}, indent=2, ensure_ascii=False))
    else:
        say(profile_text(made), end="")
