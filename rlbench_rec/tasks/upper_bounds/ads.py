"""`ads-v1`: the budget and the one ad an auction are sold for a price; then every ad can be planned for alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..shops.shared.draws import log_logistic, sigmoid
from . import UpperBound
from .grid_bound import rounded_down

if TYPE_CHECKING:
    from ..shops.ads import Ads

PRICES = 512
"""Equally likely rival bids an auction, each the lowest of its share of the distribution."""
SEARCH_POINTS, POINTS = 201, 2_001
"""Levels of wear while the multipliers are searched for, and in the bound."""
ROUNDS, FIRST_STEP = 60, 0.3


class Multipliers(NamedTuple):
    """What a unit of budget costs beyond its face value, and what showing an ad costs by auction and kind of user."""

    budget: float
    slots: np.ndarray


class Answer(NamedTuple):
    """A bound, and its slope in the multipliers."""

    value: float
    slope: Multipliers


def bound(task: Ads) -> UpperBound:
    """The Lagrangian relaxation (Hawkins 2003; Adelman and Mersereau 2008, weakly coupled dynamic programs): for all
    prices mu of budget and nu_tk of an auction, none below 0,

        V <= mu E[budget] + sum_t gamma^t mean_k nu_tk + sum over ads of the value of the ad alone,

    where an ad alone pays (1 + mu) times the price and nu_tk for every auction that it takes part in, may bid any
    amount up to the highest level, and knows its own wear. Wear is rounded down. The multipliers are found by
    subgradient steps; whichever they are, the bound holds.
    """
    kinds = task.config.kinds
    at = Multipliers(0.2, np.full((task.horizon, kinds), 0.2))
    best, least = at, np.inf
    for number in range(ROUNDS):
        answer = _relaxed(task, at, SEARCH_POINTS)
        if answer.value < least:
            best, least = at, answer.value
        step = FIRST_STEP / np.sqrt(1.0 + number)
        budget = max(0.0, at.budget - step * answer.slope.budget / task.config.budget)
        slots = np.maximum(0.0, at.slots - step * kinds * answer.slope.slots)
        at = Multipliers(budget, slots)
    return UpperBound(_relaxed(task, best, POINTS).value, "Lagrangian relaxation")


def _relaxed(task: Ads, at: Multipliers, points: int) -> Answer:
    """The bound at some multipliers, and its slope: budget and auctions less what the ads take of them."""
    c, ads = task.config, np.arange(task.config.ads)
    wear = np.linspace(0.0, 1.0 / (1.0 - c.wear_decay), points)
    worth = task.sale_worth[:, None, None] * sigmoid(
        task.click_logit(ads[:, None, None], np.arange(c.kinds)[:, None], wear)
    )
    kept, shown = (rounded_down(c.wear_decay * wear + won, wear) for won in (0.0, 1.0))
    share = (np.arange(PRICES) / PRICES).clip(1e-6)
    values, plan = np.zeros((c.ads, points)), []
    for t in reversed(range(task.horizon)):
        price = np.maximum(log_logistic(share, task.rivals[t], c.rival_spread), c.reserve)
        paid = np.r_[0.0, np.cumsum(price)] / PRICES
        # What winning is worth now and later; one bids as much, budget included, and no more than the highest level.
        surplus = worth + c.gamma * (values[:, shown] - values[:, kept])[:, None]
        wins = np.searchsorted(price, np.minimum(surplus / (1.0 + at.budget), task.levels[-1]), side="right")
        gain = wins / PRICES * surplus - (1.0 + at.budget) * paid[wins] - at.slots[t][:, None]
        plan.append((gain > 0.0, wins / PRICES, paid[wins]))
        values = np.maximum(gain, 0.0).mean(axis=1) + c.gamma * values[:, kept]
    taken, spent = _used(c.gamma, plan[::-1], kept, shown)
    discounts = c.gamma ** np.arange(task.horizon)
    value = at.budget * c.budget + float(discounts @ at.slots.mean(axis=1)) + float(values[:, 0].sum())
    return Answer(value, Multipliers(c.budget - spent, (discounts[:, None] - taken) / c.kinds))


def _used(
    gamma: float, plan: list[tuple[np.ndarray, np.ndarray, np.ndarray]], kept: np.ndarray, shown: np.ndarray
) -> tuple[np.ndarray, float]:
    """(auctions, kinds) discounted auctions that the ads take, and the discounted budget that they spend."""
    ads, kinds, points = plan[0][0].shape
    wear, spent, taken = np.zeros((ads, points)), 0.0, np.zeros((len(plan), kinds))
    wear[:, 0] = 1.0
    rows = np.arange(ads)[:, None]
    for t, (takes, wins, paid) in enumerate(plan):
        taken[t] = gamma**t * np.einsum("akw,aw->k", takes, wear)
        spent += gamma**t * float(np.einsum("akw,aw->", takes * paid, wear)) / kinds
        won, after = (takes * wins).mean(axis=1) * wear, np.zeros_like(wear)
        np.add.at(after, (rows, shown), won)
        np.add.at(after, (rows, kept), wear - won)
        wear = after
    return taken, spent
