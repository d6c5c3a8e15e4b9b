"""Intervals by betting: values of the mean that a gambler would have grown rich by betting against are refuted.

Waudby-Smith and Ramdas 2024, "Estimating means of bounded random variables by betting". If the mean of terms x_t in
[0, 1] were m, the capital prod_t (1 + l_t (x_t - m)) would have expectation 1 whatever stakes l_t were chosen from
earlier terms, and would reach 1 / alpha at any time with probability at most alpha (Ville 1939).
"""

from __future__ import annotations

import math

import numpy as np

from .crossing import crossing
from .ranges import bounded_terms
from .sample import Limits, Sample

BOLDEST = 0.9
"""No bet may lose more than this share of the capital."""
BATCH = 8
"""The capital is looked at after every so many bets: logarithms are what takes time."""
VARIANCE_PRIOR = 0.01
"""Added to the sum of squares from which stakes are chosen: no term that is seen is no proof that nothing varies."""


def betting(sample: Sample) -> list[Limits]:
    """The hedged capital interval: half the capital bets that the mean is larger, half that it is smaller. Stakes suit
    this number of episodes; they are bet on in an order drawn from the seed, so that a sorted log does no harm."""
    return _limits(sample, sequence=False)


def betting_sequence(sample: Sample) -> list[Limits]:
    """The same as a confidence sequence, in the log's own order: intervals made after every row hold *together* with
    the given confidence, so a test may be watched daily and stopped at will."""
    return _limits(sample, sequence=True)


def _limits(sample: Sample, sequence: bool) -> list[Limits]:
    alpha, limits = 1.0 - sample.confidence, []
    for terms in bounded_terms(sample):
        values = terms.values if sequence else np.random.default_rng(sample.seed).permutation(terms.values)
        below, above = distances(values, terms.low, terms.high, alpha, sequence)
        limits.append(terms.around(below, above))
    return limits


def distances(terms: np.ndarray, low: float, high: float, alpha: float, sequence: bool) -> tuple[float, float]:
    """How far below and above their mean the interval of terms in [low, high] reaches.

    Args:
        terms: (n,) in the order of the bets.
        low, high: known range.
        alpha: 1 - confidence.
        sequence: whether it must hold at every number of terms.
    """
    if high <= low:
        return 0.0, 0.0
    unit = (terms - low) / (high - low)
    mean, stakes = float(unit.mean()), _stakes(unit, alpha, sequence)
    gains = unit - mean
    needed = math.log(2 / alpha)
    below, above = (_distance(sign * gains, room, stakes, needed) for sign, room in ((1, mean), (-1, 1 - mean)))
    return below * (high - low), above * (high - low)


def _stakes(unit: np.ndarray, alpha: float, sequence: bool) -> np.ndarray:
    """(n,) l_t = sqrt(2 log(2 / alpha) / (v_{t-1} n)), v the variance of the terms before; in a sequence t log(1 + t)
    stands for n."""
    n = len(unit)
    t = np.arange(1.0, n + 1)
    before = np.concatenate([[0.0], unit[:-1]])
    sums, squares = np.cumsum(before), np.cumsum(before * before)
    squares -= sums * sums / np.maximum(t - 1, 1)
    variance = (VARIANCE_PRIOR + np.maximum(squares, 0.0)) / t
    return np.sqrt(2 * math.log(2 / alpha) / (variance * (t * np.log1p(t) if sequence else n)))


def _distance(gains: np.ndarray, room: float, stakes: np.ndarray, needed: float) -> float:
    """The smallest d > 0 such that bets against a mean that is d lower reach the capital; `room` if none does."""
    gains, stakes = _in_batches(gains), _in_batches(stakes)

    def wealth(d: float) -> float:
        bets = np.minimum(stakes, BOLDEST / max(room - d, 1e-300))
        bets *= gains + d
        bets += 1.0
        return float(np.cumsum(np.log(bets.prod(axis=0))).max()) - needed

    if room <= 0 or wealth(0.0) >= 0:
        return 0.0
    # First about as far as the normal interval would be.
    low, high = 0.0, min(float(np.sqrt(2 * needed * (gains * gains).mean() / gains.size)), room)
    while wealth(high) < 0:
        if high >= room:
            return room
        low, high = high, min(2 * high, room)
    return crossing(wealth, low, high)


def _in_batches(column: np.ndarray) -> np.ndarray:
    """(BATCH, n / BATCH), terms in time order down the columns, zeros (no bet) at the end."""
    padded = np.append(column, np.zeros(-len(column) % BATCH))
    return np.ascontiguousarray(padded.reshape(-1, BATCH).T)
