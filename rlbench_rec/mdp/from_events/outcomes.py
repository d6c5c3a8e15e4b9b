"""What each event was worth: the training reward, and the metrics CTR, CVR and revenue."""

from __future__ import annotations

import numpy as np

from ...errors import InputError, UnknownNameError
from ...events.event_types import EVENTS
from ..chunked_columns import ColumnStore

METRICS = ("CTR", "CVR", "revenue")
ENGAGEMENTS = ("click", "cart", "favourite", "purchase")
"""Events that count as a click-through. A `view` does not: on logs of page views every row would."""
PURCHASE, REFUND = (EVENTS.index(name) + 1 for name in ("purchase", "refund"))


def rewards(
    events: np.ndarray, prices: np.ndarray, rule: str, weights: dict[str, float], columns: ColumnStore
) -> np.ndarray:
    """(n,) float32: a weight per event type (0 for types without one), or the price of what was purchased,
    less that of what was given back.

    Args:
        events: (n,) int8 codes, from 1.
        prices: (n,) float64, NaN where unknown.
        rule: `events` or `revenue`.
        weights: event type -> reward.
        columns: where the column goes.

    Raises:
        UnknownNameError: a weight for an event type outside the vocabulary.
        InputError: the rule is `revenue`, and the log has no prices.
    """
    if rule == "revenue":
        if np.isnan(prices).all():
            raise InputError("The log has no prices, so no revenue.", where="reward", hint="Use reward = 'events'.")

        return columns.compute(events.shape, np.float32, lambda rows: _revenue(events[rows], prices[rows]))
    for name in weights:
        if name not in EVENTS:
            raise UnknownNameError("event type", name, EVENTS)
    worth = np.array([0.0, *(weights.get(name, 0.0) for name in EVENTS)], dtype=np.float32)
    return columns.compute(events.shape, np.float32, lambda rows: worth[events[rows]])


def metrics(events: np.ndarray, prices: np.ndarray, columns: ColumnStore) -> np.ndarray:
    """(n, 3) float32 columns CTR (engaged or not), CVR (purchased or not), revenue (the price where purchased, and
    less than 0 by it where refunded)."""
    engaged = np.array([False, *(name in ENGAGEMENTS for name in EVENTS)])

    def outcomes(rows: slice) -> np.ndarray:
        here = events[rows]
        return np.stack([engaged[here], here == PURCHASE, _revenue(here, prices[rows])], axis=1)

    return columns.compute((len(events), len(METRICS)), np.float32, outcomes)


def _revenue(events: np.ndarray, prices: np.ndarray) -> np.ndarray:
    # A purchase of unknown price adds no revenue; it still counts as a conversion.
    signs = (events == PURCHASE).astype(np.float64) - (events == REFUND)
    return np.where((signs != 0) & ~np.isnan(prices), signs * prices, 0.0)
