"""The item that tends to follow the last one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import numpy as np
from pydantic import Field

from ..mdp.dataset import TransitionDataset
from ..mdp.history_windows import gather_history
from ..policies import Softmax
from .calibrated import calibrated
from .item_scores import History, ItemScores, choices

if TYPE_CHECKING:
    from scipy import sparse

Rows = Annotated[float, Field(gt=0, allow_inf_nan=False)]


def markov(train: TransitionDataset, *, smoothing: Rows = 1.0, backing_off: Rows = 10.0) -> Softmax:
    """The item that tends to follow the last one: a calibrated chain of first order.

    P(a | last item i) = (n(i, a) + backing_off P(a)) / (n(i) + backing_off), n(i, a) how
    often the decision after an event on item i chose a, and P(a) = (n(a) + smoothing) / sum_b (n(b) + smoothing), which
    alone counts at the start of a session and after an item that was never followed (Rendle et al. 2010, the chain
    without factors).

    Args:
        train: the training side.
        smoothing: choices that every item is given beside those that it had.
        backing_off: decisions by popularity that every item is given beside those that followed it.

    Raises:
        InapplicableError: states show no history, or actions are not items.
    """
    policy = calibrated(lambda log: Chain(log, smoothing, backing_off), train)
    policy.name = "markov"
    return policy


class Chain(ItemScores):
    """log P(a | last item); see `markov`."""

    def __init__(self, train: TransitionDataset, smoothing: float, backing_off: float):
        super().__init__(train)
        chosen = choices(train)
        popular = np.bincount(chosen, minlength=self.item_count + 1) + smoothing
        popular[0] = 0.0
        self.popular, self.backing_off = popular / popular.sum(), backing_off
        self.counts = _transitions(train, chosen, self.item_count)
        self.followed = np.asarray(self.counts.sum(axis=1)).ravel()

    def of(self, history: History) -> np.ndarray:
        last = history.items[:, -1]
        probabilities = self.counts[last].toarray() + self.backing_off * self.popular
        probabilities /= (self.followed[last] + self.backing_off)[:, None]
        probabilities[:, 0] = 1.0
        return np.log(probabilities)


def _transitions(train: TransitionDataset, chosen: np.ndarray, item_count: int) -> sparse.csr_matrix:
    """(item_count + 1, item_count + 1) how often each item was chosen after an event on each; row 0 is empty."""
    from scipy import sparse

    assert train.items is not None, "it has a history"
    rows = np.arange(len(train))
    starts = train.episode_starts if train.event_starts is None else train.event_starts
    before, real = gather_history(train.events_of(rows), np.repeat(starts, train.episode_lengths), 1)
    pairs = (train.items[before[real]].astype(np.int64), chosen[real[:, 0]])
    shape = (item_count + 1, item_count + 1)
    return sparse.coo_matrix((np.ones(len(pairs[0])), pairs), shape=shape).tocsr()
