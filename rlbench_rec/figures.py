"""Figures and their files: the same numbers give the same bytes, in every format."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from .errors import InputError
from .terminal import printable

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Format = Literal["png", "pdf", "svg"]
_SUFFIXES: dict[str, Format] = {".png": "png", ".pdf": "pdf", ".svg": "svg"}
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Okabe and Ito's colours, which colour-blind readers can tell apart."""
LONGEST = 80
_ENDLESS = re.compile(rf"\S{{{LONGEST + 1},}}")
# The default metadata holds the time and the version of matplotlib.
_METADATA: dict[str, dict[str, None]] = {
    "png": {"Software": None},
    "pdf": dict.fromkeys(("Creator", "Producer", "CreationDate")),
    "svg": dict.fromkeys(("Creator", "Date")),
}
_SETTINGS: dict[Any, Any] = {"svg.hashsalt": "rlbench", "svg.fonttype": "none", "pdf.fonttype": 42}
"""The ids in an SVG are random by default, and its text is outlines; in a paper text is to be searched and set anew."""


def image_format(path: Path) -> Format:
    """The format that the suffix of a file name asks for.

    Raises:
        InputError: another suffix, or none.
    """
    suffix = path.suffix.lower()
    if suffix in _SUFFIXES:
        return _SUFFIXES[suffix]
    what = f"A picture cannot be written as '{path.suffix}'." if suffix else "The name does not end in a format."
    raise InputError(what, where=str(path), hint="End it in .png, .pdf or .svg.")


def new_figure(width: float, height: float) -> Figure:
    """An empty figure, in inches."""
    from matplotlib.figure import Figure

    # Not through pyplot: no global state, no display, nothing to close.
    return Figure(figsize=(width, height), layout="constrained", dpi=120)


def short(text: str) -> str:
    """A name on one line of at most `LONGEST` characters; pictures have no room for more."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"


def show_as_written(figure: Figure) -> None:
    """Show every text as it is written: a dollar sign in a name starts no formula, and no font has half a character.
    What is longer than a line can be is cut."""
    from matplotlib.text import Text

    for text in figure.findobj(Text):
        text.set_parse_math(False)
        shown = _ENDLESS.sub(lambda word: f"{word[0][: LONGEST - 1]}…", printable(text.get_text()))
        if shown != text.get_text():
            text.set_text(shown)


def image(figure: Figure, format: Format = "png") -> bytes:
    """The bytes of its file."""
    import matplotlib

    stream = io.BytesIO()
    with matplotlib.rc_context(_SETTINGS):
        figure.savefig(stream, format=format, metadata=_METADATA[format])
    return stream.getvalue()
