"""The best k of each row of scores, and where an item stands among them, without sorting a whole catalogue."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

BLOCK = 32
"""Columns whose largest score is looked at first. About sqrt(A / k) of A columns costs least."""
SHORT = 1_024
"""Rows of up to so many scores are not divided into blocks."""


@dataclass(frozen=True)
class TopScores:
    """The k best scores of n rows.

    Attributes:
        columns: (n, k) where they stand, best first, in random order where scores are alike, also as to which of the
            columns with the smallest of them are in; -1 where the score is minus infinity: nothing is left.
        scores: (n, k) the scores, descending.
        last_count: (n,) how many columns of the row have the smallest of them.
    """

    columns: np.ndarray
    scores: np.ndarray
    last_count: np.ndarray

    def ranks(self, rows: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(p,) how many columns of these rows are scored higher than these scores, and how many alike; as many as k,
        and 1, where that is k or more, or the score is minus infinity.

        Args:
            rows: (p,) row numbers.
            scores: (p,) the scores of columns of these rows.
        """
        best = self.scores[rows]
        above, equal = (best > scores[:, None]).sum(axis=1), (best == scores[:, None]).sum(axis=1)
        equal = np.where(scores == best[:, -1], self.last_count[rows], equal)
        above[(scores < best[:, -1]) | (scores == -np.inf)] = best.shape[1]
        return above, np.maximum(equal, 1)


def top_scores(scores: np.ndarray, k: int, rng: np.random.Generator) -> TopScores:
    """The best scores of each row.

    Args:
        scores: (n, A), minus infinity for what is not in the running; none is NaN.
        k: how many, at most A.
        rng: breaks ties.
    """
    columns, largest = _candidates(scores, k)
    values = np.take_along_axis(scores, columns, axis=1)
    chosen = np.argpartition(values, values.shape[1] - k, axis=1)[:, -k:]
    last = np.take_along_axis(values, chosen[:, :1], axis=1)
    counts = np.count_nonzero(values == last, axis=1)
    columns, values = np.take_along_axis(columns, chosen, axis=1), np.take_along_axis(values, chosen, axis=1)
    # Blocks that were left out may hold more of the smallest score.
    for row in np.flatnonzero(np.count_nonzero(largest >= last, axis=1) > k):
        counts[row] = np.count_nonzero(scores[row] == last[row])
    alike = values == last
    slots = alike.sum(axis=1)
    for row in np.flatnonzero((counts > slots) & (last[:, 0] > -np.inf)):
        columns[row, alike[row]] = _any_of(scores[row], last[row, 0], slots[row], rng)
    order = np.lexsort((rng.random(values.shape), -values), axis=1)
    columns, values = np.take_along_axis(columns, order, axis=1), np.take_along_axis(values, order, axis=1)
    return TopScores(np.where(values == -np.inf, -1, columns), values, counts)


def _any_of(scores: np.ndarray, value: float, number: int, rng: np.random.Generator) -> np.ndarray:
    """(number,) different columns of a row that have this score, drawn alike."""
    # Where most have it, as where a policy knows nothing, they need not all be looked up.
    drawn = rng.integers(0, len(scores), 4 * number)
    having = drawn[scores[drawn] == value]
    first = np.sort(np.unique(having, return_index=True)[1])
    if len(first) >= number:
        return having[first[:number]]
    return rng.choice(np.flatnonzero(scores == value), number, replace=False)


def _candidates(scores: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """(n, c) columns among which the k best of each row are, and (n, blocks) the largest score of each block.

    The k best of a row are in the k blocks of the largest maxima: a block that was left out has at most their smallest
    score. Columns that fill no block are all candidates.
    """
    n, width = scores.shape
    blocks = width // BLOCK
    if width <= SHORT or blocks <= k:
        return np.broadcast_to(np.arange(width), scores.shape), np.empty((n, 0))
    # Blocks of every `blocks`-th column: maxima over the long axis are fast.
    largest = scores[:, : blocks * BLOCK].reshape(n, BLOCK, blocks).max(axis=1)
    best = np.argpartition(largest, blocks - k, axis=1)[:, -k:]
    within = (best[:, None, :] + blocks * np.arange(BLOCK)[:, None]).reshape(n, k * BLOCK)
    rest = np.broadcast_to(np.arange(blocks * BLOCK, width), (n, width - blocks * BLOCK))
    return np.concatenate([within, rest], axis=1), largest
