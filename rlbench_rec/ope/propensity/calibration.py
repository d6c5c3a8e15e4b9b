"""Calibration: among decisions said to be taken with probability p, a share p should be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

TEMPERATURES = np.exp(np.linspace(np.log(0.2), np.log(10.0), 40))
FINE = 200
LOWEST = np.log(1e-6)
"""Fine bins of probability, all else is made of them: equal steps of its logarithm from here to 0; the first has what
lies below, too."""
BINS = 15

Calibrate = Callable[[np.ndarray], np.ndarray]
"""(m, A) log probabilities -> (m, A) log probabilities."""


@dataclass(frozen=True)
class ReliabilityDiagram:
    """Predicted and logged, by bin of predicted probability.

    Attributes:
        pairs: how many pairs of a decision and an action, each decision counting with its weight.
        predicted: sum of their probabilities.
        logged: how many of the actions were taken.
    """

    pairs: np.ndarray
    predicted: np.ndarray
    logged: np.ndarray

    @staticmethod
    def of(logs: np.ndarray, actions: np.ndarray, weights: np.ndarray) -> ReliabilityDiagram:
        """Of (m, A) log probabilities, (m,) actions taken, and how many decisions each row stands for."""
        chances = np.exp(logs)
        at = np.clip((1.0 - logs / LOWEST) * FINE, 0, FINE - 1).astype(np.int64)
        taken = at[np.arange(len(actions)), actions]
        return ReliabilityDiagram(
            np.bincount(at.ravel(), np.repeat(weights, logs.shape[1]), FINE),
            np.bincount(at.ravel(), (weights[:, None] * chances).ravel(), FINE),
            np.bincount(taken, weights, FINE),
        )

    def __add__(self, other: ReliabilityDiagram) -> ReliabilityDiagram:
        return ReliabilityDiagram(
            self.pairs + other.pairs, self.predicted + other.predicted, self.logged + other.logged
        )

    def error(self) -> float:
        """Expected calibration error: 1/2 sum over 15 bins of |logged - predicted| / decisions.

        Bins hold equal shares of the predicted probability. Of two actions this is the usual error of one of them;
        of many it is the share of decisions that were taken at another level of probability than predicted.
        """
        before = np.cumsum(self.predicted) - self.predicted / 2
        coarse = np.minimum((BINS * before / self.predicted.sum()).astype(int), BINS - 1)
        apart = np.bincount(coarse, self.logged - self.predicted, BINS)
        return float(np.abs(apart).sum() / 2 / self.logged.sum())


def losses(logs: np.ndarray, actions: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(temperatures,) summed log loss of (m, A) log probabilities at each temperature."""
    at = (np.arange(len(actions)), actions)
    return np.array([-(weights * _tempered(logs, value)[at]).sum() for value in TEMPERATURES])


def best_temperature(summed: np.ndarray) -> float:
    """The temperature of least loss, between grid points by a parabola in its logarithm."""
    at = int(np.clip(np.argmin(summed), 1, len(summed) - 2))
    left, middle, right = summed[at - 1 : at + 2]
    bend = left - 2 * middle + right
    shift = np.clip((left - right) / (2 * bend), -1.0, 1.0) if bend > 0 else np.sign(left - right)
    return float(np.exp(np.log(TEMPERATURES[at]) + shift * np.log(TEMPERATURES[1] / TEMPERATURES[0])))


def temperature(value: float) -> Calibrate:
    """p^(1 / T), renormalised (Guo et al. 2017): sharper below 1, flatter above."""
    return lambda logs: _tempered(logs, value)


def isotonic(seen: ReliabilityDiagram) -> Calibrate:
    """One rising map from predicted to logged shares (Zadrozny and Elkan 2002), for all actions; renormalised.

    A bin counts one more pair, taken with the predicted probability, so that no probability becomes 0.
    """
    from sklearn.isotonic import IsotonicRegression

    filled = seen.pairs > 0
    x = seen.predicted[filled] / seen.pairs[filled]
    y = (seen.logged[filled] + x) / (seen.pairs[filled] + 1.0)
    y = IsotonicRegression().fit_transform(x, y, sample_weight=seen.pairs[filled])
    x, y = np.concatenate([[0.0], x, [1.0]]), np.concatenate([[0.0], y, [max(1.0, y[-1])]])

    def calibrate(logs: np.ndarray) -> np.ndarray:
        mapped = np.maximum(np.interp(np.exp(logs), x, y), np.finfo(float).tiny)
        return np.log(mapped / mapped.sum(axis=1, keepdims=True))

    return calibrate


def as_they_are(logs: np.ndarray) -> np.ndarray:
    """No calibration."""
    return logs


def _tempered(logs: np.ndarray, value: float) -> np.ndarray:
    scores = logs / value
    scores = scores - scores.max(axis=1, keepdims=True)
    return scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
