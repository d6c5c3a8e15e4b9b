"""Lines with bands over one another: learning curves, profiles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .scale import Scale, horizontal_axis, spanning, vertical_axis
from .svg import area, drawing, line, marker, path, with_tip, words

if TYPE_CHECKING:
    from markupsafe import Markup

WIDTH, HEIGHT = 520.0, 300.0
LEFT, RIGHT, TOP, BOTTOM = 56.0, 14.0, 26.0, 40.0
KEY_ROW = 18.0
COLOURS = 7
"""Colours of the style sheet, `.series-0` on."""
DASHES = (None, "7 3", "2 2")
"""For more lines than colours, and for those who see no colours."""


@dataclass(frozen=True)
class Line:
    """A line with its name: places across, heights, and the ends of a band where it has one."""

    name: str
    across: Sequence[float]
    up: Sequence[float]
    low: Sequence[float] = field(default_factory=tuple)
    high: Sequence[float] = field(default_factory=tuple)


def lines(
    label: str, drawn: Sequence[Line], across: str, up: str, *, log: bool = False, level: float | None = None
) -> Markup:
    """The lines with their key below, and a dotted line at a level that matters.

    Args:
        label: what the picture says.
        drawn: the lines.
        across, up: what their numbers are.
        log: heights by their logarithm.
        level: of the dotted line.
    """
    rows = -(-len(drawn) // 2)
    x = spanning([v for of in drawn for v in of.across], LEFT, WIDTH - RIGHT, margin=0.02)
    heights = [v for of in drawn for v in (*of.up, *of.low, *of.high)] + ([] if level is None else [level])
    y = spanning(heights, HEIGHT - BOTTOM, TOP, log=log)
    shown = [*horizontal_axis(x, HEIGHT - BOTTOM, TOP, across), *vertical_axis(y, LEFT, WIDTH - RIGHT, up)]
    if level is not None:
        shown.append(line(LEFT, y(level), WIDTH - RIGHT, y(level), "limit"))
    for number, of in enumerate(drawn):
        shown += _line(of, number, x, y)
    for number, of in enumerate(drawn):
        shown += _key(of.name, number)
    return drawing(WIDTH, HEIGHT + KEY_ROW * rows, label, *shown)


def _line(of: Line, number: int, x: Scale, y: Scale) -> list[Markup]:
    series = f"series-{number % COLOURS}"
    points = _on(of.across, of.up, x, y)
    drawn = []
    if len(of.low):
        drawn.append(area(_on(of.across, of.low, x, y), _on(of.across, of.high, x, y), f"band {series}"))
    if len(points) > 1:
        drawn.append(path(points, f"line {series}", DASHES[number // 2 % len(DASHES)]))
    elif points:
        drawn.append(marker(*points[0], ""))
    return [with_tip(of.name, *drawn)]


def _on(across: Sequence[float], up: Sequence[float], x: Scale, y: Scale) -> list[tuple[float, float]]:
    return [(x(a), y(u)) for a, u in zip(across, up, strict=True) if u == u and (u > 0 or not y.log)]


def _key(name: str, number: int) -> list[Markup]:
    left, top = 10.0 + (number % 2) * WIDTH / 2, HEIGHT + 8 + KEY_ROW * (number // 2)
    dash = DASHES[number // 2 % len(DASHES)]
    stroke = path([(left, top), (left + 26, top)], f"line series-{number % COLOURS}", dash)
    return [stroke, words(left + 32, top + 4, name, "key")]
