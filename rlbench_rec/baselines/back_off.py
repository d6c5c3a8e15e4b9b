"""Scores as shares, and popularity where there are few or none."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Annotated

import numpy as np
from pydantic import Field

from ..mdp.dataset import TransitionDataset
from .history_items import recency_weights
from .item_scores import History, ItemScores
from .sessions import session_items

if TYPE_CHECKING:
    from scipy import sparse

Decay = Annotated[float, Field(gt=0, le=1)]
"""Weight of an event relative to the one after it."""
Repeat = Annotated[float, Field(ge=0, le=10)]
"""What the history's own items get beside all that a method scores."""
PopularityShare = Annotated[float, Field(gt=0, le=1)]
"""Share of the probability that goes by popularity."""


class BackedOff(ItemScores):
    """log of (1 - popularity) (s_j / sum s + repeat x w_j / sum w) / (1 + repeat) + popularity x P(j).

    s is the positive part of a method's own scores, w the weights of the items that the history shows, and P(j) the
    share of all events on item j, each item counted once more than it occurs. What sums to 0 is left out, so that log
    P(j) is left where nothing known is shown.

    A softmax at temperature 1 is that mixture. Raw scores would say less: a sum over one neighbour and a sum over a
    hundred are not on one scale. And a session that goes back to its items does so for those that were in no other one.

    Args:
        data: the log that it is fitted on.
        repeat: what the history's own items get beside all that the method scores.
        popularity: share of the probability that goes by popularity, above 0 so that every logarithm is finite.
    """

    def __init__(self, data: TransitionDataset, repeat: float, popularity: float):
        super().__init__(data)
        self.sessions = session_items(data)
        self.repeat, self.popularity = repeat, popularity
        self.popular = popular_shares(self.sessions.item, self.item_count)

    @abstractmethod
    def weights(self, history: History) -> sparse.csr_matrix:
        """(n, item_count + 1) w, above 0 for the items that a history shows."""

    @abstractmethod
    def raw(self, history: History) -> np.ndarray:
        """(n, item_count + 1) s, in an array that may be written to."""

    def of(self, history: History) -> np.ndarray:
        scores = shares(self.raw(history))
        own = self.weights(history).tocoo()
        totals = np.bincount(own.row, own.data, minlength=len(history))
        scores[own.row, own.col] += self.repeat * own.data / totals[own.row]
        return log_mixture(scores, self.popular, self.popularity)


class BackedOffByRecency(BackedOff):
    """`BackedOff` where an item that was last shown in the event `age` events ago has the weight decay^age.

    Args:
        data: the log that it is fitted on.
        decay: in (0, 1]; 1 weighs all alike.
        repeat: see `BackedOff`.
        popularity: see `BackedOff`.
    """

    def __init__(self, data: TransitionDataset, decay: float, repeat: float, popularity: float):
        super().__init__(data, repeat, popularity)
        self.decay = decay

    def weights(self, history: History) -> sparse.csr_matrix:
        return recency_weights(history.items, self.decay, self.item_count)


def popular_shares(items: np.ndarray, item_count: int, smoothing: float = 1.0) -> np.ndarray:
    """(item_count + 1,) each item's share of some events; 0 for padding.

    Args:
        items: (m,) the events' item ids.
        item_count: largest id.
        smoothing: how much more often each item counts than it occurs, above 0.
    """
    counts = np.bincount(items, minlength=item_count + 1) + smoothing
    counts[0] = 0.0
    return counts / counts.sum()


def shares(scores: np.ndarray) -> np.ndarray:
    """(n, I + 1) the positive part of each row over its sum, written over the scores; 0 where nothing is above 0."""
    scores[:, 0] = 0.0
    np.maximum(scores, 0.0, out=scores)
    totals = scores.sum(axis=1, keepdims=True)
    scores /= np.where(totals > 0, totals, 1.0)
    return scores


def log_mixture(weights: np.ndarray, popular: np.ndarray, popularity: float) -> np.ndarray:
    """(n, I + 1) log of (1 - popularity) x the share of each weight + popularity x P, written over the weights; log P
    where a row has no weight."""
    totals = weights.sum(axis=1, keepdims=True)
    known = totals > 0
    weights *= np.where(known, (1.0 - popularity) / np.where(known, totals, 1.0), 0.0)
    weights += popular * np.where(known, popularity, 1.0)
    weights[:, 0] = 1.0
    return np.log(weights, out=weights)
