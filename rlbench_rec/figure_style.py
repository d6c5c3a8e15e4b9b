"""The one style of all pictures: sizes, colours that the colour-blind can tell apart and that differ in grey too, plain
tick numbers, titles that say the message, marks for what lies off the scale, and columns of text beside rows."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from .figures import PALETTE, short
from .terminal import printable
from .tolerances import ROUNDING

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.ticker import Formatter

TITLE, LABEL, TEXT, NOTE, MARK = 11.0, 9.0, 8.0, 7.0, 6.5
"""Sizes of type, in points: titles, names of axes, all other text, notes, values of marks."""
INK, SOFT, FAINT = "black", "0.25", "0.45"
DASHES = ("solid", (0, (5, 2)), (0, (1, 1.5)), (0, (6, 2, 1, 2)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
VERDICT_STYLE = {"trusted": (PALETTE[2], "o"), "weak": (PALETTE[4], "s"), "unreliable": (PALETTE[1], "X")}
"""Verdict -> colour and marker: the marker says the same again."""
POINTS = 72.0
LINES = 1.25
"""Between lines of text, in their size."""
EDGE = 6.0
"""Free space around a picture, in points."""
GAP = 9.0
"""Between columns of text, in points."""
ARROWS = {"left": "<", "right": ">", "bottom": "v", "top": "^"}


def finish(figure: Figure, message: str, notes: str = "", columns: int = 0) -> None:
    """The message above the panels; below them the legend, and how to read it. The figure grows by what these take.

    Args:
        figure: whose panels are drawn.
        message: a sentence, or the name of what is shown; on as many lines as it takes.
        notes: what the numbers are and where the rest is; its lines are kept apart.
        columns: of the legend, which has each label of the panels once; 0: none.
    """
    width = figure.get_figwidth() * POINTS - 2 * EDGE
    title = _wrapped(" ".join(map(short, message.split())), width, TITLE, "bold")
    below = "\n".join(_wrapped(line, width, NOTE) for line in notes.splitlines())
    labelled = (pair for axis in figure.axes for pair in zip(*axis.get_legend_handles_labels()[::-1], strict=True))
    named = {short(label): handle for label, handle in labelled}
    columns = _fitting(columns, list(named), width)
    above = EDGE + _height(title, TITLE)
    note_height = _height(below, NOTE)
    legend_height = -(-len(named) // columns) * 1.75 * TEXT + EDGE if columns else 0.0
    height = figure.get_figheight() * POINTS + above + note_height + legend_height
    figure.set_figheight(height / POINTS)
    left, bottom = EDGE / (width + 2 * EDGE), (note_height + legend_height) / height
    figure.text(left, 1 - EDGE / height, title, va="top", fontsize=TITLE, fontweight="bold", linespacing=LINES)
    figure.text(left, EDGE / 2 / height, below, va="bottom", fontsize=NOTE, color=FAINT, linespacing=LINES)
    if columns:
        place: dict[str, Any] = {"loc": "lower center", "bbox_to_anchor": (0.5, note_height / height)}
        look: dict[str, Any] = {"fontsize": TEXT, "frameon": False, "borderaxespad": 0.3}
        figure.legend(list(named.values()), list(named), ncols=columns, **place, **look)
    engine: Any = figure.get_layout_engine()
    engine.set(rect=(0.0, bottom, 1.0, 1.0 - bottom - above / height))


def _fitting(columns: int, labels: Sequence[str], width: float) -> int:
    """As many columns of a legend as are wanted, or fit."""
    columns = min(columns, len(labels))
    widest = max((text_width(label, TEXT) for label in labels), default=0.0) + 5 * TEXT
    return max(1, min(columns, int(width / widest))) if columns else 0


def _height(text: str, size: float) -> float:
    return (text.count("\n") + 1) * LINES * 1.1 * size + EDGE if text else 0.0


def dress(axis: Axes, grid: Literal["both", "x", "y"] = "both") -> None:
    """A light grid behind the data, small plain tick numbers, no frame above and to the right."""
    axis.grid(axis=grid, color="0.9", linewidth=0.8)
    axis.set_axisbelow(True)
    axis.spines[["top", "right"]].set_visible(False)
    axis.tick_params(labelsize=TEXT)
    for scale, line in ((axis.get_xscale(), axis.xaxis), (axis.get_yscale(), axis.yaxis)):
        if scale == "linear":
            line.set_major_formatter(_plain_numbers())
        elif scale == "log":
            # Powers of ten would not be typeset: texts are shown as written.
            line.set_major_formatter(lambda value, _: plain(value, "g"))
            line.set_minor_formatter(lambda *_: "")


def off_scale(axis: Axes, x: float, y: float, side: str, value: float | None, colour: str, digits: str = "g") -> None:
    """A marker at the edge for what lies beyond it, with its value beside it.

    Args:
        axis: whose limits are set.
        x, y: where it stands, on the edge itself.
        side: `left`, `right`, `bottom` or `top`.
        value: what lies beyond; None: the marker alone, where the value is written elsewhere.
        colour: of both.
        digits: format of the value.
    """
    axis.plot(x, y, marker=ARROWS[side], color=colour, markersize=5, clip_on=False, linestyle="none", zorder=4)
    if value is None:
        return
    span = float(np.ptp(axis.get_xlim() if side in ("left", "right") else axis.get_ylim()))
    # What rounding leaves of 0 would be written with all its noughts.
    value = 0.0 if abs(value) < ROUNDING * span else value
    # Beside a marker at the top or the bottom, on the side where there is room.
    in_axes = float(axis.transAxes.inverted().transform(axis.transData.transform((x, y)))[0])
    across = {"left": "left", "right": "right"}.get(side, "left" if in_axes < 0.5 else "right")
    shift = (6 if across == "left" else -6, {"bottom": 8, "top": -8}.get(side, 0))
    style: dict[str, Any] = {"ha": across, "va": "center", "fontsize": MARK, "color": SOFT, "zorder": 5}
    box = {"facecolor": "white", "edgecolor": "none", "pad": 0.6, "alpha": 0.85}
    text = plain(value, digits)
    axis.annotate(text, (x, y), xytext=shift, textcoords="offset points", annotation_clip=False, bbox=box, **style)


def plain(value: float, digits: str = ".4g") -> str:
    """A number as one writes it, with a minus sign and without an exponent: `-0.00012`, `2,500,000`."""
    from decimal import Decimal

    return format(Decimal(format(value, digits)), ",f").replace("-", "\N{MINUS SIGN}")


def column(
    axis: Axes,
    rows: Sequence[str],
    side: Literal["left", "right"],
    at: float,
    *,
    align: Literal["left", "right"] = "right",
    head: str = "",
    color: str | Sequence[str] = SOFT,
    fontsize: float = TEXT,
    most: float = 300.0,
) -> float:
    """A column of text beside the rows 0, 1, 2, … of a picture.

    Args:
        axis: whose rows have these heights.
        rows: their texts.
        side: of the axis.
        at: points from the axis to the column's near edge.
        align: `right`, so that digits line up, or `left`.
        head: what stands above it.
        color: of all rows, or of each.
        fontsize: in points.
        most: points that it may take; longer texts are cut.

    Returns:
        Points from the axis to the column's far edge.
    """
    rows = [_cut(short(text), most, fontsize) for text in rows]
    width = max((text_width(text, fontsize) for text in (head, *rows)), default=0.0)
    if not width:
        return at
    x = at if (align == "left") == (side == "right") else at + width
    x, edge = (x, 1.0) if side == "right" else (-x, 0.0)
    colours = [color] * len(rows) if isinstance(color, str) else color
    beside: dict[str, Any] = {"textcoords": "offset points", "ha": align, "annotation_clip": False}
    for height, (text, colour) in enumerate(zip(rows, colours, strict=True)):
        look: dict[str, Any] = {"fontsize": fontsize, "color": colour, "va": "center"}
        if text:
            axis.annotate(text, (edge, height), xycoords=axis.get_yaxis_transform(), xytext=(x, 0), **beside, **look)
    if head:
        look = {"fontsize": NOTE, "color": FAINT, "va": "bottom"}
        axis.annotate(head, (edge, 1.0), xycoords="axes fraction", xytext=(x, 4), **beside, **look)
    return at + width


def text_width(text: str, size: float, weight: str = "normal") -> float:
    """Points that a line of text takes."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    # As `show_as_written` will show it: no font has half a character.
    shown, font = printable(text), FontProperties(size=size, weight=weight)
    return float(text_to_path.get_text_width_height_descent(shown, font, ismath=False)[0])


def _cut(text: str, most: float, size: float) -> str:
    """As much of a line of text as has room."""
    width = text_width(text, size)
    return text if width <= most else f"{text[: int(len(text) * most / width) - 1]}…"


def names_below(key: Sequence[tuple[str, str]]) -> str:
    """The key of names as a note: where a policy is to be found in the CSV files."""
    return f"In the tables: {'; '.join(f'{name} = {written}' for name, written in key)}." if key else ""


def _wrapped(text: str, width: float, size: float, weight: str = "normal") -> str:
    """On as few lines as it takes, of about the same length."""
    lines = -(-text_width(text.replace("\n", " "), size, weight) // width) if text else 0
    if lines < 2:
        return text
    average = len(text) / lines
    for letters in range(int(average), len(text) + 1):
        wrapped = textwrap.wrap(text, letters, break_long_words=False)
        if len(wrapped) <= lines or letters > 1.3 * average:
            break
    return "\n".join(wrapped)


@cache
def _formatter_class() -> type[Formatter]:
    """Made on first use: the package is imported without matplotlib."""
    from matplotlib.ticker import ScalarFormatter

    class PlainNumbers(ScalarFormatter):
        """Numbers as one writes them: no common exponent, no offset, commas between thousands."""

        def __call__(self, x: float, pos: int | None = None) -> str:
            text = super().__call__(x, pos)
            whole, _, decimals = text.partition(".")
            sign, digits = ("\N{MINUS SIGN}", whole[1:]) if whole.startswith("\N{MINUS SIGN}") else ("", whole)
            if not digits.isdecimal():
                return text
            return sign + f"{int(digits):,}" + (f".{decimals}" if decimals else "")

    return PlainNumbers


def _plain_numbers() -> Formatter:
    formatter = _formatter_class()(useOffset=False, useMathText=False)  # type: ignore[call-arg]
    formatter.set_scientific(False)  # type: ignore[attr-defined]
    return formatter
