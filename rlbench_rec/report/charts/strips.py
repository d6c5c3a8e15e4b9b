"""Points of several groups, a strip each, on one logarithmic scale."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .scale import Scale, horizontal_axis, spanning
from .svg import drawing, line, marker, with_tip, words

if TYPE_CHECKING:
    from markupsafe import Markup

WIDTH, STRIP = 520.0, 50.0
EDGE, BOTTOM = 14.0, 40.0
LAYERS = 5
"""Heights among which the points of a strip are spread, in their order: the same points, the same picture."""

Point = tuple[float, str, str]
"""A number above 0, a verdict, and what it says when pointed at."""


def strips(label: str, groups: list[tuple[str, list[Point]]], title: str, limit: float) -> Markup:
    """A strip for each group under its name; a line at the limit below which numbers are too small."""
    height = STRIP * len(groups) + BOTTOM
    scale = spanning([number for _, of in groups for number, *_ in of] + [limit], EDGE, WIDTH - EDGE, log=True)
    drawn = horizontal_axis(scale, height - BOTTOM, 4, title)
    drawn.append(line(scale(limit), 4, scale(limit), height - BOTTOM, "limit"))
    for number, (name, points) in enumerate(groups):
        top = STRIP * number
        drawn.append(words(EDGE, top + 15, name, "strip"))
        drawn += _spread(points, scale, top + 27)
    return drawing(WIDTH, height, label, *drawn)


def _spread(points: list[Point], scale: Scale, top: float) -> list[Markup]:
    ordered = sorted(points, key=lambda point: point[0])
    return [
        with_tip(tip, marker(scale(max(number, scale.low)), top + 4.0 * (at % LAYERS), verdict, 3.0))
        for at, (number, verdict, tip) in enumerate(ordered)
    ]
