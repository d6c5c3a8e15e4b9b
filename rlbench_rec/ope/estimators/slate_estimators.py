"""Slates of items: a slate is an episode, its positions the steps, gamma 1.

With step propensities conditional on the positions above, the sequential estimators serve slates as they are: `sips`
is `tis` (whole slates), `rips` is `ips` (a position depends on those above), `cascade-dr` is `dr`. Here are those that
take each position's marginal propensity: by position, for rewards that depend on their own position's item alone (Li et
al. 2018; McInerney et al. 2020; Kiyohara et al. 2022), and by slate, for one reward that is a sum over positions of
which only the total is seen (Swaminathan et al. 2017).
"""

from __future__ import annotations

import numpy as np

from ..data.evaluation_log import EvaluationLog
from .episode_columns import ByStep, Vectors
from .functionals import Mean, Part, PositionRatios, Ratio, mean


def iips(log: EvaluationLog, outcome: np.ndarray) -> list[Part]:
    """mean_i sum_k w_ik r_ik, w_ik the ratio of the marginal probabilities at position k."""
    return [mean(log, log.discounts * log.ratios * outcome)]


def sniips(log: EvaluationLog, outcome: np.ndarray) -> list[Part]:
    """sum_k mean_i 1{i has k} [sum_i w_ik r_ik / sum_i w_ik]: `iips` divided by the mean weight at each position."""
    x = log.ratios * log.discounts * outcome
    if log.one_step:
        return [Ratio(Vectors(x, log.ratios))]
    return [PositionRatios(ByStep(log, x, log.ratios, np.ones(log.n_episodes)))]


def slate_ratios(log: EvaluationLog) -> np.ndarray:
    """(episodes,) pseudo-inverse weights: the log's `slate_weights`, else 1 + sum_k (w_ik - 1)."""
    return 1.0 + log.per_episode(log.ratios - 1.0) if log.slate_weights is None else log.slate_weights


def pseudo_inverse(log: EvaluationLog, outcome: np.ndarray) -> list[Part]:
    """mean_i [1 + sum_k (w_ik - 1)] R_i, R_i the reward of the whole slate, w_ik the ratio of the marginal
    probabilities at position k where the behaviour policy fills positions independently; other behaviour policies by
    `slate_weights`. Unbiased where R is a sum over positions of which only the total is seen. Swaminathan et al.
    2017."""
    return [Mean(Vectors(slate_ratios(log) * log.per_episode(log.discounts * outcome)))]


def sn_pseudo_inverse(log: EvaluationLog, outcome: np.ndarray) -> list[Part]:
    """`pseudo-inverse` over the mean of its weights; consistent under the same condition."""
    weights = slate_ratios(log)
    return [Ratio(Vectors(weights * log.per_episode(log.discounts * outcome), weights))]
