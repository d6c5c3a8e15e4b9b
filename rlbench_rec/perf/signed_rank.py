"""Wilcoxon's signed-rank test of paired ratios, and the estimate and interval that belong to it.

Each pair holds two measurements taken one after the other, in an order that alternates. Where both sides are equally
fast, a pair's log ratio is as likely to be x as -x, whatever the noise: that symmetry is all the test needs, so a burst
of other work in one pair neither raises an alarm nor hides one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

CONFIDENCE = 0.95
FEWEST_PAIRS = 6
"""The least number of pairs that have an interval of that confidence: 2 / 2^n <= 1 - confidence."""


@dataclass(frozen=True)
class Ratio:
    """How many times as much the new side takes as the old.

    Attributes:
        estimate: Hodges and Lehmann's, the median of the means of every two log ratios, as a ratio.
        low, high: ends of the distribution-free interval of 95 %.
    """

    estimate: float
    low: float
    high: float


def ratio(old: np.ndarray, new: np.ndarray) -> Ratio:
    """Estimate the ratio new / old of paired positive measurements, at least `FEWEST_PAIRS` of them.

    The interval runs from the k-th smallest to the k-th largest mean of two log ratios, with the largest k for which
    P(T < k) <= (1 - confidence) / 2 (Hollander, Wolfe and Chicken 2014, section 3.3).
    """
    means = _means_of_two(old, new)
    below = np.cumsum(null_distribution(len(old)))
    k = int(np.searchsorted(below, (1 - CONFIDENCE) / 2, side="right"))
    return Ratio(*(math.exp(value) for value in (np.median(means), means[k - 1], means[-k])))


def p_value(old: np.ndarray, new: np.ndarray, factor: float) -> float:
    """Exact one-sided p of the hypothesis that new takes at most `factor` times what old takes.

    T counts the means of two log ratios (a ratio with itself included) that are above log(factor).
    """
    above = int(np.sum(_means_of_two(old, new) > math.log(factor)))
    return float(null_distribution(len(old))[above:].sum())


def null_distribution(n: int) -> np.ndarray:
    """P(T = t) for t = 0, ..., n (n + 1) / 2: each rank 1, ..., n counts or not, with chance 1/2."""
    chances = np.ones(1)
    for rank in range(1, n + 1):
        chances = (np.pad(chances, (0, rank)) + np.pad(chances, (rank, 0))) / 2
    return chances


def pairs_needed(hypotheses: int, alpha: float) -> int:
    """Pairs of which any one may fall on the wrong side by the smallest rank, and Holm's test of so many hypotheses
    can still reject all at level `alpha`: 2 / 2^n <= alpha / hypotheses."""
    return math.ceil(math.log2(2 * hypotheses / alpha))


def _means_of_two(old: np.ndarray, new: np.ndarray) -> np.ndarray:
    logs = np.log(np.asarray(new, dtype=np.float64) / np.asarray(old, dtype=np.float64))
    first, second = np.triu_indices(len(logs))
    return np.sort((logs[first] + logs[second]) / 2)
