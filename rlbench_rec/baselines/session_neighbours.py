"""Training sessions by their items, and the nearest ones to a history."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..mdp.row_ranges import row_ranges
from ..policies.top_items import largest
from .history_items import HistoryItems

if TYPE_CHECKING:
    from scipy import sparse


class Neighbours(NamedTuple):
    """Sessions near some histories, by row.

    Attributes:
        rows: (m,) which history.
        sessions: (m,) which session, by its row in the index.
        similarities: (m,) above 0.
        ages: (m,) how many events ago the history's latest item that the session has was shown.
    """

    rows: np.ndarray
    sessions: np.ndarray
    similarities: np.ndarray
    ages: np.ndarray


class SessionIndex:
    """Which sessions have each item, the latest `sample` of each.

    The latest `sample` sessions that have any item of a history are among those: a session that is not among an item's
    latest `sample` has at least `sample` later ones with the same item.

    Args:
        sessions: (S, I) entries where a session has an item, sessions from the earliest to the latest.
        sample: sessions that a history is compared with.
        weights: (S,) factor on the similarity to each session, above 0.
    """

    def __init__(self, sessions: sparse.csr_matrix, sample: int, weights: np.ndarray):
        by_item = sessions.tocsc()
        by_item.sort_indices()
        counts = np.diff(by_item.indptr).astype(np.int64)
        self.counts = np.minimum(counts, sample)
        self.starts = np.cumsum(self.counts) - self.counts
        first = by_item.indptr[1:] - self.counts
        self.sessions = by_item.indices[row_ranges(first, self.counts)].astype(np.int64)
        self.size, self.sample, self.weights = sessions.shape[0], sample, weights

    def nearest(self, shown: HistoryItems, weights: np.ndarray, k: int) -> Neighbours:
        """Of the latest `sample` sessions with any of a history's items the k most similar ones; of equally similar
        ones the latest.

        sim = the sum over common items of their weights in the history, times the session's own weight.

        Args:
            shown: the histories.
            weights: (m,) of each shown item.
            k: how many.
        """
        rows, sessions, ages, similarities = self._compared(shown, weights)
        # In a row sessions ascend; places are counted from the latest.
        places = np.searchsorted(rows, rows, side="right") - 1 - np.arange(len(rows))
        late = places < self.sample
        rows, sessions, ages, places = rows[late], sessions[late], ages[late], places[late]
        table = np.zeros((rows.max(initial=-1) + 1, places.max(initial=-1) + 1))
        table[rows, places] = similarities[late]
        # Similarities are above 0, and what stands for no session is 0.
        near = (largest(table, k) & (table > 0))[rows, places]
        return Neighbours(rows[near], sessions[near], table[rows[near], places[near]], ages[near])

    def _compared(
        self, shown: HistoryItems, weights: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """(p,) row, session, age of the latest common item, and similarity: the sessions with any of a row's items,
        ascending."""
        counts = self.counts[shown.items]
        sessions = self.sessions[row_ranges(self.starts[shown.items], counts)]
        # Numbers sort several times faster than their places do, so one number says row, session and age.
        span = shown.ages.max(initial=0) + 1
        numbers = (np.repeat(shown.rows * self.size, counts) + sessions) * span + np.repeat(shown.ages, counts)
        pairs, ages = np.divmod(np.sort(numbers), span)
        begins = np.flatnonzero(np.diff(pairs, prepend=-1))
        rows, sessions = np.divmod(pairs[begins], self.size)
        by_age = np.zeros((shown.rows.max(initial=-1) + 1, span))
        by_age[shown.rows, shown.ages] = weights
        common = by_age[np.repeat(rows, np.diff(begins, append=len(pairs))), ages]
        return rows, sessions, ages[begins], np.add.reduceat(common, begins) * self.weights[sessions]
