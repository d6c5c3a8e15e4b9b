"""What each event was worth: the training reward, and the metrics CTR, CVR and revenue."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..errors import InputError, UnknownNameError

METRICS = ("CTR", "CVR", "revenue")
ENGAGEMENTS = ("click", "cart", "favourite", "purchase")
"""Events that count as a click-through. A `view` does not: on logs of page views every row would."""


def rewards(events: pd.DataFrame, rule: str, weights: dict[str, float], vocabulary: tuple[str, ...]) -> np.ndarray:
    """(n,) float32: a weight per event type (0 for types without one), or the price of what was purchased.

    Raises:
        UnknownNameError: a weight for an event type outside the vocabulary.
        InputError: revenue asked of a log without prices.
    """
    if rule == "revenue":
        if events["price"].isna().all():
            raise InputError("The log has no prices, so no revenue.", where="reward", hint="Use reward = 'events'.")
        return _revenue(events)
    for name in weights:
        if name not in vocabulary:
            raise UnknownNameError("event type", name, vocabulary)
    return events["event"].astype(object).map(weights).fillna(0.0).to_numpy(np.float32)


def metrics(events: pd.DataFrame) -> np.ndarray:
    """(n, 3) float32 columns CTR (engaged or not), CVR (purchased or not), revenue (price where purchased)."""
    engaged = events["event"].isin(ENGAGEMENTS).to_numpy(np.float32)
    purchased = (events["event"] == "purchase").to_numpy(np.float32)
    return np.stack([engaged, purchased, _revenue(events)], axis=1)


def _revenue(events: pd.DataFrame) -> np.ndarray:
    purchased = (events["event"] == "purchase").to_numpy()
    # A purchase without a known price brings no known revenue; it still counts as a conversion.
    return np.where(purchased, events["price"].fillna(0.0).to_numpy(np.float64), 0.0).astype(np.float32)
