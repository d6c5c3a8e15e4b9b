"""Dynamic programs over two continuous variables whose answer is never too low."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ...tolerances import ROUNDING
from ..shops.shared.grid import Grid

MARGIN = 2.0
"""Times what interpolation misses half-way between the points of a grid. A smooth function is missed most there; one
with a single kink between two points at most twice as much elsewhere."""


def rounded_down(values: np.ndarray, points: np.ndarray) -> np.ndarray:
    """The place of the largest point that is not above each value; 0 and the last place for values beyond the ends.

    Args:
        values: any shape.
        points: (k,) evenly spaced from 0 on.
    """
    # A hair more, so that a value on a point keeps it.
    places: np.ndarray = np.floor(values / points[1] + ROUNDING).astype(np.int64)
    return np.clip(places, 0, len(points) - 1)


def halved(grid: Grid) -> tuple[np.ndarray, np.ndarray]:
    """(2k - 1, 2l - 1) both coordinates of the points of a grid and of those half-way between them."""
    first, second = (np.linspace(axis[0], axis[-1], 2 * len(axis) - 1) for axis in grid.axes)
    x, y = np.meshgrid(first, second, indexing="ij")
    return x, y


def raised(values: np.ndarray) -> np.ndarray:
    """Values at the points of a grid whose interpolation lies above a function, also between the points.

    In each cell the function is compared, half-way along each edge and in the middle, with what its values at the
    corners interpolate to; the corners are raised by `MARGIN` times the largest shortfall.

    Args:
        values: (…, 2k - 1, 2l - 1) the function at the points of `halved`.

    Returns:
        (…, k, l).
    """
    corners = values[..., ::2, ::2]
    short = np.zeros(values.shape)
    short[..., 1::2, ::2] = values[..., 1::2, ::2] - 0.5 * (corners[..., 1:, :] + corners[..., :-1, :])
    short[..., ::2, 1::2] = values[..., ::2, 1::2] - 0.5 * (corners[..., 1:] + corners[..., :-1])
    edges = 0.5 * (corners[..., 1:] + corners[..., :-1])
    short[..., 1::2, 1::2] = values[..., 1::2, 1::2] - 0.5 * (edges[..., 1:, :] + edges[..., :-1, :])
    most = np.maximum(short, 0.0)
    # A cell is two steps of the halved grid wide; a corner takes the most of the up to four cells that it belongs to.
    for axis in (-2, -1):
        padded = np.pad(most, [(0, 0)] * (most.ndim + axis) + [(2, 2)] + [(0, 0)] * (-axis - 1))
        steps = [np.take(padded, np.arange(i, i + most.shape[axis]), axis=axis) for i in range(5)]
        most = np.max(steps, axis=0)
    return corners + MARGIN * most[..., ::2, ::2]


def upper_values(best: Callable[[np.ndarray], np.ndarray], shape: tuple[int, ...], horizon: int) -> np.ndarray:
    """(…, k, l) values of the first decision, at points of a grid, whose interpolation no policy exceeds.

    With T the optimality operator, V_t = raised(T V_{t+1}) and V = 0 after the last decision: then V_t >= T V_{t+1}
    everywhere, and by induction V_t is at least the optimal value. That it holds between the points rests on `MARGIN`.

    Args:
        best: (…, k, l) values of the next decision, to be interpolated -> T of them at the points of `halved`.
        shape: of the values.
        horizon: decisions.
    """
    values = np.zeros(shape)
    for _ in range(horizon):
        values = raised(best(values))
    return values
