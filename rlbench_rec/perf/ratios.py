"""Ratios of paired measurements: the median, its interval, and the sign test, which assume nothing about the noise.

Each pair holds two measurements taken one after the other. If the true ratio were at most some factor, a pair would
exceed it with a chance of at most one half: that is all the test needs. How far it exceeds it does not count, so a
burst of other work in one pair neither raises an alarm nor hides one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

CONFIDENCE = 0.95
FEWEST_PAIRS = 6
"""The least number of pairs that have an interval of that confidence: 2 / 2^n <= 1 - confidence."""


@dataclass(frozen=True)
class PairedRatio:
    """How many times as much the new side takes as the old.

    Attributes:
        median: over pairs.
        low, high: ends of an interval that holds the true median with at least 95 %.
    """

    median: float
    low: float
    high: float


def ratio(old: np.ndarray, new: np.ndarray) -> PairedRatio:
    """The ratio new / old of paired positive measurements, at least `FEWEST_PAIRS` of them.

    The interval runs from the k-th smallest to the k-th largest ratio, with the largest k for which a binomial count
    of n fair coins is below k with a chance of at most (1 - confidence) / 2 (Conover 1999, section 3.2).
    """
    ratios = np.sort(new / old)
    n = len(ratios)
    k = max(k for k in range(1, n) if _at_least(n - k + 1, n) <= (1 - CONFIDENCE) / 2)
    return PairedRatio(float(np.median(ratios)), float(ratios[k - 1]), float(ratios[-k]))


def p_value(old: np.ndarray, new: np.ndarray, factor: float) -> float:
    """Exact p of the hypothesis that new takes at most `factor` times as much as old, by the sign test."""
    return _at_least(int(np.sum(new > factor * old)), len(old))


def pairs_needed(hypotheses: int, level: float) -> int:
    """The fewest pairs with which Holm's test of so many hypotheses can reject all, though one pair of each is on the
    wrong side: (n + 1) / 2^n <= level / hypotheses."""
    n = 1
    while (n + 1) / 2**n > level / hypotheses:
        n += 1
    return n


def _at_least(count: int, n: int) -> float:
    """Chance of so many heads or more among n fair coins."""
    return sum(math.comb(n, heads) for heads in range(count, n + 1)) / 2.0**n
