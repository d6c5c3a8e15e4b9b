"""The common form of every estimator: a smooth function of means over episodes.

An estimator returns *parts*; its value is their sum. Each part holds per-episode columns whose means over all episodes
determine it. Because resampling episodes only changes those means, the bootstrap, the delta-method standard error,
clustering by user and joint intervals of several estimators all follow from this one form.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .log import EvaluationLog
from .weights import cumulative_log_weights

LARGEST_PLAIN_WEIGHT = 1e150
"""Beyond this, or below its inverse, products of weights are rescaled per step before they are normalised."""


@dataclass(frozen=True)
class Mean:
    """mean_i x_i. Columns: x."""

    columns: Any

    def value(self, means: np.ndarray) -> np.ndarray:
        """(..., 1) means -> (...) values."""
        return means[..., 0]

    def gradient(self, means: np.ndarray) -> np.ndarray:
        """(1,) means -> (1,) derivatives."""
        return np.ones(1)


@dataclass(frozen=True)
class Ratio:
    """mean_i x_i / mean_i w_i. Columns: x, w."""

    columns: Any

    def value(self, means: np.ndarray) -> np.ndarray:
        """(..., 2) means -> (...) values; 0/0 is NaN."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return means[..., 0] / means[..., 1]

    def gradient(self, means: np.ndarray) -> np.ndarray:
        """(2,) means -> (2,) derivatives."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.array([1.0, -means[0] / means[1]]) / means[1]


@dataclass(frozen=True)
class StepRatios:
    """sum_t mean_i x_it / mean_i W_i,min(t, last_i): a finished episode keeps its last weight in the normaliser.

    Columns, T each: x_it; the weight at t of episodes that have a step t; the last weight of episodes whose last step
    is t. The normaliser at t is the sum of the second at t and of the third before t: sums of positive terms only, so
    nothing cancels. The columns are a scipy.sparse matrix with one entry a row of the log.
    """

    columns: Any

    def value(self, means: np.ndarray) -> np.ndarray:
        """(..., 3 T) means -> (...) values; 0/0 at any step is NaN."""
        x, normaliser = self._split(means)
        with np.errstate(divide="ignore", invalid="ignore"):
            return (x / normaliser).sum(axis=-1)

    def gradient(self, means: np.ndarray) -> np.ndarray:
        """(3 T,) means -> (3 T,) derivatives."""
        x, normaliser = self._split(means)
        with np.errstate(divide="ignore", invalid="ignore"):
            by_x = 1.0 / normaliser
            by_active = -x / normaliser**2
        # The last weight of an episode that ends at t stands in the normaliser of every later step.
        later = np.cumsum(by_active[::-1])[::-1]
        return np.concatenate([by_x, by_active, np.append(later[1:], 0.0)])

    @staticmethod
    def _split(means: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        x, active, ended = np.split(means, 3, axis=-1)
        carried = np.cumsum(ended, axis=-1)
        shifted = np.concatenate([np.zeros_like(carried[..., :1]), carried[..., :-1]], axis=-1)
        return x, active + shifted


Part = Mean | Ratio | StepRatios


def mean(log: EvaluationLog, rows: np.ndarray) -> Mean:
    """mean over episodes of the episode's sum of `rows`, an (n,) vector."""
    return Mean(log.per_episode(rows)[:, None])


def normalised(log: EvaluationLog, values: np.ndarray, *, lag: int = 0) -> Part:
    """sum_t mean_i W_{t - lag} values_t / mean_i W_min(t - lag, last_i), with W_{-1} = 1.

    Args:
        log: gives the weights.
        values: (n,) what is weighted, discount included.
        lag: 0, or 1 to weigh by the step before (the v term of doubly robust estimators).
    """
    if log.one_step:
        return Mean(values[:, None]) if lag else Ratio(np.stack([log.weights * values, log.weights], axis=1))
    horizon = int(log.lengths.max())
    extreme = log.weights[log.weights > 0]
    fits = extreme.size == 0 or (extreme.max() < LARGEST_PLAIN_WEIGHT and extreme.min() > 1 / LARGEST_PLAIN_WEIGHT)
    build = _plain_columns if fits and not _underflows(log) else _rescaled_columns
    return StepRatios(build(log, values, lag, horizon))


def _underflows(log: EvaluationLog) -> bool:
    """Whether a product of positive ratios became 0."""
    if (log.ratios > 0).all():
        return not (log.weights > 0).all()
    return bool(np.isfinite(cumulative_log_weights(log.ratios, log.starts, log.lengths))[log.weights == 0].any())


def _plain_columns(log: EvaluationLog, values: np.ndarray, lag: int, horizon: int) -> Any:
    from scipy import sparse

    last = log.starts + log.lengths - 1
    weights = log.weights_before if lag else log.weights
    episodes = np.repeat(np.arange(log.n_episodes), log.lengths)
    entries = np.concatenate([weights * values, weights, log.weights[last]])
    rows = np.concatenate([episodes, episodes, np.arange(log.n_episodes)])
    columns = np.concatenate([log.steps, log.steps + horizon, log.steps[last] + 2 * horizon])
    return sparse.csr_array((entries, (rows, columns)), shape=(log.n_episodes, 3 * horizon))


def _rescaled_columns(log: EvaluationLog, values: np.ndarray, lag: int, horizon: int) -> Any:
    """The same ratios with weights divided by the largest of their step. The normaliser of a step is then one dense
    column that holds finished episodes too, since each step has its own scale; the third block stays empty."""
    from scipy import sparse

    logs = cumulative_log_weights(log.ratios, log.starts, log.lengths)
    last = (log.starts + log.lengths - 1)[:, None]
    steps = np.arange(horizon)
    carried = logs[np.minimum(log.starts[:, None] + steps - lag, last)]
    if lag:
        carried[:, 0] = 0.0
    largest = carried.max(axis=0)
    weights = np.exp(carried - np.where(np.isfinite(largest), largest, 0.0))
    x = np.zeros_like(weights)
    episodes = np.repeat(np.arange(log.n_episodes), log.lengths)
    x[episodes, log.steps] = weights[episodes, log.steps] * values
    return sparse.csr_array(np.concatenate([x, weights, np.zeros_like(x)], axis=1))
