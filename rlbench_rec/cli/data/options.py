"""Options that several subcommands of `rlbench data` share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .. import completion

Card = Annotated[
    str, typer.Argument(help="Card id, id/variant, or the path of a card.", autocompletion=completion.cards)
]
Data = Annotated[Path | None, typer.Option("--data", help="File or folder of the raw log.")]
Memory = Annotated[str, typer.Option(help="Memory for reading, e.g. 2GB; the rest spills to disk.")]
