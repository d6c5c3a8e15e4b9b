"""`als`: sessions and items as vectors, by alternating least squares over all pairs."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

import numpy as np
from pydantic import Field

from ..mdp.dataset import TransitionDataset
from ..policies import Softmax
from ..policies.policy import CHUNK_CELLS
from ..policies.registry import require_packages
from .back_off import BackedOffByRecency, Decay, PopularityShare, Repeat
from .calibrated import calibrated
from .factors import item_factors, no_solution
from .history_items import presence
from .item_scores import History

if TYPE_CHECKING:
    from scipy import sparse


def als(
    train: TransitionDataset,
    *,
    factors: Annotated[int, Field(ge=1, le=1_024)] = 64,
    regularisation: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 0.1,
    confidence: Annotated[float, Field(ge=1, allow_inf_nan=False)] = 100.0,
    iterations: Annotated[int, Field(ge=1, le=1_000)] = 15,
    decay: Decay = 0.5,
    repeat: Repeat = 0.5,
    popularity: PopularityShare = 0.1,
    seed: Annotated[int, Field(ge=0)] = 0,
) -> Softmax:
    """Implicit-feedback matrix factorisation (Hu, Koren and Volinsky 2008; implicit's solver), calibrated.

    Vectors x of sessions and y of items minimise sum over all pairs of c (p - x'y)^2 + regularisation (|x|^2 + |y|^2),
    with p = 1 and c = confidence where the session has the item, else p = 0 and c = 1. A history gets the x that is
    best for it (see `fold_in`), and score(j) = x'y_j. Its share is mixed with the history's own items and
    popularity (see `BackedOff`). Needs the extra `[baselines]`.

    Args:
        train: a log whose states show a history of items.
        factors: length of the vectors.
        regularisation: of the vectors.
        confidence: weight of an item that was in a session, against 1 for one that was not.
        iterations: of the alternation.
        decay: in a history, what is left of confidence - 1 with each event that came after; 1 in the paper.
        repeat: what the history's own items get beside all others.
        popularity: share of the probability that goes by popularity.
        seed: of the first vectors.

    Raises:
        MissingExtraError: implicit is not installed.
        InputError: settings so far apart that the vectors are no numbers.
        InapplicableError: a log without histories or whose actions are not items.
    """
    require_packages("als")
    fit = partial(
        ALS,
        factors=factors,
        regularisation=regularisation,
        confidence=confidence,
        iterations=iterations,
        decay=decay,
        repeat=repeat,
        popularity=popularity,
        seed=seed,
    )
    policy = calibrated(fit, train)
    policy.name = "als"
    return policy


class ALS(BackedOffByRecency):
    """The scores of `als`."""

    def __init__(
        self,
        data: TransitionDataset,
        *,
        factors: int,
        regularisation: float,
        confidence: float,
        iterations: int,
        decay: float,
        repeat: float,
        popularity: float,
        seed: int,
    ):
        super().__init__(data, decay, repeat, popularity)
        from implicit.cpu.als import AlternatingLeastSquares

        model = AlternatingLeastSquares(
            factors=factors,
            regularization=regularisation,
            alpha=confidence,
            iterations=iterations,
            random_state=seed,
            num_threads=1,
        )
        self.items = item_factors(model, presence(self.sessions.matrix()))
        self.regularisation, self.confidence = regularisation, confidence

    def raw(self, history: History) -> np.ndarray:
        weights = self.weights(history)
        vectors = np.empty((len(history), self.items.shape[1]))
        # Each history solved for at once takes factors^2 numbers.
        size = max(1, CHUNK_CELLS // self.items.shape[1] ** 2)
        for first in range(0, len(history), size):
            rows = slice(first, first + size)
            vectors[rows] = fold_in(weights[rows], self.items, self.confidence, self.regularisation)
        return vectors @ self.items.T


def fold_in(weights: sparse.csr_matrix, items: np.ndarray, confidence: float, regularisation: float) -> np.ndarray:
    """(n, f) x = (Y'CY + regularisation x identity)^-1 Y'Cp of each row, the normal equations of ALS.

    p is 1 for what a row has, and C is diagonal with 1 + (confidence - 1) x weight there; elsewhere p is 0 and C 1.

    Args:
        weights: (n, I) above 0 for what a row has; 1 for full confidence.
        items: (I, f) Y.
        confidence: >= 1.
        regularisation: > 0.

    Raises:
        InputError: one so small that the equations have no solution.
    """
    gram = items.T @ items + regularisation * np.identity(items.shape[1])
    systems = np.repeat(gram[None], weights.shape[0], axis=0)
    sums = np.zeros((weights.shape[0], items.shape[1]))
    for row in range(weights.shape[0]):
        entries = slice(weights.indptr[row], weights.indptr[row + 1])
        vectors, extra = items[weights.indices[entries]], (confidence - 1.0) * weights.data[entries, None]
        systems[row] += vectors.T @ (extra * vectors)
        sums[row] = ((1.0 + extra) * vectors).sum(axis=0)
    try:
        return np.linalg.solve(systems, sums[:, :, None])[:, :, 0]
    except np.linalg.LinAlgError as error:
        raise no_solution() from error
