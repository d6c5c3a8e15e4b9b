"""Columns of a state, written by a simulator and read back by a score."""

from __future__ import annotations

import numpy as np


def one_hot(index: np.ndarray, count: int) -> np.ndarray:
    """(k,) integers -> (k, count) bool, true in the column of each."""
    return index[:, None] == np.arange(count)


def whole(column: np.ndarray, scale: float, count: int) -> np.ndarray:
    """The integers in 0..count - 1 that were divided by `scale` to make a float32 column, of any shape."""
    return np.clip(np.rint(column * scale).astype(np.int64), 0, count - 1)
