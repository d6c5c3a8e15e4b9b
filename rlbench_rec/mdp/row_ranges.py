"""The numbers of the rows of several stretches of a table."""

from __future__ import annotations

import numpy as np


def row_ranges(begins: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """begins[0], begins[0] + 1, ... (lengths[0] of them), then those from begins[1], and so on.

    Args:
        begins: (k,) whole numbers.
        lengths: (k,) how many from each; 0 for none.
    """
    starts = np.cumsum(lengths) - lengths
    return np.repeat(begins - starts, lengths) + np.arange(lengths.sum())
