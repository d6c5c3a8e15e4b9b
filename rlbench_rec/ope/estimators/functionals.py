"""The common form of every estimator: a smooth function of means over episodes.

An estimator returns *parts*; its value is their sum. Each part holds per-episode columns whose means over all episodes
determine it. Because resampling episodes only changes those means, the bootstrap, the delta-method standard error,
clustering by user and joint intervals of several estimators all follow from this one form.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ..data.evaluation_log import EvaluationLog
from .episode_columns import ByStep, EpisodeColumns, Vectors


class Part(Protocol):
    """A smooth function of the means of some columns; an estimator is a sum of such parts."""

    @property
    def columns(self) -> EpisodeColumns:
        """What the means are of."""
        ...

    def value(self, means: np.ndarray) -> np.ndarray:
        """(..., K) means -> (...) values."""
        ...

    def gradient(self, means: np.ndarray) -> np.ndarray:
        """(K,) means -> (K,) derivatives."""
        ...


@dataclass(frozen=True)
class Mean:
    """mean_i x_i. Columns: x."""

    columns: EpisodeColumns

    def value(self, means: np.ndarray) -> np.ndarray:
        """(..., 1) means -> (...) values."""
        return means[..., 0]

    def gradient(self, means: np.ndarray) -> np.ndarray:
        """(1,) means -> (1,) derivatives."""
        return np.ones(1)


@dataclass(frozen=True)
class Ratio:
    """mean_i x_i / mean_i w_i. Columns: x, w."""

    columns: EpisodeColumns

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
    nothing cancels.
    """

    columns: EpisodeColumns

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
            by_active = -(x / normaliser) * by_x
        # The last weight of an episode that ends at t stands in the normaliser of every later step.
        later = np.cumsum(by_active[::-1])[::-1]
        return np.concatenate([by_x, by_active, np.append(later[1:], 0.0)])

    @staticmethod
    def _split(means: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        x, active, ended = np.split(means, 3, axis=-1)
        carried = np.cumsum(ended, axis=-1)
        shifted = np.concatenate([np.zeros_like(carried[..., :1]), carried[..., :-1]], axis=-1)
        return x, active + shifted


@dataclass(frozen=True)
class PositionRatios:
    """sum_t (mean_i 1{i has t}) mean_i x_it / mean_i w_it. Columns, T each: x_it; w_it; 1 where the last step is t."""

    columns: EpisodeColumns

    def value(self, means: np.ndarray) -> np.ndarray:
        """(..., 3 T) means -> (...) values; 0/0 at any step is NaN."""
        x, weights, present = self._split(means)
        with np.errstate(divide="ignore", invalid="ignore"):
            return (present * (x / weights)).sum(axis=-1)

    def gradient(self, means: np.ndarray) -> np.ndarray:
        """(3 T,) means -> (3 T,) derivatives."""
        x, weights, present = self._split(means)
        with np.errstate(divide="ignore", invalid="ignore"):
            by_x = present / weights
            ratios = x / weights
        # An episode that ends at t has the positions 0 … t.
        return np.concatenate([by_x, -ratios * by_x, np.cumsum(ratios)])

    @staticmethod
    def _split(means: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        x, weights, ended = np.split(means, 3, axis=-1)
        return x, weights, np.cumsum(ended[..., ::-1], axis=-1)[..., ::-1]


def column_means(parts: list[Part], log: EvaluationLog) -> list[np.ndarray]:
    """For each part: (K,) means of its columns over the episodes of a log, weighted where the log has row weights."""
    return [part.columns.sums(log.episode_weights) / log.total_weight for part in parts]


def total(parts: list[Part], means: list[np.ndarray]) -> np.ndarray:
    """The value of an estimator: (..., K) means of each part -> (...)."""
    return sum((part.value(mean) for part, mean in zip(parts, means, strict=True)), start=np.zeros(()))


def gradients(parts: list[Part], means: list[np.ndarray]) -> list[np.ndarray]:
    """For each part: (K,) derivatives of its value in the means."""
    return [part.gradient(mean) for part, mean in zip(parts, means, strict=True)]


def linearised(
    parts: list[Part], slopes: list[np.ndarray], means: list[np.ndarray], weights: np.ndarray | None
) -> np.ndarray:
    """(episodes,) psi: the delta-method influence of each episode, from the gradients and means of the whole log, times
    its weight where it has one."""
    psi = parts[0].columns.project(slopes[0])
    for part, slope in zip(parts[1:], slopes[1:], strict=True):
        psi += part.columns.project(slope)
    psi -= sum(mean @ slope for mean, slope in zip(means, slopes, strict=True))
    if weights is not None:
        psi *= weights
    return psi


def mean(log: EvaluationLog, rows: np.ndarray) -> Mean:
    """mean over episodes of the episode's sum of `rows`, an (n,) vector."""
    return Mean(Vectors(log.per_episode(rows)))


def normalised(log: EvaluationLog, values: np.ndarray, *, lag: int = 0) -> Part:
    """sum_t mean_i W_{t - lag} values_t / mean_i W_min(t - lag, last_i), with W_{-1} = 1.

    Args:
        log: gives the weights.
        values: (n,) what is weighted, discount included.
        lag: 0, or 1 to weigh by the step before (the v term of doubly robust estimators).
    """
    if log.one_step:
        return Mean(Vectors(values)) if lag else Ratio(Vectors(log.importance_weights * values, log.importance_weights))
    if log.log_weights is not None:
        return StepRatios(_rescaled_columns(log, values, lag))
    weights = log.importance_weights_before if lag else log.importance_weights
    return StepRatios(ByStep(log, weights * values, weights, log.final_weights))


def _rescaled_columns(log: EvaluationLog, values: np.ndarray, lag: int) -> Vectors:
    """The same ratios with weights divided by the largest of their step. The normaliser of a step is then one dense
    column that holds finished episodes too, since each step has its own scale; the third block stays empty."""
    assert log.log_weights is not None, "asked only of a log with weights beyond the range of a float"
    last = (log.starts + log.lengths - 1)[:, None]
    carried = log.log_weights[np.minimum(log.starts[:, None] + np.arange(log.horizon) - lag, last)]
    if lag:
        carried[:, 0] = 0.0
    largest = carried.max(axis=0)
    weights = np.exp(carried - np.where(np.isfinite(largest), largest, 0.0))
    x = np.zeros_like(weights)
    episodes = np.repeat(np.arange(log.n_episodes), log.lengths)
    x[episodes, log.steps] = weights[episodes, log.steps] * values
    return Vectors(*x.T, *weights.T, *np.zeros_like(x).T)
