"""Datasheets in a folder: a page and a description each, and an index."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from ...files import make_folder, write_text
from .croissant import croissant
from .datasheet import Datasheet
from .markdown import index, markdown
from .of_card import datasheets_of_cards
from .of_task import datasheets_of_tasks


def write_datasheets(sheets: Iterable[Datasheet], folder: Path) -> list[Path]:
    """Write `<id>.md` and `<id>.croissant.json` of each, and README.md, which names all that come with the package.

    Raises:
        OutputError: the folder cannot be written.
    """
    make_folder(folder)
    written = []
    for sheet in sheets:
        for name, text in texts_of(sheet).items():
            write_text(folder / name, text)
            written.append(folder / name)
    write_text(folder / "README.md", index([*datasheets_of_cards(), *datasheets_of_tasks()]))
    return written


def texts_of(sheet: Datasheet) -> dict[str, str]:
    """File name -> what is written to it."""
    described = json.dumps(croissant(sheet), indent=2, ensure_ascii=False)
    return {f"{sheet.id}.md": markdown(sheet), f"{sheet.id}.croissant.json": described + "\n"}
