"""Functions of two continuous variables, kept on a grid and interpolated."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np


class Corners(NamedTuple):
    """Where points lie on a grid: the lower corner's indices and the share of the upper one along each axis."""

    i: np.ndarray
    j: np.ndarray
    x: np.ndarray
    y: np.ndarray


class Grid:
    """An evenly spaced rectangular grid; points outside are taken to its edge.

    Args:
        first, second: (k,) and (l,) rising, evenly spaced positions along the axes.
    """

    def __init__(self, first: np.ndarray, second: np.ndarray):
        self.axes = (first, second)

    def weights(self, first: np.ndarray, second: np.ndarray) -> Corners:
        """The corners around points of any shape."""
        (i, x), (j, y) = (along(axis, points) for axis, points in zip(self.axes, (first, second), strict=True))
        return Corners(i, j, x, y)

    def mix(self, values: np.ndarray, at: Corners, key: tuple[np.ndarray, ...] = ()) -> np.ndarray:
        """(*key axes, k, l) values -> bilinear interpolation at the points, in the shape of key and points together."""
        i, j, x, y = at
        low = (1.0 - y) * values[(*key, i, j)] + y * values[(*key, i, j + 1)]
        high = (1.0 - y) * values[(*key, i + 1, j)] + y * values[(*key, i + 1, j + 1)]
        return (1.0 - x) * low + x * high

    def at(self, table: np.ndarray, key: tuple[np.ndarray, ...], first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """(n, A) rows of a table (*key axes, k, l, A), interpolated at n points."""
        i, j, x, y = self.weights(first, second)
        x, y = x[:, None], y[:, None]
        low = (1.0 - y) * table[(*key, i, j)] + y * table[(*key, i, j + 1)]
        high = (1.0 - y) * table[(*key, i + 1, j)] + y * table[(*key, i + 1, j + 1)]
        return (1.0 - x) * low + x * high

    def backward_induction(
        self, earned: np.ndarray, ways: list[tuple[np.ndarray, Corners]], gamma: float, horizon: int
    ) -> Iterator[np.ndarray]:
        """(g, k, l, A) optimal Q of g groups of users, of the last decision first, and so on to the first one.

        q = earned + gamma sum over ways of chance x max q of the decision after it, which is 0 after the last.

        Args:
            earned: (g, k, l, A) expected reward of a decision.
            ways: what a decision may lead to: its probability, and where on the grid it leads; (k, l, A) if alike in
                all groups, else (g, k, l, A).
            gamma: discount factor.
            horizon: decisions.
        """
        values, group = np.zeros(earned.shape[:-1]), np.arange(len(earned))[:, None, None, None]
        for _ in range(horizon):
            q = earned + sum(gamma * chance * self.mix(values, where, (group,)) for chance, where in ways)
            values = q.max(axis=-1)
            yield q


def along(axis: np.ndarray, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where points lie on an evenly spaced axis: the index below, and the share of the one above; beyond its ends, the
    edge."""
    place = (np.asarray(points, dtype=np.float64) - axis[0]) / (axis[1] - axis[0])
    place = np.clip(place, 0.0, len(axis) - 1.0)
    lower = np.minimum(place.astype(np.int64), len(axis) - 2)
    return lower, place - lower
