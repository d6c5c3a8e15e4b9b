"""What one decision earns: a model for sparse rewards and many actions, cheap enough to be cross-fitted everywhere."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

PENALTIES = np.logspace(-4, 4, 33)
"""Ridge penalties that are tried, relative to the number of rows, columns being standardised."""


@dataclass(frozen=True)
class RewardModel:
    """r(x, a) = intercept + slopes . x + effects[a].

    Ridge regression on the context, its penalty chosen by generalised cross-validation (Golub, Heath and Wahba 1979);
    then per action the mean of what is left, shrunk by n_a / (n_a + k), with k the ratio of the variance within actions
    to that between them (empirical Bayes, by the method of moments). With a few dozen clicks both shrink to nearly
    nothing, as they should. It has no interaction of context and action, and its predictions are not clipped: they
    may be slightly negative, but their mean is right.

    Attributes:
        slopes: (c,) per context column.
        intercept: a number.
        effects: (A,) per action; 0 for one never seen.
    """

    slopes: np.ndarray
    intercept: float
    effects: np.ndarray

    @staticmethod
    def fit(contexts: np.ndarray, actions: np.ndarray, rewards: np.ndarray, action_count: int) -> RewardModel:
        """Fit to (n, c) contexts, (n,) actions and (n,) rewards."""
        rewards = rewards.astype(np.float64)
        slopes, intercept = _ridge(contexts, rewards)
        left = rewards - (contexts @ slopes + intercept)
        return RewardModel(slopes, intercept, _shrunken_means(left, actions, action_count))

    def context_values(self, contexts: np.ndarray) -> np.ndarray:
        """(n, c) -> (n,) the part of the prediction that no action changes."""
        return contexts @ self.slopes + self.intercept

    def predict(self, contexts: np.ndarray) -> np.ndarray:
        """(n, c) -> (n, A) expected rewards."""
        return self.context_values(contexts)[:, None] + self.effects


def _ridge(contexts: np.ndarray, rewards: np.ndarray) -> tuple[np.ndarray, float]:
    n, columns = contexts.shape
    mean = contexts.mean(axis=0, dtype=np.float64)
    spread = contexts.std(axis=0, dtype=np.float64)
    varies = spread > 1e-12
    offset = rewards.mean()
    slopes = np.zeros(columns)
    if varies.any():
        standard = (contexts[:, varies] - mean[varies]) / spread[varies]
        centred = rewards - offset
        values, vectors = np.linalg.eigh(standard.T @ standard / n)
        values = np.maximum(values, 0.0)
        along = vectors.T @ (standard.T @ centred) / n
        energy = centred @ centred / n
        best = min(PENALTIES, key=lambda penalty: _gcv(penalty, values, along, energy, n))
        slopes[varies] = vectors @ (along / (values + best)) / spread[varies]
    return slopes, float(offset - mean @ slopes)


def _gcv(penalty: float, values: np.ndarray, along: np.ndarray, energy: float, n: int) -> float:
    """Mean squared error over (1 - degrees of freedom / n)^2; one more degree of freedom is the intercept."""
    shrunk = along / (values + penalty)
    error = energy - 2 * shrunk @ along + shrunk @ (values * shrunk)
    freedom = 1.0 + (values / (values + penalty)).sum()
    return error / max(1.0 - freedom / n, 1e-9) ** 2


def _shrunken_means(left: np.ndarray, actions: np.ndarray, action_count: int) -> np.ndarray:
    counts = np.bincount(actions, minlength=action_count).astype(np.float64)
    sums = np.bincount(actions, left, minlength=action_count)
    seen = counts > 0
    n, groups = len(left), int(seen.sum())
    if groups < 2 or n <= groups:
        return np.zeros(action_count)
    means = np.divide(sums, counts, out=np.zeros(action_count), where=seen)
    grand = left.mean()
    within = ((left - means[actions]) ** 2).sum() / (n - groups)
    # Between-action variance of a one-way random-effects layout with unequal counts.
    size = (n - (counts**2).sum() / n) / (groups - 1)
    between = ((counts * (means - grand) ** 2).sum() / (groups - 1) - within) / size
    if between <= 0:
        return np.zeros(action_count)
    return np.where(seen, (means - grand) * counts / (np.maximum(counts, 1.0) + within / between), 0.0)
