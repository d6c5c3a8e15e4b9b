"""`ease`: the best linear map from a session's items to themselves that does not use an item for itself."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

import numpy as np
from pydantic import Field

from ..errors import InapplicableError
from ..mdp.dataset import TransitionDataset
from ..policies import Softmax
from .back_off import BackedOffByRecency, Decay, PopularityShare, Repeat
from .calibrated import calibrated
from .history_items import presence
from .item_scores import History

if TYPE_CHECKING:
    from scipy import sparse

MOST_ITEMS = 20_000
"""The weights take 8 bytes x items^2: 3.2 GB for so many."""


def ease(
    train: TransitionDataset,
    *,
    regularisation: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 100.0,
    decay: Decay = 0.5,
    repeat: Repeat = 0.5,
    popularity: PopularityShare = 0.1,
) -> Softmax:
    """EASE (Steck 2019, "Embarrassingly Shallow Autoencoders for Sparse Data"), calibrated.

    score(j) = sum_i x_i B_ij, x_i = decay^age of an item that the history shows (Steck has 1), B as in `ease_weights`;
    its share is mixed with the history's own items and popularity (see `BackedOff`).

    Args:
        train: a log whose states show a history of items.
        regularisation: lambda.
        decay: weight of an event relative to the one after it.
        repeat: what the history's own items get beside all others, 0 in the paper.
        popularity: share of the probability that goes by popularity.

    Raises:
        InapplicableError: a log without histories, whose actions are not items, or with more than 20,000 of them.
    """
    count = train.item_count - (train.other_item > 0)
    if count > MOST_ITEMS:
        what = f"It has {count:,} items; ease inverts a matrix of items by items, of at most {MOST_ITEMS:,}."
        hint = f"Build it with a top_k of {MOST_ITEMS:,} or less, or take item-knn or als."
        raise InapplicableError(what, where=train.provenance.source, hint=hint)
    policy = calibrated(
        partial(EASE, regularisation=regularisation, decay=decay, repeat=repeat, popularity=popularity), train
    )
    policy.name = "ease"
    return policy


class EASE(BackedOffByRecency):
    """The scores of `ease`."""

    def __init__(
        self, data: TransitionDataset, *, regularisation: float, decay: float, repeat: float, popularity: float
    ):
        super().__init__(data, decay, repeat, popularity)
        self.map = ease_weights(presence(self.sessions.matrix()), regularisation)

    def raw(self, history: History) -> np.ndarray:
        return self.weights(history) @ self.map


def ease_weights(sessions: sparse.csr_matrix, regularisation: float) -> np.ndarray:
    """(I, I) B = I - P diag(1 / diag(P)), P = (X'X + regularisation x identity)^-1: B_ij = -P_ij / P_jj, B_ii = 0.

    Args:
        sessions: (sessions, I) X, 1.0 where a session has an item.
        regularisation: lambda > 0.
    """
    from scipy.linalg import lapack

    gram = (sessions.T @ sessions).toarray(order="C")
    gram[np.diag_indices_from(gram)] += regularisation
    # In place: each further matrix of this size would cost as much memory. LAPACK counts columns first, so it is given
    # the transpose, which is the same matrix.
    factor, failure = lapack.dpotrf(gram.T, lower=True, overwrite_a=True)
    inverse, failure_to_invert = lapack.dpotri(factor, lower=True, overwrite_c=True)
    assert not failure and not failure_to_invert, "positive definite, since lambda is above 0"
    weights = inverse.T
    for row in range(len(weights)):
        weights[row + 1 :, row] = weights[row, row + 1 :]
    weights /= -np.diag(weights).copy()
    np.fill_diagonal(weights, 0.0)
    return weights
