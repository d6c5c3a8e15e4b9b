"""Tests of lifts, and their adjustment where many are made."""

from __future__ import annotations

import numpy as np

from ..tolerances import LAST_DIGITS, LONG_SUM


def tail(value: float, std_error: float, units: int, against: float = 0.0, *, scale: float = 0.0) -> float:
    """One-sided p of the hypothesis that the true value is at most `against`: P(T > (value - against) / std_error), T
    Student's with units - 1 degrees of freedom. A value that does not vary is known. NaN where it is not defined.

    Args:
        value, std_error: of an estimate.
        units: how many episodes, users or blocks it rests on.
        against: the largest value under the hypothesis.
        scale: how large the numbers are that the value is the difference of.
    """
    from scipy.special import stdtr

    apart = value - against
    if not np.isfinite(apart) or not np.isfinite(std_error) or units < 2:
        return np.nan
    if std_error <= LAST_DIGITS * max(abs(value), abs(against)):
        return 0.0 if apart > LONG_SUM * max(abs(value), abs(against), scale) else 1.0
    return float(stdtr(units - 1, -apart / std_error))


def two_sided(value: float, std_error: float, units: int, *, scale: float = 0.0) -> float:
    """p of the hypothesis that the true value is 0."""
    above, below = (tail(sign * value, std_error, units, scale=scale) for sign in (1.0, -1.0))
    return float(min(1.0, 2.0 * min(above, below))) if np.isfinite(above) else np.nan


def holm(p_values: np.ndarray) -> np.ndarray:
    """Holm's step-down adjustment (1979): (m - rank + 1) p, made monotone, at most 1. NaN stays and does not count."""
    p = np.asarray(p_values, dtype=np.float64)
    adjusted = np.full(len(p), np.nan)
    known = np.flatnonzero(~np.isnan(p))
    order = known[np.argsort(p[known], kind="stable")]
    scaled = p[order] * np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(scaled), 1.0)
    return adjusted
