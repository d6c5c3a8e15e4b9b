"""Numbers to places on a chart, and the ticks of an axis."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from .svg import element, line, words

if TYPE_CHECKING:
    from markupsafe import Markup


@dataclass(frozen=True)
class Scale:
    """From low to high on the places from start to end; by their logarithm where `log`."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def __call__(self, value: float) -> float:
        low, high, at = (math.log10(v) if self.log else v for v in (self.low, self.high, max(value, self._floor)))
        return self.start + (self.end - self.start) * (at - low) / (high - low)

    @property
    def _floor(self) -> float:
        return self.low if self.log else -math.inf

    def holds(self, value: float) -> bool:
        """Whether a value is on the scale."""
        return self.low <= value <= self.high

    def clipped(self, value: float) -> float:
        """The place of a value, or of the end that it is beyond."""
        return self(min(max(value, self.low), self.high))

    def ticks(self, count: int = 5) -> list[float]:
        """Round numbers on the scale."""
        ticks = _decades(self.low, self.high) if self.log else []
        # Within a decade, steps of one size say more than the one power in it.
        return ticks if len(ticks) >= 3 else _round_steps(self.low, self.high, count)


def spanning(
    values: Iterable[float], start: float, end: float, *, log: bool = False, margin: float = 0.05, zero: bool = False
) -> Scale:
    """A scale on which all of these values are; those that are not defined (or not above 0, by logarithm) are left out.

    Args:
        values: the numbers.
        start, end: its places.
        log: by logarithm.
        margin: kept free at each end, as a share of the length.
        zero: whether 0 is to be on it.
    """
    shown = [value for value in values if math.isfinite(value) and (value > 0 or not log)] + [0.0] * zero
    if not shown:
        return Scale(0.1 if log else 0.0, 1.0, start, end, log)
    low, high = min(shown), max(shown)
    if log:
        factor = (high / low) ** margin if high > low else 2.0
        return Scale(low / factor, high * factor, start, end, log)
    room = margin * (high - low) or 0.05 * abs(low) or 1.0
    return Scale(low - room, high + room, start, end)


def tick_text(value: float, ticks: list[float]) -> str:
    """A tick as plain digits, all of an axis with the same decimals: 0.5, 1.0."""
    steps = [b - a for a, b in pairwise(ticks) if b > a]
    step = min(steps, default=abs(value) or 1.0)
    decimals = max(0, -math.floor(math.log10(step) + 1e-9)) if step < 1 else 0
    return f"{value + 0.0:,.{min(decimals, 8)}f}"


def horizontal_axis(scale: Scale, y: float, top: float, title: str) -> list[Markup]:
    """Ticks below, with lines up to `top`, and what the numbers are."""
    ticks = scale.ticks()
    drawn = [line(scale(tick), top, scale(tick), y, "grid") for tick in ticks]
    drawn += [words(scale(tick), y + 14, _tick(tick, ticks, scale), "tick", "middle") for tick in ticks]
    return [*drawn, words((scale.start + scale.end) / 2, y + 30, title, "axis", "middle")]


def vertical_axis(scale: Scale, x: float, right: float, title: str) -> list[Markup]:
    """Ticks on the left, with lines to `right`, and above them what the numbers are."""
    ticks = scale.ticks(4)
    drawn = [line(x, scale(tick), right, scale(tick), "grid") for tick in ticks]
    drawn += [words(x - 6, scale(tick) + 4, _tick(tick, ticks, scale), "tick", "end") for tick in ticks]
    return [*drawn, element("text", title, x=4, y=min(scale.start, scale.end) - 8, class_="axis")]


def _tick(tick: float, ticks: list[float], scale: Scale) -> str:
    return f"{tick:,.10g}" if scale.log and len(ticks) >= 3 else tick_text(tick, ticks)


def _round_steps(low: float, high: float, count: int) -> list[float]:
    rough = (high - low) / count
    size = 10 ** math.floor(math.log10(rough))
    step = next(factor * size for factor in (1, 2, 5, 10) if factor * size >= rough)
    first = math.ceil(low / step - 1e-9)
    return [step * number for number in range(first, math.floor(high / step + 1e-9) + 1)]


def _decades(low: float, high: float) -> list[float]:
    """Powers of ten, and their doubles and halves where there are few."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for factors in ((1,), (1, 3), (1, 2, 5)):
        ticks = [factor * 10.0**power for power in powers for factor in factors]
        ticks = [tick for tick in ticks if low <= tick <= high]
        if len(ticks) >= 3:
            break
    if len(ticks) > 7:
        ticks = ticks[:: math.ceil(len(ticks) / 6)]
    return ticks
