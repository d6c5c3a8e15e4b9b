"""Intervals of a few named numbers, a row each, on one scale."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from .scale import horizontal_axis, spanning
from .svg import drawing, line, marker, with_tip, words

if TYPE_CHECKING:
    from markupsafe import Markup

WIDTH, ROW = 520.0, 28.0
NAMES, EDGE, BOTTOM = 130.0, 16.0, 40.0

Interval = tuple[str, float, float, float, str]
"""A name, a value, the ends of its interval, and a verdict, empty for what is simply known."""


def intervals(label: str, rows: Sequence[Interval], title: str, level: float | None = None) -> Markup:
    """A row for each number that is defined, and a dotted line at a level that matters."""
    shown = [row for row in rows if math.isfinite(row[1])]
    ends = [end for row in shown for end in row[1:4]] + ([] if level is None else [level])
    scale, height = spanning(ends, NAMES, WIDTH - EDGE), ROW * len(shown) + 6
    drawn: list[str] = [*horizontal_axis(scale, height, 4, title)]
    if level is not None:
        drawn.append(line(scale(level), 4, scale(level), height, "limit"))
    for number, (name, value, low, high, verdict) in enumerate(shown):
        y = ROW * number + ROW / 2 + 4
        drawn.append(words(NAMES - 10, y + 4, name, anchor="end"))
        marks = [line(scale(low), y, scale(high), y, f"interval {verdict or 'plain'}")] if math.isfinite(low) else []
        tip = f"{name}: {value:.4g} [{low:.4g}, {high:.4g}] {verdict}"
        drawn.append(with_tip(tip, *marks, marker(scale(value), y, verdict)))
    return drawing(WIDTH, height + BOTTOM, label, *drawn)
