"""Per-episode columns: what an estimator is made of, and what an interval resamples.

A set of K columns knows their sums, a weighted sum of them per episode, and the whole (episodes, K) matrix. Only the
bootstrap asks for the matrix; values and standard errors never build it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from ..data.evaluation_log import BLOCK_ROWS, EvaluationLog

SPARSE_BELOW = 0.2
"""Matrices with a smaller share of filled cells are sparse."""


def sum_of_squares(vector: np.ndarray) -> float:
    """sum_i x_i^2, in one thread: on vectors this short, starting threads costs more than they save, and their number
    would change the last digit. By blocks, as `block_sum`."""
    return float(sum(np.einsum("i,i->", block, block) for block in _blocks(vector)))


def block_sum(vector: np.ndarray) -> float:
    """sum_i x_i, block after block, so that a log in blocks and a whole log give the same last bit."""
    return float(sum(block.sum() for block in _blocks(vector)))


def _blocks(vector: np.ndarray) -> Iterator[np.ndarray]:
    return (vector[first : first + BLOCK_ROWS] for first in range(0, len(vector), BLOCK_ROWS))


def sum_of_cubes(vector: np.ndarray) -> float:
    """sum_i x_i^3, also in one thread."""
    return float(np.einsum("i,i,i->", vector, vector, vector))


class EpisodeColumns(Protocol):
    """K columns of numbers, one row per episode."""

    @property
    def width(self) -> int:
        """K."""
        ...

    def sums(self, weights: np.ndarray | None = None) -> np.ndarray:
        """(K,) sums over episodes, each counting with its weight."""
        ...

    def project(self, gradient: np.ndarray) -> np.ndarray:
        """(episodes,) sum_k gradient_k column_k."""
        ...

    def matrix(self) -> Any:
        """(episodes, K) array, or scipy.sparse array where few cells are filled."""
        ...


class Vectors:
    """K columns, each a vector.

    Args:
        vectors: K vectors of (episodes,).
    """

    def __init__(self, *vectors: np.ndarray):
        self.vectors = vectors

    @property
    def width(self) -> int:
        """K."""
        return len(self.vectors)

    def sums(self, weights: np.ndarray | None = None) -> np.ndarray:
        """(K,) sums over episodes, each counting with its weight."""
        return np.array([block_sum(vector if weights is None else weights * vector) for vector in self.vectors])

    def project(self, gradient: np.ndarray) -> np.ndarray:
        """(episodes,) sum_k gradient_k column_k."""
        total = self.vectors[0] * gradient[0]
        for vector, slope in zip(self.vectors[1:], gradient[1:], strict=True):
            total += vector * slope
        return total

    def matrix(self) -> np.ndarray:
        """(episodes, K)."""
        return np.stack(self.vectors, axis=1)


@dataclass(frozen=True)
class ByStep:
    """Three columns a step, of T steps: x_it; the weight at t of episodes that have a step t; a last value of episodes
    whose last step is t.

    Args:
        log: whose episodes and steps these are.
        x: (n,) a value for every row.
        weights: (n,) a weight for every row.
        last: (episodes,) a value for every episode.
    """

    log: EvaluationLog
    x: np.ndarray
    weights: np.ndarray
    last: np.ndarray

    @property
    def width(self) -> int:
        """3 T."""
        return 3 * self.log.horizon

    @property
    def _last_steps(self) -> np.ndarray:
        return self.log.lengths - 1

    def sums(self, weights: np.ndarray | None = None) -> np.ndarray:
        """(3 T,) sums over episodes, each counting with its weight."""
        steps, horizon = self.log.steps, self.log.horizon
        x, by_row, last = self.x, self.weights, self.last
        if weights is not None:
            of_rows = np.repeat(weights, self.log.lengths)
            x, by_row, last = of_rows * x, of_rows * by_row, weights * last
        return np.concatenate(
            [
                np.bincount(steps, x, horizon),
                np.bincount(steps, by_row, horizon),
                np.bincount(self._last_steps, last, horizon),
            ]
        )

    def project(self, gradient: np.ndarray) -> np.ndarray:
        """(episodes,) sum_k gradient_k column_k."""
        by_x, by_weight, by_last = np.split(gradient, 3)
        rows = by_x[self.log.steps]
        rows *= self.x
        slopes = by_weight[self.log.steps]
        slopes *= self.weights
        rows += slopes
        return self.log.per_episode(rows) + by_last[self._last_steps] * self.last

    def rows(self, gradient: np.ndarray) -> np.ndarray:
        """(n,) what each row adds to `project`, the last value of an episode being that of its last row."""
        by_x, by_weight, by_last = np.split(gradient, 3)
        steps, ends = self.log.steps, self.log.starts + self.log.lengths - 1
        rows = by_x[steps] * self.x + by_weight[steps] * self.weights
        rows[ends] += by_last[self._last_steps] * self.last
        return rows

    def matrix(self) -> Any:
        """(episodes, 3 T), a scipy.sparse array where few cells are filled."""
        from scipy import sparse

        log, horizon = self.log, self.log.horizon
        numbers = np.arange(log.n_episodes)
        episodes = np.repeat(numbers, log.lengths)
        entries = np.concatenate([self.x, self.weights, self.last])
        rows = np.concatenate([episodes, episodes, numbers])
        columns = np.concatenate([log.steps, log.steps + horizon, self._last_steps + 2 * horizon])
        shape = (log.n_episodes, 3 * horizon)
        filled = sparse.csr_array((entries, (rows, columns)), shape=shape)
        return filled if len(entries) < SPARSE_BELOW * shape[0] * shape[1] else filled.toarray()
