"""A dial: lifts of policies by their distance from the behaviour policy."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .scale import Scale, horizontal_axis, spanning, vertical_axis
from .svg import drawing, element, line, marker, with_tip

if TYPE_CHECKING:
    from markupsafe import Markup

WIDTH, HEIGHT = 520.0, 280.0
LEFT, RIGHT, TOP, BOTTOM = 62.0, 14.0, 26.0, 40.0
BEYOND = 3.0
"""Limits farther out than this many times the largest lift or the widest limit of a step that may be chosen are cut."""


@dataclass(frozen=True)
class Step:
    """A step of a dial: its distance in nats a session, its lift with limits, whether it may be chosen, and is."""

    distance: float
    lift: float
    low: float
    high: float
    verdict: str
    eligible: bool
    chosen: bool
    tip: str


def dial(label: str, steps: Sequence[Step], beside: Sequence[Step]) -> Markup:
    """The steps, on a scale that holds those `beside` too, so that charts of one place compare."""
    x = spanning([step.distance for step in beside], LEFT, WIDTH - RIGHT, log=True)
    low, high = _reach(beside)
    y = spanning([low, high, 0.0], HEIGHT - BOTTOM, TOP)
    drawn = [
        *horizontal_axis(x, HEIGHT - BOTTOM, TOP, "distance from the behaviour policy, nats a session"),
        *vertical_axis(y, LEFT, WIDTH - RIGHT, "lift over the behaviour policy"),
        line(LEFT, y(0.0), WIDTH - RIGHT, y(0.0), "limit"),
    ]
    # What may be chosen lies on top.
    drawn += [_step(step, x, y) for step in sorted(steps, key=lambda step: (step.eligible, step.chosen))]
    return drawing(WIDTH, HEIGHT, label, *drawn)


def _reach(steps: Sequence[Step]) -> tuple[float, float]:
    """The ends of the scale: all that may be chosen, and as much of the rest as leaves that legible."""
    lifts = [step.lift for step in steps if math.isfinite(step.lift)]
    eligible = [step for step in steps if step.eligible]
    size = max([abs(v) for step in eligible for v in (step.low, step.high) if math.isfinite(v)], default=0.0)
    size = size or max((abs(lift) for lift in lifts), default=1.0)
    limit = BEYOND * size
    ends = [v for step in steps for v in (step.low, step.high, step.lift) if math.isfinite(v)]
    return max(min(ends, default=-1.0), -limit), min(max(ends, default=1.0), limit)


def _step(step: Step, x: Scale, y: Scale) -> Markup:
    if not step.distance > 0 or not math.isfinite(step.lift):
        return with_tip(step.tip)
    at = x(step.distance)
    drawn: list[str] = []
    if math.isfinite(step.low) and step.low <= y.high and step.high >= y.low:
        drawn.append(line(at, y.clipped(step.low), at, y.clipped(step.high), f"interval {step.verdict}"))
    if y.holds(step.lift):
        drawn.append(marker(at, y(step.lift), step.verdict, 3.5))
        if step.chosen:
            drawn.append(element("circle", cx=at, cy=y(step.lift), r=8, class_="ring"))
    return element("g", with_tip(step.tip, *drawn), class_=None if step.eligible else "pale")
