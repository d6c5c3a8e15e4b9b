"""The moments of a log's visits that a simulated shop is fitted to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .visits import Visits

NEAR, FAR = 1, 3
"""Clicks apart."""


@dataclass(frozen=True)
class Moments:
    """What the fit makes equal in log and shop.

    Attributes:
        clicks: mean clicks of a session that has one.
        cart_rate: carts per click; purchases per click where a log has more of them.
        purchase_rate: purchases per cart.
        chance: probability that two clicks are of one group if drawn independently.
        near, far: share of clicks one (three) apart in a session that are of one group.
        shares: (item_count,) share of the clicks on known items.
    """

    clicks: float
    cart_rate: float
    purchase_rate: float
    chance: float
    near: float
    far: float
    shares: np.ndarray

    @property
    def persistence(self) -> float:
        """How much of the likeness of neighbouring clicks is left two clicks later, in (0, 1)."""
        near, far = self.near - self.chance, self.far - self.chance
        return float(np.clip(far / near, 0.02, 0.98)) if near > 0.0 else 0.02


def moments(visits: Visits, groups: np.ndarray) -> Moments:
    """The moments of visits, items being in these groups."""
    carts = max(visits.carts, visits.purchases)
    chance = float((np.bincount(groups, weights=visits.shares) ** 2).sum())
    near, far = (_alike(visits, groups, lag, chance) for lag in (NEAR, FAR))
    return Moments(
        clicks=float(visits.lengths.mean()),
        cart_rate=_rate(carts, len(visits)),
        purchase_rate=_rate(visits.purchases, carts),
        chance=chance,
        near=near,
        far=far,
        shares=visits.shares,
    )


def transitions(visits: Visits, groups: np.ndarray, count: int) -> np.ndarray:
    """(count, count) how often a click on one group was followed by one on another."""
    first, second = visits.pairs(NEAR)
    table = np.zeros((count, count))
    np.add.at(table, (groups[first], groups[second]), 1.0)
    return table


def _alike(visits: Visits, groups: np.ndarray, lag: int, chance: float) -> float:
    """Share of pairs in one group, ten pairs of pure chance added: few pairs prove little."""
    first, second = visits.pairs(lag)
    return float(((groups[first] == groups[second]).sum() + 10.0 * chance) / (len(first) + 10.0))


def _rate(hits: int, tries: int) -> float:
    # A session may buy what it did not look at; in the simulated shop nobody does.
    return min((hits + 0.5) / (tries + 1.0), 0.98) if tries else 0.5
