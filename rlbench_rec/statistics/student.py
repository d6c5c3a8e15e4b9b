"""Statistics over seeds and against the behaviour policy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


def iqm(values: np.ndarray) -> float:
    """Interquartile mean: the mean of the middle half, edge values counted in part (Agarwal et al. 2021).

    With n sorted values, n / 4 of weight is taken off either end; 25 % trimming is then exact for every n.
    """
    ordered = np.sort(np.asarray(values, dtype=np.float64))
    n = len(ordered)
    if n == 0:
        return np.nan
    edges = np.arange(n + 1)
    weights = np.clip(np.minimum(edges[1:], 0.75 * n) - np.maximum(edges[:-1], 0.25 * n), 0.0, None)
    return float(weights @ ordered / weights.sum())


@dataclass(frozen=True)
class Error:
    """What is uncertain about an estimate.

    Attributes:
        variance: squared standard error.
        degrees: of freedom behind that variance; infinite where it counts as known.
    """

    variance: float
    degrees: float = np.inf

    def __add__(self, other: Error) -> Error:
        """Of a sum or difference of independent estimates: v = v1 + v2 has v^2 / (v1^2 / d1 + v2^2 / d2) degrees
        (Welch 1947, Satterthwaite 1946)."""
        variance = self.variance + other.variance
        doubt = self.variance**2 / self.degrees + other.variance**2 / other.degrees
        return Error(variance, np.inf if doubt == 0 else variance**2 / doubt)

    def half_width(self, confidence: float) -> float:
        """Of the interval: Student's quantile times the standard error."""
        return student_quantile((1 + confidence) / 2, self.degrees) * self.variance**0.5

    def tail(self, distance: float) -> float:
        """P(T > distance / standard error); an error of 0 makes every distance but 0 certain."""
        if self.variance == 0:
            return 0.5 - 0.5 * float(np.sign(distance))
        return student_tail(distance / self.variance**0.5, self.degrees)


def student_tail(t: float, degrees: float) -> float:
    """P(T > t) for Student's T; normal for infinite degrees."""
    from scipy.special import stdtr

    return float(stdtr(degrees, -t))


def student_quantile(level: float, degrees: float) -> float:
    """The quantile of Student's t; normal for infinite degrees."""
    from scipy.special import stdtrit

    return float(stdtrit(degrees, level))
