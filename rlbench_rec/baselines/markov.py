"""The item that tends to follow the last one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import numpy as np
from pydantic import Field

from ..mdp.dataset import TransitionDataset
from ..policies import Softmax
from .back_off import popular_shares
from .calibrated import calibrated
from .item_scores import History, ItemScores
from .sessions import SessionItems, session_items

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
        events = session_items(train)
        self.popular = popular_shares(events.item[events.decision], self.item_count, smoothing)
        self.backing_off = backing_off
        self.counts = _transitions(events)
        self.followed = np.asarray(self.counts.sum(axis=1)).ravel()

    def of(self, history: History) -> np.ndarray:
        last = history.items[:, -1]
        probabilities = self.counts[last].toarray() + self.backing_off * self.popular
        probabilities /= (self.followed[last] + self.backing_off)[:, None]
        # A tiny smoothing underflows; its logarithm must not be infinite, as that of what is forbidden.
        return np.log(np.maximum(probabilities, np.finfo(np.float64).tiny, out=probabilities), out=probabilities)


def _transitions(events: SessionItems) -> sparse.csr_matrix:
    """(item_count + 1, item_count + 1) how often a decision for each item came next after an event on each; row 0 is
    empty."""
    from scipy import sparse

    follows = (events.session[1:] == events.session[:-1]) & events.decision[1:]
    pairs = (events.item[:-1][follows], events.item[1:][follows])
    shape = (events.item_count + 1, events.item_count + 1)
    return sparse.coo_matrix((np.ones(len(pairs[0])), pairs), shape=shape).tocsr()
