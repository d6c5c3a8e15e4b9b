"""Which items a history shows, and how long ago."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from scipy import sparse


class HistoryItems(NamedTuple):
    """Every item of some histories once, by row and then from the oldest.

    Attributes:
        rows: (m,) which history.
        items: (m,) id.
        ages: (m,) how many events ago it was shown last; 0 is the latest event.
    """

    rows: np.ndarray
    items: np.ndarray
    ages: np.ndarray


def history_items(items: np.ndarray) -> HistoryItems:
    """Of (n, h) ids, oldest first, 0 for padding."""
    places = items.shape[1]
    latest = items > 0
    for place in range(places - 1):
        latest[:, place] &= (items[:, place + 1 :] != items[:, place, None]).all(axis=1)
    rows, columns = np.nonzero(latest)
    return HistoryItems(rows, items[rows, columns], places - 1 - columns)


def recency_weights(items: np.ndarray, decay: float, item_count: int) -> sparse.csr_matrix:
    """(n, item_count + 1) decay^age of every item that a history shows; decay 1 weighs all alike.

    Args:
        items: (n, h) ids, oldest first, 0 for padding.
        decay: in (0, 1].
        item_count: largest id.
    """
    from scipy import sparse

    shown = history_items(items)
    weights = decay ** shown.ages.astype(np.float64)
    shape = (len(items), item_count + 1)
    return sparse.coo_matrix((weights, (shown.rows, shown.items)), shape=shape).tocsr()


def presence(matrix: sparse.csr_matrix) -> sparse.csr_matrix:
    """Whether each session has each item, as 1.0, of how often it does."""
    from scipy import sparse

    ones = np.ones(len(matrix.indices))
    return sparse.csr_matrix((ones, matrix.indices, matrix.indptr), shape=matrix.shape)
