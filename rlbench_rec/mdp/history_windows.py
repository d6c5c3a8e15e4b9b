"""Which past events a state shows, by index arithmetic: memory grows with events, not events x history."""

from __future__ import annotations

import numpy as np


def gather_history(events: np.ndarray, starts: np.ndarray, history: int) -> tuple[np.ndarray, np.ndarray]:
    """Indices of the `history` events before each one, oldest first, and which of them are real.

    Args:
        events: (n,) event numbers.
        starts: (n,) the first event of each one's episode.
        history: how many past events to show.

    Returns:
        (n, history) int64 indices, safe to index with (slots outside the episode point at event 0), and the
        (n, history) bool mask of slots inside it; the others are padding.
    """
    past = events[:, None] + np.arange(-history, 0)
    real = past >= starts[:, None]
    return np.where(real, past, 0), real
