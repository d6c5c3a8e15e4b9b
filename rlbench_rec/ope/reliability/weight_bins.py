"""Are fitted weights right? In every part of a log that is told by states and steps alone, the mean of the ratios is 1.

A normaliser that is wrong in one direction and as wrong in the other elsewhere leaves the mean weight at 1, and every
figure that looks at weights as a whole. Bins see it. They also see errors that do no harm: how far an estimate moves
once the weights are right in every bin says which it is, and `Gate.trusted_bins_shift` may ask for that.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from ..data.evaluation_log import EvaluationLog
from ..estimators import Estimator
from ..estimators.functionals import column_means, total
from .gate import Gate

LEAST_LEFT = 0.05
"""Share of a direction's variance that the fit must leave: what parameters were fitted to holds nothing to test."""
NEGLIGIBLE = 1e-9


def bins_p_value(log: EvaluationLog) -> float:
    """The chance of bins as far from 1 as the log's, if the weights are right; 1 where there is nothing to test.

    m_b = mean over episodes of sum_t 1{row in b} W_{t-1} (rho_t - 1), which is 0 whatever the session did before. With
    S0 its covariance for given weights and S that with the error of fitted parameters, both by unit, the statistic is
    m' S^+ m within the directions in which S is at least 5 % of S0: chi-square with as many degrees of freedom.
    """
    from scipy.special import chdtrc

    if log.weight_bins is None or log.n_units < 2 or log.log_weights is not None:
        return 1.0
    given, fitted, means = _influences(log)
    covariances = [_covariance(psi, log.total_weight) for psi in (given, fitted)]
    variances, axes = np.linalg.eigh(covariances[0])
    axes = axes[:, variances > NEGLIGIBLE * variances.max(initial=0.0)]
    axes = axes / np.sqrt(np.einsum("ba,bc,ca->a", axes, covariances[0], axes))
    left, turned = np.linalg.eigh(axes.T @ covariances[1] @ axes)
    kept = left > LEAST_LEFT
    if not kept.any():
        return 1.0
    statistic = np.square(means @ axes @ turned[:, kept]) / left[kept]
    return float(chdtrc(float(kept.sum()), float(statistic.sum())))


def _influences(log: EvaluationLog) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(units, bins) for given weights, the same with the error of fitted parameters, and (bins,) m."""
    assert log.weight_bins is not None, "asked only of a log with bins"
    codes = np.unique(log.weight_bins, return_inverse=True)[1]
    bins, episodes = int(codes.max()) + 1, np.repeat(np.arange(log.n_episodes), log.lengths)
    before = log.importance_weights_before if log.weights is None else log.weights * log.importance_weights_before
    cells = np.bincount(episodes * bins + codes, before * (log.ratios - 1.0), log.n_episodes * bins)
    given = fitted = cells.reshape(log.n_episodes, bins)
    means = given.sum(axis=0) / log.total_weight
    gradients, influence = log.ratio_gradients, log.nuisance_influence
    if gradients is not None and influence is not None and gradients.shape[1]:
        # What W_{t-1} adds multiplies rho_t - 1, whose mean is 0.
        slopes = [np.bincount(codes, before * log.ratios * column, bins) for column in gradients.T]
        fitted = given + (influence - influence.mean(axis=0)) @ (np.stack(slopes) / log.total_weight)
    return _by_unit(log, given), _by_unit(log, fitted), means


def _by_unit(log: EvaluationLog, psi: np.ndarray) -> np.ndarray:
    if log.clusters is None:
        return psi
    return np.stack([np.bincount(log.clusters, column) for column in psi.T], axis=1)


def _covariance(psi: np.ndarray, total: float) -> np.ndarray:
    """(bins, bins) of the means."""
    centred = psi - psi.mean(axis=0)
    return centred.T @ centred * (len(psi) / (len(psi) - 1)) / total**2


def balanced(log: EvaluationLog) -> EvaluationLog:
    """The log with ratios that are right in every bin: multiplied there by sum W_{t-1} / sum W_{t-1} rho_t."""
    assert log.weight_bins is not None, "asked only of a log with bins"
    codes = np.unique(log.weight_bins, return_inverse=True)[1]
    before = log.importance_weights_before if log.weights is None else log.weights * log.importance_weights_before
    wanted, there = np.bincount(codes, before), np.bincount(codes, before * log.ratios)
    factors = np.divide(wanted, there, out=np.ones(len(wanted)), where=there > 0)
    return log.with_ratios(log.ratios * factors[codes])


class WeightBins:
    """What bins say of estimates from one log; the test is made once, and only if it is asked for.

    Args:
        log: the log.
        metric: the column of `log.metrics` that is valued, None for the reward.
    """

    def __init__(self, log: EvaluationLog, metric: int | None = None):
        self.log, self.metric = log, metric

    @cached_property
    def p_value(self) -> float:
        """See `bins_p_value`."""
        return bins_p_value(self.log)

    @cached_property
    def _balanced(self) -> EvaluationLog:
        return balanced(self.log)

    def doubt(self, estimator: Estimator, value: float, std_error: float, gate: Gate) -> str | None:
        """Why an estimate is not to be trusted; None where its weights pass, or where it would hardly change."""
        if not self.p_value < gate.trusted_bins_p or not std_error > 0:
            return None
        parts = estimator.parts(self._balanced, self.metric)
        shift = abs(float(total(parts, column_means(parts, self._balanced))) - value) / std_error
        if shift <= gate.trusted_bins_shift:
            return None
        what = f"the weights do not have mean 1 in every bin of states and steps (p = {self.p_value:.1g})"
        return f"{what}; if they had, the estimate would move by {shift:.2g} standard errors"
