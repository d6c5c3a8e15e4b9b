"""Figures as PNG files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ...figures import image, show_as_written
from ...files import write_bytes

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def save(figure: Figure, path: Path) -> None:
    """Write a PNG, every text as it is written.

    Raises:
        OutputError: the file cannot be written.
    """
    show_as_written(figure)
    write_bytes(path, image(figure))
