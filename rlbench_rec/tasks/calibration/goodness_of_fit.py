"""How good the fit is: the shop beside the part of the log that the fit did not see."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .calibrated_shop import CalibratedShop
from .fit_shop import Calibration
from .visit_moments import transitions
from .visits import Visits, simulated

SESSIONS, SEED = 20_000, 7_002
LONGEST_SHOWN = 60
"""Longer sessions are drawn as this long; the distance takes them as they are."""


@dataclass(frozen=True)
class Measure:
    """One way to look at visits.

    Attributes:
        measure: of what.
        distance: what kind of distance: 0 alike, 1 nothing in common.
        shop: held-out part to the simulated shop.
        yardstick: held-out part to the fitted part: the distance of a perfect model of the past.
    """

    measure: str
    distance: str
    shop: float
    yardstick: float


@dataclass(frozen=True)
class Goodness:
    """Visits of the held-out part, the fitted part and the shop, ready to be compared.

    Attributes:
        calibration: the shop and the parts of the log.
    """

    calibration: Calibration

    @cached_property
    def shop(self) -> Visits:
        """Visits of the shop, on a seed that the fit did not use."""
        return simulated(CalibratedShop(self.calibration.shop), SESSIONS, SEED)

    @property
    def sides(self) -> dict[str, Visits]:
        """Name -> visits, the held-out part first."""
        return {"held out": self.calibration.held_out, "fitted": self.calibration.train, "simulated": self.shop}

    @property
    def measures(self) -> list[Measure]:
        """All distances."""
        held_out, train = self.calibration.held_out, self.calibration.train

        def measure(name: str, kind: str, apart: Callable[[Visits, Visits], float]) -> Measure:
            return Measure(name, kind, float(apart(held_out, self.shop)), float(apart(held_out, train)))

        return [
            measure("session length", "Kolmogorov-Smirnov", lambda a, b: largest_gap(a.lengths, b.lengths)),
            measure("event mix", "total variation", lambda a, b: variation(a.events, b.events)),
            measure("popularity curve", "Kolmogorov-Smirnov", lambda a, b: abs(curve(a) - curve(b)).max()),
            measure("popularity of items", "total variation", lambda a, b: variation(a.shares, b.shares)),
            measure("next group", "total variation, mean over rows", self._next_apart),
        ]

    def next_groups(self, visits: Visits) -> np.ndarray:
        """(C, C) probability that a click on one group is followed by one on another; rows without clicks are even."""
        shop = self.calibration.shop
        table = transitions(visits, np.array(shop.groups), shop.categories)
        totals = table.sum(axis=1, keepdims=True)
        return np.divide(table, totals, out=np.full_like(table, 1.0 / shop.categories), where=totals > 0)

    def _next_apart(self, first: Visits, second: Visits) -> float:
        shop = self.calibration.shop
        weights = transitions(first, np.array(shop.groups), shop.categories).sum(axis=1)
        rows = abs(self.next_groups(first) - self.next_groups(second)).sum(axis=1) / 2.0
        return float(rows @ weights / weights.sum()) if weights.sum() else float("nan")


def variation(first: np.ndarray, second: np.ndarray) -> float:
    """Total variation between two sets of counts: half the sum of the differences of their shares."""
    return float(abs(first / first.sum() - second / second.sum()).sum() / 2.0)


def largest_gap(first: np.ndarray, second: np.ndarray) -> float:
    """Kolmogorov-Smirnov distance: the largest difference of the two cumulative distributions."""
    values = np.union1d(first, second)
    ranks = [np.searchsorted(np.sort(sample), values, side="right") / len(sample) for sample in (first, second)]
    return float(abs(ranks[0] - ranks[1]).max())


def curve(visits: Visits) -> np.ndarray:
    """(item_count,) share of the clicks that the 1, 2, 3, … most popular items have, each log in its own order."""
    return np.cumsum(np.sort(visits.shares)[::-1])
