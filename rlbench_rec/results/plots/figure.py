"""Empty figures and their files: the same numbers give the same bytes."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

from ...files import write_bytes
from ...terminal import printable

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Okabe and Ito's colours, which the colour-blind can tell apart.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")


def new_figure(width: float, height: float) -> Figure:
    """An empty figure, in inches."""
    from matplotlib.figure import Figure

    # Not through pyplot: no global state, no display, nothing to close.
    return Figure(figsize=(width, height), layout="constrained", dpi=120)


def save(figure: Figure, path: Path) -> None:
    """Write a PNG.

    Raises:
        OutputError: the file cannot be written.
    """
    from matplotlib.text import Text

    for text in figure.findobj(Text):
        # A dollar sign in a name is no formula, and no font has half a character.
        text.set_parse_math(False)
        shown = printable(text.get_text())
        if shown != text.get_text():
            text.set_text(shown)
    buffer = io.BytesIO()
    # The default metadata holds the version of matplotlib; without it equal pictures are equal bytes.
    figure.savefig(buffer, format="png", metadata={"Software": None})
    write_bytes(path, buffer.getvalue())
