"""The error of fitted parameters in an estimate: weights that depend on them, and how each episode moved them.

Let the ratios of a log depend on parameters theta, fitted on its episodes with influence nu_i: theta-hat - theta is
mean_i nu_i up to smaller terms. An estimate V(theta-hat) then has the influence psi_i + G' nu_i, psi that of the
estimator for given weights and G = dV / dtheta (M-estimation: Newey and McFadden 1994, theorem 6.1). The second part is
one more mean over episodes, of value 0.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..data.evaluation_log import EvaluationLog
from .episode_columns import Vectors
from .functionals import Mean, Part, column_means, total

STEP = 1e-3
"""By how much the log of a typical episode's weight is moved, either way; the error of a central difference is of the
order of its square."""


def nuisance(
    log: EvaluationLog,
    compute: Callable[[EvaluationLog], list[Part]],
    by_row: np.ndarray | None = None,
) -> list[Part]:
    """[mean_i G' nu_i], of value 0; nothing where a log has no fitted parameters.

    Args:
        log: with `ratio_gradients` and `nuisance_influence`.
        compute: the estimator's parts on a log; its value is differentiated by central differences.
        by_row: (n,) dV / d log W_t of each row, where it is known: one pass in place of two a parameter.
    """
    influence, gradients = log.nuisance_influence, log.ratio_gradients
    if influence is None or gradients is None or not influence.shape[1]:
        return []
    if by_row is None or not np.isfinite(by_row).all():
        slopes = np.array([_slope(log, compute, column) for column in gradients.T])
    else:
        slopes = _onwards(log, by_row) @ gradients
    terms = np.zeros(log.n_episodes)
    for slope, column in zip(slopes, influence.T, strict=True):
        if slope != 0.0:
            terms += slope * column
    return [Mean(Vectors(terms - log.times_weights(terms).sum() / log.total_weight))]


def _slope(log: EvaluationLog, compute: Callable[[EvaluationLog], list[Part]], gradients: np.ndarray) -> float:
    """dV / dtheta of one parameter; 0 where the value does not depend on it, or is not defined."""
    typical = float(np.sqrt(np.mean(np.square(log.per_episode(gradients)))))
    if typical == 0.0:
        return 0.0
    step = STEP / typical
    ahead, behind = (_value(log, log.ratios * np.exp(sign * step * gradients), compute) for sign in (1.0, -1.0))
    slope = (ahead - behind) / (2.0 * step)
    return slope if np.isfinite(slope) else 0.0


def _onwards(log: EvaluationLog, rows: np.ndarray) -> np.ndarray:
    """(n,) sums of rows from each one on to the end of its episode: rho_t is a factor of W_t and of all later ones."""
    sums = np.cumsum(rows)
    return np.repeat(log.last(sums), log.lengths) - sums + rows


def _value(log: EvaluationLog, ratios: np.ndarray, compute: Callable[[EvaluationLog], list[Part]]) -> float:
    moved = log.with_ratios(ratios)
    parts = compute(moved)
    return float(total(parts, column_means(parts, moved)))
