"""Intervals by betting: values of the mean that a gambler would have grown rich by betting against are refuted.

Waudby-Smith and Ramdas 2024, "Estimating means of bounded random variables by betting". If the mean of terms x_t in
[0, 1] were m, the capital prod_t (1 + l_t (x_t - m)) would have expectation 1 whatever stakes l_t were chosen from
earlier terms, and would reach 1 / alpha with probability at most alpha.
"""

from __future__ import annotations

import math

import numpy as np

from .joint_resamples import Limits, MeasuredSample
from .lower_bounds import STAKES, least_mean
from .root_finding import crossing
from .value_ranges import Terms, bounded_terms

ORDERS = 4
"""Bets are placed in so many orders of the terms; with a single one the interval would depend on which it is."""
BOLDEST = 0.75
"""No bet may lose more than this share of the capital."""
VARIANCE_PRIOR = 0.03
"""Added to the sum of squares that stakes are chosen from: terms that are all alike do not prove that none varies."""
BATCH = 8
"""Bets multiplied before a logarithm is taken, which is what costs time."""


def betting(sample: MeasuredSample) -> list[Limits]:
    """Each side bets half the capital, with stakes l_t = sqrt(2 log(2 / alpha) / (n v)), v the variance of the terms
    before. Capitals of four orders of the terms, drawn from the seed, are averaged with that of every other stake of
    `ope.inference.lower_bound`, which know what to do where all terms are tiny in their range."""
    return [terms.around(*_distances(terms, sample)) for terms in bounded_terms(sample)]


def betting_sequence(sample: MeasuredSample) -> list[Limits]:
    """The form that is a confidence sequence: intervals made after every episode hold *together* with the given
    confidence, so a test may be watched daily and stopped at will. Stakes are a fixed mixture, those of
    `ope.inference.lower_bound`; the order of the episodes does not matter."""
    return [sequence_limits(terms, terms.values, sample.inference.confidence) for terms in bounded_terms(sample)]


def sequence_limits(terms: Terms, seen: np.ndarray, confidence: float) -> Limits:
    """The interval after the terms that have been seen."""
    needed = math.log(2 / (1.0 - confidence))
    # Rounding must not make a term at the end of its range negative.
    low = terms.low + least_mean(np.maximum(seen - terms.low, 0.0), needed)
    high = terms.high - least_mean(np.maximum(terms.high - seen, 0.0), needed)
    return terms.within(low, high)


def _distances(terms: Terms, sample: MeasuredSample) -> tuple[float, float]:
    """How far below and above the estimate the interval reaches."""
    width = terms.high - terms.low
    if width <= 0:
        return 0.0, 0.0
    needed, rng = math.log(2 / (1.0 - sample.inference.confidence)), np.random.default_rng(sample.inference.seed)
    unit = (terms.values - terms.low) / width
    mean = float(unit.mean())
    orders = [rng.permutation(unit) for _ in range(ORDERS)]
    stakes = [_in_batches(_stakes(order, needed)) for order in orders]
    gains = [_in_batches(order - mean) for order in orders]
    real = _in_batches(np.ones(len(unit)))
    below = _distance(gains, mean, stakes, real, needed)
    above = _distance([-gain for gain in gains], 1 - mean, stakes, real, needed)
    return below * width, above * width


def _stakes(unit: np.ndarray, needed: float) -> np.ndarray:
    """(n,) l_t."""
    n = len(unit)
    t = np.arange(1.0, n + 1)
    before = np.append(0.0, unit[:-1])
    sums, squares = np.cumsum(before), np.cumsum(before * before)
    squares -= sums * sums / np.maximum(t - 1, 1)
    variance = (VARIANCE_PRIOR + np.maximum(squares, 0.0)) / t
    return np.sqrt(2 * needed / (variance * n))


def _distance(gains: list[np.ndarray], room: float, stakes: list[np.ndarray], real: np.ndarray, needed: float) -> float:
    """The smallest d > 0 such that bets against a mean that is d lower reach the capital; `room` if none does."""

    def wealth(d: float) -> float:
        most = 1.0 / max(room - d, 1e-300)
        logs = [
            _log_capital(gain + d, np.minimum(stake, BOLDEST * most)) for gain, stake in zip(gains, stakes, strict=True)
        ]
        above = (gains[0] + d) * real
        fixed = [_log_capital(above, stake * most) for stake in STAKES[::2]]
        return _log_mean([*logs, _log_mean(fixed)]) - needed

    if room <= 0:
        return 0.0
    # First about as far as the normal interval would be, and no nearer than one bet could show.
    n = gains[0].size
    high = float(np.sqrt(2 * needed * (gains[0] * gains[0]).mean() / n))
    low, high = 0.0, min(max(high, 1e-3 * room / n), room)
    while wealth(high) < 0:
        if high >= room:
            return room
        low, high = high, min(2 * high, room)
    return crossing(wealth, low, high)


def _log_capital(above: np.ndarray, stakes: np.ndarray | float) -> float:
    bets = above * stakes
    bets += 1.0
    # Towards a mean of 0 a capital may leave the range of a float: it is more than enough.
    with np.errstate(over="ignore"):
        return float(np.log(bets.prod(axis=0)).sum())


def _log_mean(logs: list[float]) -> float:
    largest = max(logs)
    return largest + float(np.log(np.exp(np.array(logs) - largest).mean())) if np.isfinite(largest) else largest


def _in_batches(column: np.ndarray) -> np.ndarray:
    """(BATCH, n / BATCH), filled up with zeros."""
    return np.append(column, np.zeros(-len(column) % BATCH)).reshape(BATCH, -1)
