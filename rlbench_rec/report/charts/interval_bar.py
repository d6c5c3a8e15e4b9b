"""A row's interval as a bar beside the behaviour policy: of a line's height, to look down a column of them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...results.headline import Headline, formatted
from ...results.schema import TableRow
from .scale import Scale, spanning
from .svg import drawing, element, line, marker, with_tip

if TYPE_CHECKING:
    from markupsafe import Markup

WIDTH, HEIGHT = 150.0, 18.0
EDGE = 8.0
"""Kept free on either side, for the arrows of what lies beyond."""
WIDE = 4.0
"""Intervals wider than this many times the median one do not set the scale."""


@dataclass(frozen=True)
class BarScale:
    """The scale of one place, and where the behaviour policy stands on it; None where it is not known."""

    scale: Scale
    behaviour: float | None


def bar_scale(shown: Headline) -> BarScale:
    """A scale that holds every mean of a reliable row (of any row, where none is), and the usual intervals."""
    rows = shown.rows[shown.rows["mean"].notna()]
    counted = rows[rows["verdict"] != "unreliable"]
    counted = rows if counted.empty else counted
    low, high, mean = (counted[name].to_numpy(float) for name in ("ci_low", "ci_high", "mean"))
    width = high - low
    usual = width <= WIDE * np.nanmedian(width) if np.isfinite(width).any() else np.zeros(len(width), dtype=bool)
    behaviour = None if shown.behaviour is None else float(shown.behaviour["mean"])
    ends = [*mean, *low[usual], *high[usual], *([] if behaviour is None else [behaviour])]
    return BarScale(spanning(ends, EDGE, WIDTH - EDGE), behaviour)


def interval_bar(row: TableRow, scale: BarScale) -> Markup | None:
    """Its interval, its value, and the behaviour policy's; an arrow where they lie beyond. None without a value."""
    mean, low, high = (float(row[name]) for name in ("mean", "ci_low", "ci_high"))
    if math.isnan(mean):
        return None
    at, middle, verdict = scale.scale, HEIGHT / 2, row["verdict"]
    drawn: list[str] = []
    if scale.behaviour is not None:
        drawn.append(line(at(scale.behaviour), 1, at(scale.behaviour), HEIGHT - 1, "behaviour"))
    if not math.isnan(low):
        drawn.append(line(at.clipped(low), middle, at.clipped(high), middle, f"interval {verdict}"))
    beyond = [(low < at.low, EDGE, -1.0), (high > at.high, WIDTH - EDGE, 1.0)]
    drawn += [_arrow(x, middle, way, verdict) for is_beyond, x, way in beyond if is_beyond]
    if at.holds(mean):
        drawn.append(marker(at(mean), middle, verdict, 3.5))
    value, interval = formatted(row)
    label = f"{value} {interval}, {verdict}"
    return drawing(WIDTH, HEIGHT, label, with_tip(label, *drawn), class_="bar")


def _arrow(x: float, y: float, way: float, verdict: str) -> Markup:
    return element("path", d=f"M{x:g} {y - 3.5:g}l{5 * way:g} 3.5l{-5 * way:g} 3.5z", class_=f"arrow {verdict}")
