"""Figures as files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ...figures import Format, image, show_as_written
from ...files import write_bytes

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def save(figure: Figure, path: Path, format: Format = "png") -> None:
    """Write a picture, every text as it is written.

    Raises:
        OutputError: the file cannot be written.
    """
    show_as_written(figure)
    write_bytes(path, image(figure, format))


def place_path(folder: Path, kind: str, place: str, taken: list[Path], format: str = "png") -> Path:
    """A safe file name; places that differ in other signs only (`a/b`, `a-b`) are numbered."""
    stem = f"{kind}-" + "".join(c if c.isalnum() or c in "-._" else "-" for c in place)
    number, path = 1, folder / f"{stem}.{format}"
    while path in taken:
        number += 1
        path = folder / f"{stem}-{number}.{format}"
    return path
