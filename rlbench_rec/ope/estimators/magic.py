"""MAGIC: a blend of importance sampling for the first steps and a model for the rest. Thomas and Brunskill 2016."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...statistics.bootstrap import resampled_means
from ..data.evaluation_log import EvaluationLog
from .doubly_robust import q_and_v
from .episode_columns import EpisodeColumns
from .functionals import Part, column_means, gradients, linearised, normalised, total

BIAS_CONFIDENCE = 0.9
"""Level of the interval of `sndr` within which a blend's ingredient counts as unbiased."""


@dataclass(frozen=True)
class Blended:
    """A part of a blend, which knows the shares it was blended with."""

    part: Part
    chosen: dict[str, float]

    @property
    def columns(self) -> EpisodeColumns:
        """Those of the part."""
        return self.part.columns

    def value(self, means: np.ndarray) -> np.ndarray:
        """The part's value."""
        return self.part.value(means)

    def gradient(self, means: np.ndarray) -> np.ndarray:
        """The part's derivatives."""
        return self.part.gradient(means)


def magic(log: EvaluationLog, outcome: np.ndarray, steps: float, resamples: float, bias_seed: float) -> list[Part]:
    """sum_j x_j g_j: g_j follows `sndr` up to step j and trusts the model from there on (g_{-1} is `dm`, the last one
    `sndr`), and x >= 0, sum x = 1, minimises x' (Omega + b b') x. Omega is the covariance of the g_j by the delta
    method (the paper holds the normalisers fixed), b_j the distance of g_j from the 90 % bootstrap interval of `sndr`.
    The interval takes x as fixed; `Estimate.chosen` holds it.

    Args:
        log: the log.
        outcome: (n,) the reward.
        steps: how many steps j, evenly spaced up to the last, beside -1.
        resamples, bias_seed: of the bootstrap interval of `sndr`.
    """
    at = np.unique(np.linspace(0, log.horizon - 1, min(int(steps), log.horizon)).round().astype(int))
    blends = [_until(log, outcome, np.arange(log.horizon) <= j) for j in (-1, *at)]
    x = _shares(log, blends, int(resamples), int(bias_seed))
    # Step t counts with the shares of all j >= t.
    reached = np.array([x[1:][at >= t].sum() for t in range(log.horizon)])
    names = ["dm", *(f"to step {j}" for j in at[:-1]), "sndr"]
    return [Blended(part, dict(zip(names, x.tolist(), strict=True))) for part in _until(log, outcome, reached)]


def _until(log: EvaluationLog, outcome: np.ndarray, shares: np.ndarray) -> list[Part]:
    """`sndr` with a share of each correction: v_0 + sum_t gamma^t W_t [r_t - q_t + gamma v_{t+1}] share_t."""
    before = np.append(1.0, shares[:-1])
    q, v = q_and_v(log)
    residuals = log.discounts * (outcome - q) * shares[log.steps]
    values = log.discounts * v * before[log.steps]
    return [normalised(log, residuals), normalised(log, values, lag=1)]


def _shares(log: EvaluationLog, blends: list[list[Part]], resamples: int, seed: int) -> np.ndarray:
    """x: how much of each blend to take."""
    means = [column_means(parts, log) for parts in blends]
    values = np.array([total(parts, of_parts) for parts, of_parts in zip(blends, means, strict=True)])
    influences = [
        linearised(parts, gradients(parts, of_parts), of_parts, log.episode_weights)
        for parts, of_parts in zip(blends, means, strict=True)
    ]
    clusters = log.clusters
    of_units = influences if clusters is None else [np.bincount(clusters, psi) for psi in influences]
    of_blends = np.stack(of_units) / log.total_weight
    low, high = _interval(log, blends[-1], float(values[-1]), resamples, seed)
    bias = np.maximum(values - high, 0.0) - np.maximum(low - values, 0.0)
    error = of_blends @ of_blends.T + np.outer(bias, bias)
    if not np.isfinite(error).all():
        # Where sndr is not defined, neither is a blend with it: its value is NaN, with the reason.
        return np.append(np.zeros(len(values) - 1), 1.0)
    return _least(error)


def _interval(log: EvaluationLog, parts: list[Part], value: float, resamples: int, seed: int) -> tuple[float, float]:
    tables = [part.columns.matrix() for part in parts]
    draws = total(parts, resampled_means(tables, log.clusters, resamples, seed, weights=log.episode_weights))
    draws = draws[np.isfinite(draws)]
    if not len(draws):
        return np.nan, np.nan
    low, high = np.quantile(draws, [(1 - BIAS_CONFIDENCE) / 2, (1 + BIAS_CONFIDENCE) / 2])
    # As in the paper: bias is measured from sndr, so sndr has none, even where the few draws say otherwise.
    return min(float(low), value), max(float(high), value)


def _least(error: np.ndarray) -> np.ndarray:
    """argmin x' E x over x >= 0, sum x = 1: the direction of the solution of a non-negative least squares problem."""
    from scipy.optimize import nnls

    scale = np.trace(error)
    if scale <= 0:
        # Every blend is certain and unbiased: the last, which needs no model.
        return np.append(np.zeros(len(error) - 1), 1.0)
    values, vectors = np.linalg.eigh(error / scale)
    root = np.sqrt(np.maximum(values, 0.0))[:, None] * vectors.T
    ones = np.ones((1, len(error)))
    x, _ = nnls(np.concatenate([root, ones]), np.append(np.zeros(len(error)), 1.0))
    return x / x.sum()
