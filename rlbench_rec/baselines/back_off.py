"""Scores as shares, and popularity where there are few or none."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np

from ..mdp.dataset import TransitionDataset
from .item_scores import History, ItemScores
from .sessions import SessionItems, session_items


class BackedOff(ItemScores):
    """log of (1 - popularity) s_j / sum s + popularity x P(j), s the positive part of a method's own scores and P(j)
    the share of all events on item j, each item counted once more than it occurs; log P(j) where no s is above 0.

    A softmax at temperature 1 is that mixture. Raw scores would say less: a sum over one neighbour and a sum over a
    hundred are not on one scale, and a history without known items has no score above 0.

    Args:
        data: the log that it is fitted on.
        popularity: share of the probability that goes by popularity, above 0 so that every logarithm is finite.
    """

    def __init__(self, data: TransitionDataset, popularity: float):
        super().__init__(data)
        self.sessions = session_items(data)
        self.popularity, self.popular = popularity, popular_shares(self.sessions)

    @abstractmethod
    def raw(self, history: History) -> np.ndarray:
        """(n, item_count + 1) the method's own scores by item id, in an array that may be written to."""

    def of(self, history: History) -> np.ndarray:
        return log_shares(self.raw(history), self.popular, self.popularity)


def popular_shares(sessions: SessionItems) -> np.ndarray:
    """(item_count + 1,) each item's share of the events, every item counted once more than it occurs; 0 for padding."""
    counts = np.bincount(sessions.item, minlength=sessions.item_count + 1) + 1.0
    counts[0] = 0.0
    return counts / counts.sum()


def log_shares(scores: np.ndarray, popular: np.ndarray, popularity: float) -> np.ndarray:
    """(n, I + 1) the scores of `BackedOff`, written over those that are given.

    Args:
        scores: (n, I + 1); column 0 is padding.
        popular: (I + 1,) positive shares, 0 for padding.
        popularity: in (0, 1].
    """
    scores[:, 0] = 0.0
    np.maximum(scores, 0.0, out=scores)
    totals = scores.sum(axis=1, keepdims=True)
    known = totals > 0
    scores *= np.where(known, (1.0 - popularity) / np.where(known, totals, 1.0), 0.0)
    scores += popular * np.where(known, popularity, 1.0)
    scores[:, 0] = 1.0
    return np.log(scores, out=scores)
