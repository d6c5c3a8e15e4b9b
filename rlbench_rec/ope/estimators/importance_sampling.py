"""Importance-sampling estimators.

W_t is the product of the ratios rho_u = pi_e / pi_b of the logged actions up to step t; averages run over all episodes.
"""

from __future__ import annotations

import numpy as np

from ..data.evaluation_log import EvaluationLog
from .episode_columns import ByStep, Vectors
from .functionals import Mean, Part, Ratio, column_means, mean, normalised


def on_policy(log: EvaluationLog, outcome: np.ndarray) -> list[Part]:
    """mean_i sum_t gamma^t r_t: the behaviour policy's own value, without weights."""
    return [mean(log, log.discounts * outcome)]


def minus_on_policy(log: EvaluationLog, outcome: np.ndarray) -> list[Part]:
    """-mean_i sum_t gamma^t r_t: what a lift takes off."""
    return on_policy(log, -outcome)


def ips(log: EvaluationLog, outcome: np.ndarray) -> list[Part]:
    """mean_i sum_t gamma^t W_t r_t; unbiased. Per-decision importance sampling, Precup, Sutton and Singh 2000."""
    return [mean(log, log.discounts * log.weighted(outcome))]


def tis(log: EvaluationLog, outcome: np.ndarray) -> list[Part]:
    """mean_i W_T sum_t gamma^t r_t; unbiased. Trajectory-wise importance sampling, Precup, Sutton and Singh 2000."""
    returns = log.per_episode(log.discounts * outcome)
    terms = log.final_weights * returns
    if log.log_weights is not None:
        # A return of 0 is 0 under any weight, also under one that overflowed.
        terms[returns == 0] = 0.0
    return [Mean(Vectors(terms))]


def snips(log: EvaluationLog, outcome: np.ndarray) -> list[Part]:
    """sum_t mean_i gamma^t W_t r_t / mean_i W_min(t, last_i): self-normalised `ips`; consistent, within the range of
    the rewards. Swaminathan and Joachims 2015; carried weights as in Thomas and Brunskill 2016."""
    return [normalised(log, log.discounts * outcome)]


def ips_slopes(log: EvaluationLog, outcome: np.ndarray) -> np.ndarray | None:
    """(n,) dV / d log W_t of `ips`, row by row; None where weights are beyond the range of a float."""
    if log.log_weights is not None:
        return None
    return _counted(log, log.discounts * log.importance_weights * outcome)


def snips_slopes(log: EvaluationLog, outcome: np.ndarray) -> np.ndarray | None:
    """(n,) dV / d log W_t of `snips`, likewise: its columns are linear in the weights."""
    if log.log_weights is not None:
        return None
    part = normalised(log, log.discounts * outcome)
    gradient, columns = part.gradient(*column_means([part], log)), part.columns
    return _counted(log, columns.rows(gradient) if isinstance(columns, ByStep) else columns.project(gradient))


def _counted(log: EvaluationLog, rows: np.ndarray) -> np.ndarray:
    """(n,) rows as they enter a mean over episodes."""
    return (rows if log.weights is None else log.weights * rows) / log.total_weight


def sntis(log: EvaluationLog, outcome: np.ndarray) -> list[Part]:
    """mean_i W_T sum_t gamma^t r_t / mean_i W_T: self-normalised `tis`; consistent."""
    weights = log.scaled_final_weights
    return [Ratio(Vectors(weights * log.per_episode(log.discounts * outcome), weights))]


def ips_clip(log: EvaluationLog, outcome: np.ndarray, clip: float) -> list[Part]:
    """mean_i sum_t gamma^t min(W_t, clip) r_t; biased towards 0 for rewards above it. Ionides 2008."""
    return [mean(log, log.discounts * np.minimum(log.importance_weights, clip) * outcome)]


def sg_ips(log: EvaluationLog, outcome: np.ndarray, strength: float) -> list[Part]:
    """mean_i [w / (1 - strength + strength w)] r: subgaussian weights, one-step logs. Metelli et al. 2021."""
    return [mean(log, log.importance_weights / (1.0 - strength + strength * log.importance_weights) * outcome)]
