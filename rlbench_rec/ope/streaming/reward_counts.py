"""How often each reward occurred: what the median and the sizes of events need, in a form that adds up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..data.bounds import Range
from ..reliability.effective_sizes import Sizes, events_of, largest_size, median, spread_of_sizes

DISTINCT = 1_024
"""How many different rewards are kept apart; of more, neighbours are put together."""


@dataclass(frozen=True)
class RewardCounts:
    """Rewards and their numbers.

    Attributes:
        values: (k,) rewards in ascending order, or means of neighbours.
        counts: (k,) how many rows have each.
        weights: (k,) how many rows of the whole log these stand for; the counts where rows have no weights.
    """

    values: np.ndarray
    counts: np.ndarray
    weights: np.ndarray

    @staticmethod
    def of(rewards: np.ndarray, weights: np.ndarray | None = None) -> RewardCounts:
        """The counts of (n,) rewards; weights are (n,) how many rows each stands for."""
        if weights is None:
            values, counts = np.unique(rewards, return_counts=True)
            return _bounded(values, counts.astype(np.float64), counts.astype(np.float64))
        values, codes = np.unique(rewards, return_inverse=True)
        return _bounded(values, np.bincount(codes).astype(np.float64), np.bincount(codes, weights))

    def merged(self, other: RewardCounts) -> RewardCounts:
        """The counts of both together."""
        values, codes = np.unique(np.concatenate([self.values, other.values]), return_inverse=True)
        pairs = (self.counts, other.counts), (self.weights, other.weights)
        return _bounded(values, *(np.bincount(codes, np.concatenate(pair)) for pair in pairs))

    @property
    def median(self) -> float:
        """The median of all rows."""
        return median(self.values, self.weights)

    def sizes(self, known: Range | None) -> Sizes:
        """How the sizes of events are spread; `known` is the range of a reward where it is known."""
        events = events_of(self.values, self.median)
        return spread_of_sizes(events.sizes, largest_size(known, events.median), self.counts[events.rows])

    def to_list(self) -> list[list[float]]:
        """Values, counts and weights."""
        return [self.values.tolist(), self.counts.tolist(), self.weights.tolist()]


def _bounded(values: np.ndarray, counts: np.ndarray, weights: np.ndarray) -> RewardCounts:
    """Joins neighbours until there are few enough, first those that it moves least."""
    at = 0
    while len(values) > DISTINCT:
        left = np.arange(at, len(values) - 1, 2)
        moved = (values[left + 1] - values[left]) * np.minimum(counts[left], counts[left + 1])
        chosen = left[np.argsort(moved, kind="stable")[: min(len(values) - DISTINCT, (len(left) + 1) // 2)]]
        total = counts[chosen] + counts[chosen + 1]
        values[chosen] = (values[chosen] * counts[chosen] + values[chosen + 1] * counts[chosen + 1]) / total
        counts[chosen], weights[chosen] = total, weights[chosen] + weights[chosen + 1]
        values, counts, weights = (np.delete(column, chosen + 1) for column in (values, counts, weights))
        at = 1 - at
    return RewardCounts(values, counts, weights)
