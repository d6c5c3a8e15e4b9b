"""The direct method, and doubly robust estimators: a model's values, corrected by weighted residuals.

q_t = q(s_t, a_t) and v_t = sum_a pi_e(a|s_t) q(s_t, a), from a model that never saw the row; w is the one-step weight.
"""

from __future__ import annotations

import numpy as np

from ..data.evaluation_log import EvaluationLog
from .episode_columns import Vectors
from .functionals import Mean, Part, mean, normalised


def q_and_v(log: EvaluationLog) -> tuple[np.ndarray, np.ndarray]:
    """(n,) q_t and (n,) v_t of a log that has them."""
    assert log.q_logged is not None and log.v_target is not None, "Estimator.parts refuses a log without q"
    return log.q_logged, log.v_target


def dm(log: EvaluationLog, outcome: np.ndarray) -> list[Part]:
    """mean_i v_0: the model alone; as good as the model, whose bias no interval covers."""
    return [Mean(Vectors(log.first(q_and_v(log)[1])))]


def dr(log: EvaluationLog, outcome: np.ndarray) -> list[Part]:
    """mean_i sum_t gamma^t [W_t (r_t - q_t) + W_{t-1} v_t]; unbiased with known propensities. Dudik, Langford and Li
    2011; Jiang and Li 2016."""
    q, v = q_and_v(log)
    terms = log.weighted(outcome - q) + log.weighted_before(v)
    return [mean(log, log.discounts * terms)]


def sndr(log: EvaluationLog, outcome: np.ndarray) -> list[Part]:
    """`dr` with both weights normalised as in `snips`; consistent. The weighted doubly robust estimator of Thomas and
    Brunskill 2016."""
    q, v = q_and_v(log)
    return [normalised(log, log.discounts * (outcome - q)), normalised(log, log.discounts * v, lag=1)]


def dr_clip(log: EvaluationLog, outcome: np.ndarray, clip: float) -> list[Part]:
    """mean v + min(w, clip) (r - q), one-step logs. Su et al. 2020."""
    return _one_step(log, outcome, np.minimum(log.importance_weights, clip))


def switch_dr(log: EvaluationLog, outcome: np.ndarray, threshold: float) -> list[Part]:
    """mean v + 1{w <= threshold} w (r - q), one-step logs; inclusive, not renormalised. Wang et al. 2017."""
    return _one_step(log, outcome, np.where(log.importance_weights <= threshold, log.importance_weights, 0.0))


def dros(log: EvaluationLog, outcome: np.ndarray, shrinkage: float) -> list[Part]:
    """mean v + [L w / (w^2 + L)] (r - q), L = shrinkage, one-step logs; L = inf is `dr`, 0 is `dm`. Su et al. 2020."""
    if shrinkage == 0:
        return dm(log, outcome)
    # Written so that an infinite shrinkage works.
    return _one_step(log, outcome, log.importance_weights / (1.0 + log.importance_weights**2 / shrinkage))


def sg_dr(log: EvaluationLog, outcome: np.ndarray, strength: float) -> list[Part]:
    """mean v + [w / (1 - strength + strength w)] (r - q), one-step logs. Metelli, Russo and Restelli 2021."""
    return _one_step(log, outcome, log.importance_weights / (1.0 - strength + strength * log.importance_weights))


def _one_step(log: EvaluationLog, outcome: np.ndarray, weights: np.ndarray) -> list[Part]:
    q, v = q_and_v(log)
    return [mean(log, v + weights * (outcome - q))]
