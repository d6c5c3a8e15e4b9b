"""Is it safe to ship? A lower limit of the value that needs no known range, only rewards that are never negative."""

from __future__ import annotations

import numpy as np

from ...errors import InputError
from ..estimators import Estimator, estimator
from ..log import EvaluationLog
from ..measure import Pieces
from ..parts import Mean
from .crossing import crossing

STAKES = 0.5 * 0.25 ** np.arange(10)
"""Shares of the capital that are bet, from bold to cautious; the last suit millions of episodes."""


def lower_bound(
    log: EvaluationLog,
    name: str | Estimator = "ips",
    *,
    confidence: float = 0.95,
    metric: int | None = None,
    **parameters: float,
) -> float:
    """A value that the true one is below with probability at most 1 - confidence, at any sample size, however heavy the
    weights.

    If the mean of terms X_i >= 0 were m, betting a share k of one's capital on each of them to exceed it would leave
    prod_i (1 + k (X_i / m - 1)), whose expectation is 1. The average over ten shares k exceeds 1 / (1 - confidence)
    with probability at most 1 - confidence (Markov), so every m for which it does is refuted; it falls in m, and the
    bound is where it crosses. Betting intervals: Waudby-Smith and Ramdas 2024. The order of the rows does not matter.

    Args:
        log: independent episodes.
        name: a mean of non-negative terms: `ips`, `tis`, `iips`, `on-policy`, `ips-clip`, `sg-ips`. A clip only lowers
            such a mean, so its bound holds for the true value as well.
        confidence: in (0, 1).
        metric: a column of `log.metrics` in place of the reward.
        parameters: of the estimator.

    Raises:
        InputError: users, an estimator that is no such mean, or a negative term (with its episode).
    """
    if not 0.0 < confidence < 1.0:
        raise InputError(f"confidence is {confidence}; it must lie in (0, 1).", where="confidence")
    if log.clusters is not None:
        raise InputError("The lower bound needs independent episodes, not users.", where="clusters")
    terms = _terms(log, estimator(name, **parameters), metric)
    mean = float(terms.mean())
    if not 0.0 < mean < np.inf:
        return 0.0 if mean == 0 else np.nan
    needed = -np.log1p(-confidence)
    positive, zeros = terms[terms > 0] / mean, int(np.count_nonzero(terms == 0))
    # In units of the mean: wealth is at most 1 at 1, and grows beyond all limits towards 0.
    low, high = -1.0, 0.0
    while _log_wealth(positive, zeros, np.exp(low)) < needed:
        low, high = 2 * low, low
        if low < -700:
            # Next to nothing is refuted: a single term among millions of zeros.
            return 0.0
    # Falls in the logarithm of the mean, so it rises in its negative.
    refuted = crossing(lambda minus: _log_wealth(positive, zeros, np.exp(-minus)) - needed, -high, -low)
    return mean * float(np.exp(-refuted))


def _terms(log: EvaluationLog, one: Estimator, metric: int | None) -> np.ndarray:
    """(episodes,) what the estimator is the mean of."""
    biased = one.needs is not None or log.bandwidth
    if one.needs_q or biased or not all(isinstance(part, Mean) for part in one.parts(next(log.blocks()), metric)):
        raise InputError(f"'{one.id}' is no mean of weighted rewards.", where="name", hint="Use ips.")
    terms = Pieces(log, [one], metric).table()[0][:, 0]
    if (terms < 0).any():
        at = int(np.argmax(terms < 0))
        raise InputError(f"The term of episode {at} is {terms[at]:g}; none may be negative.", where="rewards")
    return terms


def _log_wealth(positive: np.ndarray, zeros: int, mean: float) -> float:
    """log of the average wealth of the stakes if the mean were `mean`."""
    gains = positive / mean - 1.0
    logs = np.array([np.log1p(stake * gains).sum() + zeros * np.log1p(-stake) for stake in STAKES])
    return float(logs.max() + np.log(np.exp(logs - logs.max()).mean()))
