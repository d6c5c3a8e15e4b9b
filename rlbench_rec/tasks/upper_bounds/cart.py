"""`cart-v1`: the one offer a step is sold for a price; then every kit can be planned for alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..shops.shared.draws import log_logistic_above, sigmoid
from . import UpperBound
from .grid_bound import rounded_down

if TYPE_CHECKING:
    from ..shops.cart import Cart

MOST_SLOTS = 9
"""Items of a kit above which its baskets are too many."""
SEARCH, FINE = (26, 4), (201, 12)
"""Levels of annoyance and of purses: while the price is searched for, and in the bound."""
FIRST_PRICES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8)
LAST_SHARES = (0.5, 1.0)
"""The price of an offer falls in a line from the first step to this share of it at the last."""


def bound(task: Cart) -> UpperBound | None:
    """The Lagrangian relaxation (Hawkins 2003; Adelman and Mersereau 2008, weakly coupled dynamic programs): for all
    prices nu_t of an offer, none below 0,

        V <= sum_t gamma^t nu_t P(nobody annoyed is still there) + sum over kits of the value of the kit alone,

    where a kit alone pays nu_t an offer. It is relaxed further: each kit is annoyed by its own offers alone; the shop
    knows how much can be spent, and may spend all of it on each kit; all other kits pull on this one; a declined offer
    may be made again as if it were new. Annoyance is rounded down, and what can be spent up.

    None where a kit has too many items.
    """
    if 2 * task.config.depth - 1 > MOST_SLOTS:
        return None
    prices = [np.linspace(first, first * last, task.horizon) for first in FIRST_PRICES for last in LAST_SHARES]
    best = min(prices, key=lambda price: _relaxed(task, price, *SEARCH))
    return UpperBound(_relaxed(task, best, *FINE), "Lagrangian relaxation")


def _relaxed(task: Cart, price: np.ndarray, points: int, purses: int) -> float:
    """The bound at some prices of an offer."""
    c = task.config
    present = (c.gamma * (1.0 - float(task.leave_chances(np.zeros(1))[0][0]))) ** np.arange(task.horizon)
    total = float(present @ price)
    for limit, chance in _purses(task, purses):
        alone = [[_kit_value(task, kit, begun, limit, price, points) for begun in (0, 1)] for kit in range(c.kits)]
        others = sum(values[0] for values in alone)
        total += chance * float(np.mean([others - values[0] + values[1] for values in alone]))
    return total


def _purses(task: Cart, count: int) -> list[tuple[float, float]]:
    """What can be spent, rounded up, with how often: equally many of them, and those whose purse has no end."""

    def above(amount: float) -> float:
        return float(np.mean([log_logistic_above(np.array(amount), median, spread) for median in task.purses]))

    spread = task.config.purse_spread
    amounts = np.geomspace(task.purses[0] / 20.0, task.purses[-1] * 20.0, 2_000)
    shares = np.array([above(amount) for amount in amounts])
    limits = [float(np.interp(-(1.0 - (k + 1) / count), -shares, amounts)) for k in range(count - 1)]
    edges = np.array([1.0, *(above(limit) for limit in limits), 0.0])
    return list(zip([*limits, np.inf], -np.diff(edges), strict=True))


def _kit_value(task: Cart, kit: int, begun: int, limit: float, price: np.ndarray, points: int) -> float:
    """The value of one kit alone, from an empty basket or (`begun`) from its first item.

    Baskets are numbers whose bit s is the item of slot s.
    """
    c, slots = task.config, 2 * task.config.depth - 1
    items = np.arange(slots) * c.kits + kit
    holds = (np.arange(2**slots)[:, None] >> np.arange(slots) & 1).astype(bool)
    stray = np.delete(np.maximum(task.pull[:, items], 0.0), items, axis=0).sum(axis=0)
    takes = sigmoid(task.add_logit(items, holds @ task.pull[np.ix_(items, items)] + stray, np.zeros(slots)))
    costs = task.price[items] * ~((np.arange(slots) == 0) & bool(begun))
    takes *= ~holds & ((holds @ costs)[:, None] + task.price[items] <= limit)
    stake = (holds @ task.margin[items])[:, None]
    annoyance = np.linspace(0.0, 1.0 / (1.0 - c.annoyance_decay), points)
    calm, sore = (rounded_down(c.annoyance_decay * annoyance + extra, annoyance) for extra in (0.0, 1.0))
    leave, abandon = task.leave_chances(annoyance)
    values = np.zeros((len(holds), points))
    for t in reversed(range(task.horizon)):
        leaves = np.ones(points) if t == task.horizon - 1 else leave
        after = -leaves * abandon * stake + (1.0 - leaves) * c.gamma * values
        best = after[:, calm]
        for slot, item in enumerate(items):
            taken, chance = np.arange(len(holds)) | 1 << slot, takes[:, slot, None]
            offered = chance * (task.margin[item] + after[taken][:, calm]) + (1.0 - chance) * after[:, sore] - price[t]
            best = np.maximum(best, np.where(chance > 0.0, offered, best))
        values = best
    return float(values[begun, 0])
