"""Power of t tests, of one claim or of several that must all be shown, and the sample that gives it.

A claim is shown where its estimate is more than c standard errors beyond its limit. With the truth `shift` standard
errors beyond it, that happens with probability P(T > c), T noncentral t with noncentrality `shift`: for small samples
less often than the normal approximation says.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np

N_DRAWS = 50_000
"""Of correlated normal variables: a power of .8 is then known to within .004 (two standard errors)."""
RIDGE = 1e-9
"""Added to the variances of correlated variables, so that copies of one another have a Cholesky factor too."""
MOST = 1e15
"""Times a sample: more is out of reach."""
LEAST_FACTOR = 0.25
"""Below it the expansion has left its range."""


def critical(degrees: np.ndarray | float, confidence: float) -> np.ndarray:
    """The upper limit's quantile of a two-sided interval: Student's, with so many degrees of freedom.

    Args:
        degrees: of freedom, above 0.
        confidence: of the interval, in (0, 1).
    """
    from scipy.special import stdtrit

    return np.asarray(stdtrit(degrees, (1 + confidence) / 2))


def t_power(shift: np.ndarray | float, degrees: np.ndarray | float, threshold: np.ndarray | float) -> np.ndarray:
    """P(T > threshold), T noncentral t: how often a claim is shown.

    Args:
        shift: how many standard errors the truth is beyond the limit; infinite where nothing varies.
        degrees: of freedom behind the standard error.
        threshold: c, in standard errors.
    """
    from scipy.special import nctdtr

    shift = np.asarray(shift, dtype=np.float64)
    # Its series ends far out, where the answer is 1 anyway.
    near = np.clip(shift, -30.0, 30.0 + np.asarray(threshold))
    return np.where(np.isnan(shift), np.nan, 1.0 - nctdtr(degrees, near, threshold))


def all_below(limits: np.ndarray, correlation: np.ndarray, seed: int = 0) -> float:
    """P(Z_k < limits_k for all k), Z normal with these correlations: exact for one claim, else from `N_DRAWS` draws.

    Args:
        limits: (K,).
        correlation: (K, K).
        seed: of the draws, which are the same for all limits, so that the answer is monotone in them.
    """
    from scipy.special import ndtr

    if len(limits) == 1:
        return float(ndtr(limits[0]))
    if not (limits > -np.inf).all():
        return 0.0
    factor = np.linalg.cholesky(correlation + RIDGE * np.eye(len(limits)))
    return float((_normal_draws(len(limits), seed) @ factor.T < limits).all(axis=1).mean())


@functools.lru_cache(maxsize=4)
def _normal_draws(count: int, seed: int) -> np.ndarray:
    """(N_DRAWS, count); a search for a sample asks for the same ones again and again."""
    return np.random.default_rng(seed).standard_normal((N_DRAWS, count))


def joint_power(
    shifts: np.ndarray,
    degrees: np.ndarray | float,
    correlation: np.ndarray,
    confidence: float,
    threshold: float | None = None,
    error_moments: np.ndarray | None = None,
) -> float:
    """How often all claims are shown: each has the power of its t test, and they go together as normal variables of
    these correlations do (a Gaussian copula).

    Of skewed data an estimate and its standard error rise and fall together: with U = s'^2 / s^2 - 1 the error of the
    squared standard error, the estimate is beyond c s' where Z - c U / 2 is beyond c - shift, whose variance is
    f = 1 - c cov(Z, U) + c^2 var(U) / 4. So the normal quantile of the power is divided by sqrt(f), over what f is of
    normal data, 1 + c^2 / (2 degrees), which the t test knows of.

    Args:
        shifts: (K,) standard errors from each limit to the truth.
        degrees: (K,) of freedom.
        correlation: (K, K) of the estimates.
        confidence: of two-sided intervals, of which one limit counts.
        threshold: c, where it is another one than Student's quantile.
        error_moments: (2, K) cov(Z, U) and var(U); None: those of normal data.
    """
    from scipy.special import ndtri

    limits = critical(degrees, confidence) if threshold is None else np.asarray(threshold)
    quantiles = ndtri(t_power(shifts, degrees, limits))
    if error_moments is not None:
        factors = 1.0 - limits * error_moments[0] + limits**2 * error_moments[1] / 4.0
        quantiles = quantiles * np.sqrt((1.0 + limits**2 / (2.0 * degrees)) / np.maximum(factors, LEAST_FACTOR))
    return all_below(quantiles, correlation)


def smallest_sample(power_of: Callable[[float], float], power: float, least: float) -> float:
    """The smallest sample, to nine digits, whose power is `power`; infinite where 1e15 times `least` is too
    small.

    Args:
        power_of: size of a sample -> its power, which grows with it.
        power: in (0, 1).
        least: the smallest sample that may be asked for.
    """
    if power_of(least) >= power:
        return least
    low, high = least, 2.0 * least
    while power_of(high) < power:
        low, high = high, 2.0 * high
        if high > MOST * least:
            return np.inf
    while high / low > 1.0 + 1e-9:
        middle = float(np.sqrt(low * high))
        low, high = (low, middle) if power_of(middle) >= power else (middle, high)
    return high


def standard_moments(influences: np.ndarray) -> np.ndarray:
    """(2, K) skewness and fourth standardised moment of (units, K) influences; 0 and 3 of what does not vary."""
    centred = influences - influences.mean(axis=0)
    spread = np.sqrt(np.square(centred).mean(axis=0))
    unit = np.divide(centred, spread, out=np.zeros_like(centred), where=spread > 0)
    return np.stack([(unit**3).mean(axis=0), np.where(spread > 0, (unit**4).mean(axis=0), 3.0)])


def correlations(influences: np.ndarray) -> np.ndarray:
    """(K, K) of (units, K) influences; what does not vary goes with nothing.

    Args:
        influences: how much each unit moves each estimate.
    """
    centred = influences - influences.mean(axis=0)
    lengths = np.sqrt(np.square(centred).sum(axis=0))
    unit = np.divide(centred, lengths, out=np.zeros_like(centred), where=lengths > 0)
    table = unit.T @ unit
    np.fill_diagonal(table, 1.0)
    return table
