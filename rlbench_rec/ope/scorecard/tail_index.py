"""How heavy the tail of the weights is. Shown, never gated on: logs that two rows decide have passed it."""

from __future__ import annotations

import numpy as np

from ...tolerances import LAST_DIGITS
from ..data.evaluation_log import EvaluationLog

FEWEST = 5
"""Exceedances; with fewer no tail is fitted."""


def pareto_k(log: EvaluationLog) -> float:
    """Shape k of a generalised Pareto distribution fitted to the largest min(N / 5, 3 sqrt(N)) last weights of N.

    Moments of order 1 / k and above are infinite in such a tail; above 0.7 an importance-weighted mean is
    considered unusable (Vehtari et al. 2024). Fitted as by Zhang and Stephens 2009, drawn towards 0.5 by ten
    observations. NaN where the largest weights are alike, so that there is no tail, or overflow.
    """
    return tail_shape(log.times_weights(log.scaled_final_weights), log.n_episodes)


def exceedances(number: int) -> int:
    """How many of so many weights are the tail."""
    return int(min(number // 5, 3 * np.sqrt(number)))


def tail_shape(largest: np.ndarray, number: int) -> float:
    """`pareto_k` of so many weights, of which the `exceedances` largest and the next one below are needed."""
    weights, count = np.sort(largest), exceedances(number)
    if count < FEWEST or not np.isfinite(weights[-1]):
        return np.nan
    above = weights[-count:] - weights[-count - 1]
    above = above[above > LAST_DIGITS * weights[-1]]
    return _shape(above) if len(above) >= FEWEST else np.nan


def _shape(above: np.ndarray) -> float:
    """(m,) ascending exceedances, all > 0."""
    m = len(above)
    quarter, points = above[int(m / 4 + 0.5) - 1], 30 + int(np.sqrt(m))
    theta = 1.0 / above[-1] + (1.0 - np.sqrt(points / (np.arange(points) + 0.5))) / (3.0 * quarter)
    # At 0 the distribution is exponential, and the formula 0 / 0.
    theta = theta[np.abs(theta) * above[-1] > 1e-9]
    shapes = np.array([np.log1p(-candidate * above).mean() for candidate in theta])
    logs = m * (np.log(-theta / shapes) - shapes - 1.0)
    share = np.exp(logs - logs.max())
    best = float((theta * share).sum() / share.sum())
    return float((m * np.log1p(-best * above).mean() + 10 * 0.5) / (m + 10))
