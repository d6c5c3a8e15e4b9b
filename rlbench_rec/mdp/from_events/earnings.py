"""What each decision earned: its own event's reward and metrics, and those of the events that are credited to it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from .credit import Credit
from .decisions import Decisions
from .log_columns import LogColumns
from .outcomes import METRICS, metrics, rewards
from .searches import SEARCH

RULES = (np.maximum, np.maximum, np.add)
"""How CTR, CVR and revenue of several events add up: whether there was any click-through, any purchase, and the sum."""


@dataclass(frozen=True)
class Earnings:
    """What each of the n decisions earned.

    Attributes:
        rewards: (n,) float32.
        metrics: (n, k) float32.
        metric_names: of the k metrics.
        account: the events that are no decisions: how many were credited, how many were not, and the reward of these.
    """

    rewards: np.ndarray
    metrics: np.ndarray
    metric_names: tuple[str, ...]
    account: dict[str, int | float] = field(default_factory=dict)


def earnings(
    source: LogColumns,
    events: np.ndarray,
    decisions: Decisions,
    credit: Credit | None,
    rule: str,
    weights: dict[str, float],
) -> Earnings:
    """Rewards and metrics of the decisions. Nothing is discounted on the way from an event to its decision.

    `satisfaction`, where the log has ratings, is the last rating among the decision's event and those credited to it; 0
    where none was given.

    Args:
        source: the m events.
        events: (m,) int8 codes, from 1.
        decisions: among the events.
        credit: of the others; None where every event is a decision.
        rule, weights: as in `outcomes.rewards`.

    Raises:
        UnknownNameError, InputError: as `outcomes.rewards`.
    """
    columns, prices = source.columns, _prices(source)
    reward, outcomes, names = rewards(events, prices, rule, weights, columns), metrics(events, prices, columns), METRICS
    rated = source.numbers("rating", np.float64, missing=np.nan)[:, None] if source.has("rating") else None
    account: dict[str, int | float] = {}
    if credit is not None:
        lost = reward[credit.nobody]
        counted = (lost != 0) | (events[credit.nobody] != SEARCH)
        account = {"credited_rows": len(credit.events), "uncredited_rows": int(counted.sum())}
        account["uncredited_reward"] = float(lost.sum(dtype=np.float64))
        reward = credit.shared(decisions, reward[:, None], (np.add,)).reshape(-1)
        outcomes = credit.shared(decisions, outcomes, RULES)
        rated = None if rated is None else credit.latest(decisions, rated)
    if rated is None:
        return Earnings(reward, outcomes, names, account)
    outcomes = columns.compute(
        (len(outcomes), len(names) + 1),
        np.float32,
        lambda part: np.column_stack([outcomes[part], np.nan_to_num(rated[part])]),
    )
    return Earnings(reward, outcomes, (*names, "satisfaction"), account)


def _prices(source: LogColumns) -> np.ndarray:
    """(m,) float64 price of each event, times its quantity; NaN where unknown."""
    prices = source.numbers("price", np.float64, missing=np.nan)
    if not source.has("quantity"):
        return prices
    quantities = source.numbers("quantity", np.int64, missing=1)
    return source.columns.compute(prices.shape, np.float64, lambda rows: prices[rows] * quantities[rows])
