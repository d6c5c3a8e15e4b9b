"""Statistics over seeds and against the logging policy."""

from __future__ import annotations

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


def holm(p_values: np.ndarray) -> np.ndarray:
    """Holm's step-down adjustment (1979): (m - rank + 1) p, made monotone, at most 1. NaN stays and does not count."""
    p = np.asarray(p_values, dtype=np.float64)
    adjusted = np.full(len(p), np.nan)
    known = np.flatnonzero(~np.isnan(p))
    order = known[np.argsort(p[known], kind="stable")]
    scaled = p[order] * np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(scaled), 1.0)
    return adjusted


def probability_of_improvement(x: np.ndarray, y: np.ndarray) -> float:
    """P(X > Y) + P(X = Y) / 2 over all pairs of runs (Agarwal et al. 2021; the Mann-Whitney statistic over n m)."""
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    difference = np.sign(x[:, None] - y[None, :])
    return float((difference.mean() + 1.0) / 2.0)


def normal_tail(z: float) -> float:
    """P(Z > z) for a standard normal Z."""
    from math import erfc, sqrt

    return 0.5 * erfc(z / sqrt(2.0))


def student_quantile(level: float, degrees: int) -> float:
    """The quantile of Student's t."""
    from scipy.special import stdtrit

    return float(stdtrit(degrees, level))
