"""`vsknn`: what was in the recent sessions most like this one, its latest events counting most."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from pydantic import Field

from ..mdp.dataset import TransitionDataset
from ..policies import Softmax
from .back_off import BackedOff, PopularityShare, Repeat
from .calibrated import calibrated
from .history_items import HistoryItems, history_items, presence
from .item_scores import History
from .session_neighbours import SessionIndex
from .sessions import SessionItems

if TYPE_CHECKING:
    from scipy import sparse

PAIRS = 2_000_000
"""History and session, at most, that are held at once."""
Weighting = Literal["same", "linear", "div", "log", "quadratic"]
"""How the weight of an event falls with its age; see `similarity_weights` and `score_weights`."""


def vsknn(
    train: TransitionDataset,
    *,
    neighbours: Annotated[int, Field(ge=1, le=10_000)] = 100,
    sample: Annotated[int, Field(ge=1, le=100_000)] = 1_000,
    weighting: Weighting = "quadratic",
    score_weighting: Weighting = "div",
    idf: Annotated[float, Field(ge=0, le=100)] = 1.0,
    half_life_share: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None,
    remind: bool = True,
    repeat: Repeat = 0.5,
    popularity: PopularityShare = 0.1,
) -> Softmax:
    """Session-based nearest neighbours with weights of position and time (Ludewig and Jannach 2018), calibrated.

    Of the training sessions that share an item with the history, the latest `sample` are compared with it: sim(s) is
    the sum, over the items that both have, of the weight of the item's latest place in the history. score(j) is the sum
    of sim(s) x decay(s) over the `neighbours` most similar s that have j, decay(s) by how long ago the history's latest
    item in s was shown; times 1 + idf x log(sessions / sessions with j). Shares of these scores are mixed with the
    history's own items and popularity (see `BackedOff`).

    Args:
        train: a log whose states show a history of items.
        neighbours: k, sessions that a score is summed over.
        sample: sessions that are compared, the latest ones.
        weighting: of places in sim (see `similarity_weights`).
        score_weighting: of decay (see `score_weights`).
        idf: how much rare items gain.
        half_life_share: the share of the training side's time after which a session counts half; None: all alike.
        remind: whether neighbours speak for items that the history shows.
        repeat: what the history's own items get beside all others, 0 in the paper.
        popularity: share of the probability that goes by popularity.

    Raises:
        InapplicableError: a log without histories or whose actions are not items.
    """

    fit = partial(
        VSKNN,
        neighbours=neighbours,
        sample=sample,
        weighting=weighting,
        score_weighting=score_weighting,
        idf=idf,
        half_life_share=half_life_share,
        remind=remind,
        repeat=repeat,
        popularity=popularity,
    )
    policy = calibrated(fit, train)
    policy.name = "vsknn"
    return policy


class VSKNN(BackedOff):
    """The scores of `vsknn`."""

    def __init__(
        self,
        data: TransitionDataset,
        *,
        neighbours: int,
        sample: int,
        weighting: Weighting,
        score_weighting: Weighting,
        idf: float,
        half_life_share: float | None,
        remind: bool,
        repeat: float,
        popularity: float,
    ):
        super().__init__(data, repeat, popularity)
        self.neighbours, self.remind = neighbours, remind
        self.weighting, self.score_weighting = weighting, score_weighting
        matrix, ages = by_recency(self.sessions)
        time_weights = np.ones(len(ages)) if half_life_share is None else np.exp2(-ages / half_life_share)
        self.index = SessionIndex(matrix, sample, time_weights)
        sessions_with = np.maximum(np.bincount(matrix.indices, minlength=matrix.shape[1]), 1)
        self.items = matrix.multiply(1.0 + idf * np.log(max(1, matrix.shape[0]) / sessions_with)).tocsr()

    def raw(self, history: History) -> np.ndarray:
        scores = np.empty((len(history), self.item_count + 1))
        size = max(1, PAIRS // max(1, history.items.shape[1] * self.index.sample))
        for first in range(0, len(history), size):
            rows = slice(first, first + size)
            scores[rows] = self._sums(history.items[rows])
        return scores

    def weights(self, history: History) -> sparse.csr_matrix:
        from scipy import sparse

        shown, weights = self._shown(history.items)
        shape = (len(history), self.item_count + 1)
        return sparse.coo_matrix((weights, (shown.rows, shown.items)), shape=shape).tocsr()

    def _shown(self, items: np.ndarray) -> tuple[HistoryItems, np.ndarray]:
        """The items of (n, h) histories, and the weight of each."""
        shown, lengths = history_items(items), (items > 0).sum(axis=1)
        return shown, similarity_weights(shown.ages, lengths[shown.rows], self.weighting)

    def _sums(self, items: np.ndarray) -> np.ndarray:
        from scipy import sparse

        shown, weights = self._shown(items)
        near = self.index.nearest(shown, weights, self.neighbours)
        decayed = near.similarities * score_weights(near.ages, self.score_weighting)
        shape = (len(items), self.index.size)
        scores = (sparse.csr_matrix((decayed, (near.rows, near.sessions)), shape=shape) @ self.items).toarray()
        if not self.remind:
            scores[shown.rows, shown.items] = 0.0
        return scores


def by_recency(sessions: SessionItems) -> tuple[sparse.csr_matrix, np.ndarray]:
    """(S, item_count + 1) 1.0 where a session has an item, from the one that ended first to the latest; and (S,) how
    long before the latest each ended, as a share of the time between the first and the latest. Sessions without an item
    are left out."""
    last = np.flatnonzero(np.diff(sessions.session, append=-1))
    ends = sessions.time[last]
    order = np.argsort(ends, kind="stable")
    ages = (ends.max(initial=-np.inf) - ends[order]) / (np.ptp(ends) or 1.0 if len(ends) else 1.0)
    return presence(sessions.matrix())[sessions.session[last[order]]], ages


def similarity_weights(ages: np.ndarray, lengths: np.ndarray, weighting: Weighting) -> np.ndarray:
    """(m,) weight in the similarity of an item shown `age` events ago in a history of `length`, at p = length - age.

    same 1; linear max(0, 1 - age / 10); div p / length; log 1 / log10(age + 1.7); quadratic (p / length)^2.
    """
    places = (lengths - ages) / np.maximum(lengths, 1)
    if weighting == "div":
        return places
    if weighting == "quadratic":
        return places**2
    if weighting == "log":
        return 1.0 / np.log10(ages + 1.7)
    return np.maximum(0.0, 1.0 - ages / 10.0) if weighting == "linear" else np.ones(len(ages))


def score_weights(ages: np.ndarray, weighting: Weighting) -> np.ndarray:
    """(m,) weight in the score of a session whose latest common item is `age` events old, with s = age + 1.

    same 1; linear max(0, 1 - s / 10); div 1 / s; log 1 / log10(s + 1.7); quadratic 1 / s^2.
    """
    steps = ages + 1.0
    if weighting == "div":
        return 1.0 / steps
    if weighting == "quadratic":
        return 1.0 / steps**2
    if weighting == "log":
        return 1.0 / np.log10(steps + 1.7)
    return np.maximum(0.0, 1.0 - steps / 10.0) if weighting == "linear" else np.ones(len(ages))
