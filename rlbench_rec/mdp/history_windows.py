"""Which past rows a state shows, by index arithmetic: memory grows with events, not events x history."""

from __future__ import annotations

import numpy as np


def gather_history(rows: np.ndarray, row_starts: np.ndarray, history: int) -> tuple[np.ndarray, np.ndarray]:
    """Indices of the `history` rows before each row, oldest first, and which of them are real.

    Args:
        rows: (n,) row numbers.
        row_starts: (n,) the first row of each row's episode.
        history: how many past rows to show.

    Returns:
        (n, history) int64 indices, safe to index with (out-of-episode slots point at row 0), and the (n, history) bool
        mask of slots inside the episode; the others are padding.
    """
    past = rows[:, None] + np.arange(-history, 0)
    real = past >= row_starts[:, None]
    return np.where(real, past, 0), real
