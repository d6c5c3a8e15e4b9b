"""Aggregates of scores over tasks and their replicates, with a stratified bootstrap (Agarwal et al. 2021).

Scores are arrays (..., tasks, replicates) on one scale for all tasks. A cell that is not a number has no score: it
counts in nothing, and every task counts alike, however many scores it has.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from .paired import gains_over

Aggregate = Callable[[np.ndarray], np.ndarray]
"""(..., tasks, replicates) -> (...)."""


def interquartile_mean(scores: np.ndarray) -> np.ndarray:
    """The mean of the middle half of all scores, edge scores counted in part. The weight of a score is one over the
    number of scores that its task has."""
    known = np.isfinite(scores)
    weights = np.where(known, 1.0 / np.maximum(known.sum(axis=-1, keepdims=True), 1), 0.0)
    shape = (*scores.shape[:-2], -1)
    flat, weights = np.where(known, scores, 0.0).reshape(shape), weights.reshape(shape)
    order = np.argsort(np.where(known.reshape(shape), flat, np.inf), axis=-1, kind="stable")
    flat, weights = np.take_along_axis(flat, order, axis=-1), np.take_along_axis(weights, order, axis=-1)
    ends = np.cumsum(weights, axis=-1)
    total = ends[..., -1:]
    inside = np.minimum(ends, 0.75 * total) - np.maximum(ends - weights, 0.25 * total)
    kept = np.clip(inside, 0.0, None)
    return _ratio((kept * flat).sum(axis=-1), kept.sum(axis=-1))


def median_of_tasks(scores: np.ndarray) -> np.ndarray:
    """The median over tasks of each task's mean."""
    means = mean_of_known(scores)
    counts = np.isfinite(means).sum(axis=-1)
    ordered = np.sort(means, axis=-1)
    middle = [np.maximum(place, 0)[..., None] for place in ((counts - 1) // 2, counts // 2)]
    low, high = (np.take_along_axis(ordered, place, axis=-1)[..., 0] for place in middle)
    return np.where(counts > 0, (low + high) / 2, np.nan)


def mean_over_tasks(scores: np.ndarray) -> np.ndarray:
    """The mean over tasks of each task's mean."""
    return mean_of_known(mean_of_known(scores))


def mean_of_known(scores: np.ndarray) -> np.ndarray:
    """The mean of the last axis over the numbers in it; NaN where there is none."""
    known = np.isfinite(scores)
    return _ratio(np.where(known, scores, 0.0).sum(axis=-1), known.sum(axis=-1))


def better(scores: np.ndarray, others: np.ndarray) -> np.ndarray:
    """1 where a score is higher than the other of the same task and replicate, 1/2 where they are equal, else 0; its
    `mean_over_tasks` is the probability of being better in a replicate of a task drawn at random.

    Agarwal et al. compare every run of one policy with every run of the other, since their runs have nothing in common;
    here both are played in the same shop, so they are compared there.
    """
    return np.where(np.isfinite(scores - others), (np.sign(gains_over(scores, others)) + 1.0) / 2.0, np.nan)


class StratifiedBootstrap:
    """Resamples of the replicates of each task: the same for all scores of a board, whatever other scores it has.

    Within a task R - 1 of its R replicates are drawn with replacement, so that the variance of its mean over resamples
    is s^2 / R in the mean, s^2 the unbiased variance over replicates; R draws would understate it by (R - 1) / R (Rao
    and Wu 1988). A task of one replicate has nothing to draw from, and no limits.

    Args:
        sizes: replicates of each task.
        n_resamples: how many.
        seed: of the draws.
    """

    def __init__(self, sizes: Sequence[int], n_resamples: int = 2_000, seed: int = 0) -> None:
        self.sizes, rng = tuple(sizes), np.random.default_rng(seed)
        width = max(self.sizes, default=0)
        # The place after the last holds no score.
        self._draws = np.full((n_resamples, len(self.sizes), max(width - 1, 1)), width)
        for task, size in enumerate(self.sizes):
            self._draws[:, task, : size - 1] = rng.integers(0, size, (n_resamples, size - 1))

    def __call__(self, scores: np.ndarray, aggregate: Aggregate) -> np.ndarray:
        """(n_resamples, ...) aggregates of (tasks, replicates) scores; NaN where a task has no two replicates.

        Args:
            scores: (tasks, replicates), no more replicates than `sizes` has.
            aggregate: what is resampled.
        """
        if min(self.sizes, default=0) < 2:
            return np.full(len(self._draws), np.nan)
        padded = np.concatenate([scores, np.full((len(scores), 1), np.nan)], axis=1)
        resampled: np.ndarray = padded[np.arange(len(scores))[:, None], self._draws]
        return aggregate(resampled)


def percentile_limits(resampled: np.ndarray, confidence: float = 0.95) -> tuple[float, float]:
    """The percentiles that leave (1 - confidence) / 2 out on either side; NaN where any resample is not defined."""
    low, high = np.quantile(resampled, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)


def simultaneous_factor(resampled: np.ndarray, confidence: float = 0.95) -> float:
    """c such that all of several differences lie within c standard errors of theirs at once, in a share `confidence` of
    resamples: the quantile of the largest |D_b - mean| / std over the differences.

    Args:
        resampled: (n_resamples, differences).
        confidence: level.
    """
    spread = resampled.std(axis=0, ddof=1)
    vary = spread > 0
    if not vary.any():
        return float("nan")
    apart = np.abs(resampled[:, vary] - resampled[:, vary].mean(axis=0)) / spread[vary]
    return float(np.quantile(apart.max(axis=1), confidence))


def _ratio(sums: np.ndarray, counts: np.ndarray) -> np.ndarray:
    return np.where(counts > 0, sums / np.where(counts > 0, counts, 1), np.nan)
