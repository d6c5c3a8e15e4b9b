"""`item-knn`: what was in the same sessions as the items of this one."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

import numpy as np
from pydantic import Field

from ..mdp.dataset import TransitionDataset
from ..policies import Softmax
from .back_off import BackedOffByRecency, Decay, PopularityShare, Repeat
from .calibrated import calibrated
from .history_items import presence
from .item_scores import History

if TYPE_CHECKING:
    from scipy import sparse


def item_knn(
    train: TransitionDataset,
    *,
    neighbours: Annotated[int, Field(ge=1, le=100_000)] = 100,
    shrinkage: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 10.0,
    decay: Decay = 0.5,
    repeat: Repeat = 0.5,
    popularity: PopularityShare = 0.1,
) -> Softmax:
    """Item-based nearest neighbours (Sarwar et al. 2001; over sessions, Hidasi et al. 2016), calibrated.

    score(j) = sum over the items i of the history of decay^age x sim(i, j), sim the `cosine`; its share is mixed with
    the history's own items and popularity (see `BackedOff`).

    Args:
        train: a log whose states show a history of items.
        neighbours: how many other items each one keeps.
        shrinkage: added to the norm, so that a few common sessions do not make a perfect neighbour.
        decay: weight of an event relative to the one after it.
        repeat: what the history's own items get beside all neighbours.
        popularity: share of the probability that goes by popularity.

    Raises:
        InapplicableError: a log without histories or whose actions are not items.
    """

    fit = partial(
        ItemKNN, neighbours=neighbours, shrinkage=shrinkage, decay=decay, repeat=repeat, popularity=popularity
    )
    policy = calibrated(fit, train)
    policy.name = "item-knn"
    return policy


class ItemKNN(BackedOffByRecency):
    """The scores of `item_knn`."""

    def __init__(
        self,
        data: TransitionDataset,
        *,
        neighbours: int,
        shrinkage: float,
        decay: float,
        repeat: float,
        popularity: float,
    ):
        super().__init__(data, decay, repeat, popularity)
        self.similar = cosine(presence(self.sessions.matrix()), neighbours, shrinkage)

    def raw(self, history: History) -> np.ndarray:
        return (self.weights(history) @ self.similar).toarray()


def cosine(sessions: sparse.csr_matrix, neighbours: int, shrinkage: float) -> sparse.csr_matrix:
    """(I, I) n_ij / (sqrt(n_i n_j) + shrinkage), n_ij the sessions with both items; 0 on the diagonal and beyond the
    nearest `neighbours` of each row, where of equal ones the lower id comes first.

    Args:
        sessions: (sessions, I) 1.0 where a session has an item.
        neighbours: how many a row keeps.
        shrinkage: >= 0.
    """
    from scipy import sparse

    counts = np.asarray(sessions.sum(axis=0)).ravel()
    common = (sessions.T @ sessions).tocoo()
    apart = common.row != common.col
    rows, columns, both = common.row[apart], common.col[apart], common.data[apart]
    values = both / (np.sqrt(counts[rows] * counts[columns]) + shrinkage)
    order = np.lexsort((columns, -values, rows))
    rows = rows[order]
    nearest = np.arange(len(rows)) - np.searchsorted(rows, rows) < neighbours
    kept = order[nearest]
    return sparse.coo_matrix((values[kept], (rows[nearest], columns[kept])), shape=common.shape).tocsr()
