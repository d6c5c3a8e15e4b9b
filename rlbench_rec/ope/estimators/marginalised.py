"""Marginalised importance sampling: weights of what matters for the reward, in place of whole histories or actions.

States: the product of all earlier ratios is replaced by the ratio of the chances to be in the state at all. Categories:
the ratio of the logged action by that of all actions of its kind. Both trade variance for a bias that no interval
covers: that of estimated ratios, and that of rewards that depend on more than the category.
"""

from __future__ import annotations

import numpy as np

from ..data.evaluation_log import EvaluationLog
from .doubly_robust import q_and_v
from .episode_columns import Vectors
from .functionals import Part, Ratio, mean


def state_action_ratios(log: EvaluationLog) -> np.ndarray:
    """(n,) d_t rho_t: ratio of the chances to be in the row's state at its step, and to act as logged there."""
    assert log.state_ratios is not None, "Estimator.parts refuses a log without what the estimator needs"
    return log.state_ratios * log.ratios


def category_ratios(log: EvaluationLog) -> np.ndarray:
    """(n,) the two policies' probabilities of the logged action's category, one over the other."""
    target, behaviour = log.target_category_propensities, log.category_propensities
    assert target is not None and behaviour is not None, "Estimator.parts refuses a log without what is needed"
    return target / behaviour


def mis(log: EvaluationLog, outcome: np.ndarray) -> list[Part]:
    """mean_i sum_t gamma^t d_t rho_t r_t, d_t = d^e_t(s_t) / d^b_t(s_t) the ratio of the chances to be still in the
    session and in the state s_t at step t. Marginalised importance sampling, Xie, Ma and Wang 2019."""
    return [mean(log, log.discounts * state_action_ratios(log) * outcome)]


def drl(log: EvaluationLog, outcome: np.ndarray) -> list[Part]:
    """mean_i sum_t gamma^t [d_t rho_t (r_t - q_t) + d_{t-1} rho_{t-1} v_t], with 1 before the first step: `dr` by the
    ratios of `mis`. Double reinforcement learning, Kallus and Uehara 2020."""
    weights, (q, v) = state_action_ratios(log), q_and_v(log)
    before = np.append(1.0, weights[:-1])
    before[log.starts] = 1.0
    return [mean(log, log.discounts * (weights * (outcome - q) + before * v))]


def mips(log: EvaluationLog, outcome: np.ndarray) -> list[Part]:
    """mean_i [p_e(c|x) / p_b(c|x)] r, c the category of the logged action, one-step logs; no bias where the action
    matters through its category alone. Marginalised inverse propensity scores, Saito and Joachims 2022."""
    return [mean(log, category_ratios(log) * outcome)]


def snmips(log: EvaluationLog, outcome: np.ndarray) -> list[Part]:
    """`mips` over the mean of its weights: within the range of the rewards. One-step logs."""
    weights = category_ratios(log)
    return [Ratio(Vectors(weights * outcome, weights))]
