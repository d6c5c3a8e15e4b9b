"""The cross-entropy method: a maximum by drawing, keeping the best and drawing around them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Effort:
    """How long to search.

    Attributes:
        rounds: how often the distribution is moved.
        population: points drawn in a round.
        elite: points that the next round is drawn around.
        spread: standard deviation of the first round, along each axis.
        least_spread: the standard deviation is never below this, so that the search does not freeze.
    """

    rounds: int = 10
    population: int = 20
    elite: int = 5
    spread: float = 0.3
    least_spread: float = 0.02


def maximise(
    objective: Callable[[np.ndarray, int], float], start: np.ndarray, rng: np.random.Generator, effort: Effort
) -> np.ndarray:
    """The mean of the last elite.

    In each round, points are drawn from a normal distribution with independent axes, and its mean and standard
    deviations become those of the best points (Rubinstein 1999; De Boer et al. 2005).
    The mean itself takes part in every round, so a good start is not lost to a bad draw.

    Args:
        objective: (point, round) -> value. Within a round all points should meet the same chances; another round should
            bring new ones, or the search fits itself to the first.
        start: (k,) mean of the first round.
        rng: of the draws.
        effort: how long to search.
    """
    mean, spread = np.asarray(start, dtype=np.float64), np.full(len(start), effort.spread)
    for number in range(effort.rounds):
        points = mean + spread * rng.standard_normal((effort.population, len(mean)))
        points[0] = mean
        values = np.array([objective(point, number) for point in points])
        elite = points[np.argsort(-values, kind="stable")[: effort.elite]]
        mean, spread = elite.mean(axis=0), np.maximum(elite.std(axis=0), effort.least_spread)
    return mean
