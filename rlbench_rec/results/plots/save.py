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
