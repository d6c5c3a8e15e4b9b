"""What to order in `inventory-v1`: the distribution of demand, base-stock levels and the exact dynamic program.

Money is in the price of a unit, but for the values of the dynamic program, which are in rewards.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from .inventory import InventoryConfig


def negative_binomial(mean: np.ndarray, overdispersion: float) -> np.ndarray:
    """(…, n) probabilities of 0..n - 1, where the last one takes the tail; variance mean + overdispersion mean^2.

    Args:
        mean: above 0, of any shape.
        overdispersion: 0 gives the Poisson distribution.
    """
    most = mean.max()
    count = int(most + 12.0 * np.sqrt(most + overdispersion * most**2)) + 10
    # P(d) / P(d - 1) = (1 + overdispersion (d - 1)) mean / (d (1 + overdispersion mean)); in logs, which cannot vanish.
    mean, d = np.asarray(mean, dtype=np.float64)[..., None], np.arange(1, count)
    none = -mean if overdispersion == 0 else -np.log1p(overdispersion * mean) / overdispersion
    ratio = (1.0 + overdispersion * (d - 1)) * mean / (d * (1.0 + overdispersion * mean))
    chances = np.exp(none + np.concatenate((np.zeros_like(mean), np.cumsum(np.log(ratio), axis=-1)), axis=-1))
    chances[..., -1] += 1.0 - chances.sum(axis=-1)
    return chances


def base_stock_levels(c: InventoryConfig, chances: np.ndarray) -> np.ndarray:
    """(weeks, kinds) units to have in stock and on the way: the newsvendor's quantile of the demand until arrival.

    With L = lead_time, a unit too few costs u = gamma^L (1 + goodwill) - unit_cost; one too many gamma^L holding, and
    unit_cost less what it is worth next week: an order saved, gamma unit_cost, or at the end its salvage,
    gamma^L salvage unit_cost. An order that would arrive after the season is none.

    Args:
        c: the shop.
        chances: (weeks + L, kinds, n) probabilities of each week's demand.
    """
    late = c.gamma**c.lead_time
    levels = np.zeros((c.horizon, chances.shape[1]), np.int64)
    for t, kind in np.ndindex(c.horizon - min(c.lead_time, c.horizon), chances.shape[1]):
        last = t + c.lead_time == c.horizon - 1
        few = late * (1.0 + c.goodwill) - c.unit_cost
        many = late * c.holding + c.unit_cost * (1.0 - (late * c.salvage if last else c.gamma))
        total = np.ones(1)
        for week in range(t, t + c.lead_time + 1):
            total = np.convolve(total, chances[week, kind])
        # Where being short costs nothing, nothing is kept; where being long costs nothing, all that may be asked for.
        share = few / (few + many) if few > 0.0 else 0.0
        levels[t, kind] = np.searchsorted(np.cumsum(total), min(share, 1.0 - 1e-9))
    return levels


def optimal_values(c: InventoryConfig, chances: np.ndarray, gamma: float) -> np.ndarray:
    """(weeks, stock, on the way, orders) optimal Q of one kind of product, by backward induction.

    What is on the way is one number, its digits to the base of the orders the cases of each week, the next one first.

    Args:
        c: the shop.
        chances: (at least weeks, n) probabilities of each week's demand.
        gamma: discount factor; at 0 the answer is the expected reward.
    """
    orders, waiting = c.cases + 1, max(c.lead_time - 1, 0)
    scale = c.demand * (1.0 - c.unit_cost)
    stock, coming, order = np.ogrid[: c.capacity + 1, : orders**waiting, :orders]
    first = orders ** (waiting - 1) if waiting else 1
    on_the_way = sum(coming // orders**i % orders for i in range(waiting)) + 0 * coming
    fits = np.clip((c.capacity - stock) // c.case - on_the_way, 0, order)
    # Before the demand an order joins the stock only without a lead time; after it comes what is first on the way.
    served = np.minimum(stock + c.case * order * (c.lead_time == 0), c.capacity)
    arrives = coming // first if waiting else order * (c.lead_time == 1)
    then = coming % first * orders + order if waiting else 0 * order
    tomorrow = np.minimum(stock + c.case * arrives, c.capacity)
    values = c.salvage * c.unit_cost * (stock + c.case * on_the_way)[..., 0] / scale
    q = np.empty((c.horizon, c.capacity + 1, orders**waiting, orders))
    for t in reversed(range(c.horizon)):
        earned, leaves = _week(c, chances[t])
        onward = 1.0 if t == c.horizon - 1 else gamma
        ahead = np.tensordot(leaves, values[tomorrow, then], axes=1)
        gain = earned[served] - c.unit_cost * c.case * order + onward * scale * ahead[served, coming, order]
        q[t] = np.take_along_axis(gain, fits, axis=2) / scale
        values = q[t].max(axis=2)
    return q


def _week(c: InventoryConfig, chance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(stock,) expected earnings of a week's sales, and (stock, left) probabilities of what is left."""
    stock, demand = np.ogrid[: c.capacity + 1, : len(chance)]
    sold = np.minimum(stock, demand)
    earned = (sold - c.holding * (stock - sold) - c.goodwill * (demand - sold)) @ chance
    # What is left is the stock less the demand; nothing is left of a stock that is asked for in full.
    padded = np.concatenate((chance, np.zeros(c.capacity + 1)))
    gap = stock - stock[:, 0]
    leaves = np.where(gap >= 0, padded[np.abs(gap)], 0.0)
    leaves[:, 0] = 1.0 - np.concatenate(([0.0], np.cumsum(padded[: c.capacity])))
    return earned, leaves
