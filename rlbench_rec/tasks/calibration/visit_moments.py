"""The moments of a log's visits that a simulated shop is fitted to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .visit_context import first_groups
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
        stays, pairs: (groups,) share of the clicks on each group that are followed by another on it, and how many are
            followed by any.
        habits, dayparts: (k, 2) of each kind its share of the sessions that have a click, and its mean clicks; None
            where visits are all of one kind, or the kinds are not known.
        returning: share of those sessions whose user was here before.
        return_same: share of these whose first click is on the group that is remembered.
    """

    clicks: float
    cart_rate: float
    purchase_rate: float
    chance: float
    near: float
    far: float
    shares: np.ndarray
    stays: np.ndarray
    pairs: np.ndarray
    habits: np.ndarray | None = None
    dayparts: np.ndarray | None = None
    returning: float = 0.0
    return_same: float = 0.0

    @property
    def persistence(self) -> float:
        """How much of the likeness of neighbouring clicks is left two clicks later, in (0, 1)."""
        near, far = self.near - self.chance, self.far - self.chance
        return float(np.clip(far / near, 0.02, 0.98)) if near > 0.0 else 0.02


def moments(visits: Visits, groups: np.ndarray, count: int) -> Moments:
    """The moments of visits, items being in these groups, of which there are `count`."""
    carts = max(visits.carts, visits.purchases)
    weights = np.bincount(groups, weights=visits.shares, minlength=count)
    chance = float((weights**2).sum())
    near, far = (_alike(visits, groups, lag, chance) for lag in (NEAR, FAR))
    table = transitions(visits, groups, count)
    pairs = table.sum(axis=1)
    returning, return_same = _returning(visits, groups)
    return Moments(
        clicks=float(visits.lengths.mean()),
        cart_rate=_rate(carts, len(visits)),
        purchase_rate=_rate(visits.purchases, carts),
        chance=chance,
        near=near,
        far=far,
        shares=visits.shares,
        # Ten pairs of the average group are added: few pairs prove little.
        stays=(np.diag(table) + 10.0 * near) / (pairs + 10.0),
        pairs=pairs,
        habits=_by_kind(visits, "habit"),
        dayparts=_by_kind(visits, "daypart"),
        returning=returning,
        return_same=return_same,
    )


def transitions(visits: Visits, groups: np.ndarray, count: int) -> np.ndarray:
    """(count, count) how often a click on one group was followed by one on another."""
    first, second = visits.pairs(NEAR)
    table = np.zeros((count, count))
    np.add.at(table, (groups[first], groups[second]), 1.0)
    return table


def _by_kind(visits: Visits, name: str) -> np.ndarray | None:
    if name not in visits.kinds:
        return None
    codes, count = visits.kind(name), int(visits.kinds[name].max()) + 1
    sessions = np.bincount(codes, minlength=count)
    # A kind without a click counts as one session of one click.
    clicks = np.bincount(codes, weights=visits.lengths, minlength=count)
    return np.stack(
        [np.maximum(sessions, 1) / sessions.sum(), np.maximum(clicks, 1.0) / np.maximum(sessions, 1)], axis=1
    )


def _returning(visits: Visits, groups: np.ndarray) -> tuple[float, float]:
    if "remembered" not in visits.kinds:
        return 0.0, 0.0
    remembered, first = visits.kind("remembered"), first_groups(visits, groups)
    back = remembered >= 0
    seen = back & (first >= 0)
    same = (first[seen] == remembered[seen]).mean() if seen.any() else 0.0
    return float(back.mean()), float(same)


def _alike(visits: Visits, groups: np.ndarray, lag: int, chance: float) -> float:
    """Share of pairs in one group, ten pairs of pure chance added: few pairs prove little."""
    first, second = visits.pairs(lag)
    return float(((groups[first] == groups[second]).sum() + 10.0 * chance) / (len(first) + 10.0))


def _rate(hits: int, tries: int) -> float:
    # A session may buy what it did not look at; in the simulated shop nobody does.
    return min((hits + 0.5) / (tries + 1.0), 0.98) if tries else 0.5
