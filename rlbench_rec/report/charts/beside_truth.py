"""Estimates over their true values: what lies on the line is right."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from .scale import Scale, horizontal_axis, spanning, vertical_axis
from .svg import drawing, line, marker, with_tip

if TYPE_CHECKING:
    from markupsafe import Markup

WIDTH, HEIGHT = 520.0, 340.0
LEFT, RIGHT, TOP, BOTTOM = 56.0, 12.0, 26.0, 40.0
BEYOND = 1.0
"""Estimates farther from the true values than this many times their range are drawn at the edge."""

Point = tuple[float, float, float, float, str, str]
"""Truth, estimate, ends of its interval, verdict, and what it says when pointed at."""


def beside_truth(label: str, points: list[Point], estimator: str) -> Markup:
    """A point a run, with its interval, and the line on which estimates are right."""
    across, up = _scales(points)
    low, high = max(across.low, up.low), min(across.high, up.high)
    drawn = [
        *horizontal_axis(across, HEIGHT - BOTTOM, TOP, "true value"),
        *vertical_axis(up, LEFT, WIDTH - RIGHT, f"estimate by {estimator}"),
        line(across(low), up(low), across(high), up(high), "right"),
    ]
    # What the log vouches for lies on top.
    for verdict in ("unreliable", "weak", "trusted"):
        drawn += [_point(point, across, up) for point in points if point[4] == verdict]
    return drawing(WIDTH, HEIGHT, label, *drawn)


def _scales(points: list[Point]) -> tuple[Scale, Scale]:
    truths = np.array([point[0] for point in points])
    values = np.array([point[1] for point in points])
    across = spanning(truths.tolist(), LEFT, WIDTH - RIGHT)
    reach = BEYOND * (across.high - across.low)
    near = values[(values > across.low - reach) & (values < across.high + reach)]
    up = spanning([across.low, across.high, *near.tolist()], HEIGHT - BOTTOM, TOP, margin=0.0)
    return across, up


def _point(point: Point, across: Scale, up: Scale) -> Markup:
    truth, value, low, high, verdict, tip = point
    x, drawn = across(truth), []
    if not math.isnan(low) and not math.isnan(high) and low <= up.high and high >= up.low:
        drawn.append(line(x, up.clipped(low), x, up.clipped(high), f"interval {verdict}"))
    return with_tip(tip, *drawn, marker(x, up.clipped(value), verdict))
