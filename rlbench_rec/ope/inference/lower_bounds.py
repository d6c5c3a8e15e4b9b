"""Is it safe to ship? A lower limit of the value that needs no known range, only rewards that are never negative."""

from __future__ import annotations

import numpy as np

from ...bad_rows import refuse_rows
from ...errors import InputError
from ..data import checks
from ..data.evaluation_log import EvaluationLog
from ..estimators import Estimator, estimator
from ..estimators.functionals import Mean
from .influence import LogParts
from .root_finding import crossing
from .value_ranges import check_alike

STAKES = 0.9 * 0.4 ** np.arange(12)
"""Shares of the capital that are bet, from bold to cautious; the last ones suit millions of episodes."""


def lower_bound(
    log: EvaluationLog,
    name: str | Estimator = "ips",
    *,
    confidence: float = 0.95,
    metric: int | None = None,
    **parameters: float,
) -> float:
    """A value that the true one is below with probability at most 1 - confidence, at any sample size, however heavy the
    weights, and however often one looks while the log grows.

    If the mean of terms X_i >= 0 were m, betting a share k of one's capital on each of them to exceed it would leave
    prod_i (1 + k (X_i / m - 1)), whose expectation is 1. The average over twelve shares k exceeds 1 / (1 - confidence)
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
        InputError: users, row weights, an estimator that is not such a mean, or a negative term (with its episode).
    """
    checks.level("confidence", confidence)
    if log.clusters is not None:
        raise InputError("The lower bound needs independent episodes, not users.", where="clusters")
    check_alike(log)
    return least_mean(_terms(log, estimator(name, **parameters), metric), -float(np.log1p(-confidence)))


def least_mean(terms: np.ndarray, needed: float) -> float:
    """The smallest mean of non-negative terms against which no capital of e^needed could have been won.

    Args:
        terms: (n,) in any order.
        needed: logarithm of the capital.
    """
    mean = float(terms.mean())
    if not 0.0 < mean < np.inf:
        return 0.0 if mean == 0 else np.nan
    # Sparse logs have few values; where they have many, sorting costs little beside the logarithms.
    values, counts = np.unique(terms, return_counts=True)
    values /= mean
    # In units of the mean: wealth is at most 1 at 1, and grows beyond all limits towards 0.
    low, high = -1e-3, 0.0
    while _log_wealth(values, counts, np.exp(low)) < needed:
        low, high = 2 * low, low
        if low < -700:
            # Next to nothing is refuted: a single term among millions of zeros.
            return 0.0
    # Falls in the logarithm of the mean, so it rises in its negative.
    refuted = crossing(lambda minus: _log_wealth(values, counts, np.exp(-minus)) - needed, -high, -low)
    return mean * float(np.exp(-refuted))


def _terms(log: EvaluationLog, mean: Estimator, metric: int | None) -> np.ndarray:
    """(episodes,) what the estimator is the mean of."""
    biased = mean.needs is not None or log.bandwidth
    if mean.needs_q or biased or not all(isinstance(part, Mean) for part in mean.parts(next(log.blocks()), metric)):
        raise InputError(f"'{mean.id}' is not a mean of weighted rewards.", where="name", hint="Use ips.")
    terms = LogParts(log, [mean], metric).tables()[0][0][:, 0]

    def refusal(at: int, _: int) -> InputError:
        return InputError(f"The term of episode {at} is {terms[at]:g}; none may be negative.", where="rewards")

    refuse_rows(terms < 0, refusal)
    return terms


def _log_wealth(values: np.ndarray, counts: np.ndarray, mean: float) -> float:
    """log of the average wealth of the stakes if the mean were `mean`."""
    gains = values / mean - 1.0
    logs = np.array([counts @ np.log1p(stake * gains) for stake in STAKES])
    return float(logs.max() + np.log(np.exp(logs - logs.max()).mean()))
