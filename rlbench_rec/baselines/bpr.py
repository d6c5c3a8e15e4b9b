"""`bpr`: sessions and items as vectors, so that what a session has ranks above what it does not have."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import numpy as np
from pydantic import Field

from ..mdp.dataset import TransitionDataset
from ..policies import Softmax
from ..policies.registry import require_packages
from .back_off import BackedOffByRecency, Decay, PopularityShare, Repeat
from .calibrated import calibrated
from .factors import item_factors
from .history_items import presence
from .item_scores import History


def bpr(
    train: TransitionDataset,
    *,
    factors: Annotated[int, Field(ge=1, le=1_024)] = 64,
    learning_rate: Annotated[float, Field(gt=0, le=1)] = 0.1,
    regularisation: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.01,
    iterations: Annotated[int, Field(ge=1, le=10_000)] = 100,
    decay: Decay = 0.5,
    repeat: Repeat = 0.5,
    popularity: PopularityShare = 0.1,
    seed: Annotated[int, Field(ge=0)] = 0,
) -> Softmax:
    """Bayesian personalised ranking (Rendle et al. 2009; implicit's solver), calibrated.

    Vectors x of sessions, y of items and biases b of items maximise sum log sigmoid(x'y_i + b_i - x'y_j - b_j) over
    items i that a session has and drawn j that it has not, less regularisation. A history's x is the mean of its items'
    y, weighted by decay^age, and score(j) = exp(x'y_j + b_j). Its share is mixed with the history's own items
    and popularity (see `BackedOff`). Needs the extra `[baselines]`.

    Args:
        train: a log whose states show a history of items.
        factors: length of the vectors.
        learning_rate: of the stochastic gradient steps.
        regularisation: of the vectors.
        iterations: passes over the log.
        decay: weight of an event relative to the one after it.
        repeat: what the history's own items get beside all others.
        popularity: share of the probability that goes by popularity.
        seed: of the first vectors and the draws.

    Raises:
        MissingExtraError: implicit is not installed.
        InputError: settings so far apart that the vectors are no numbers.
        InapplicableError: a log without histories or whose actions are not items.
    """
    require_packages("bpr")
    fit = partial(
        BPR,
        factors=factors,
        learning_rate=learning_rate,
        regularisation=regularisation,
        iterations=iterations,
        decay=decay,
        repeat=repeat,
        popularity=popularity,
        seed=seed,
    )
    policy = calibrated(fit, train)
    policy.name = "bpr"
    return policy


class BPR(BackedOffByRecency):
    """The scores of `bpr`."""

    def __init__(
        self,
        data: TransitionDataset,
        *,
        factors: int,
        learning_rate: float,
        regularisation: float,
        iterations: int,
        decay: float,
        repeat: float,
        popularity: float,
        seed: int,
    ):
        super().__init__(data, decay, repeat, popularity)
        from implicit.cpu.bpr import BayesianPersonalizedRanking

        model = BayesianPersonalizedRanking(
            factors=factors,
            learning_rate=learning_rate,
            regularization=regularisation,
            iterations=iterations,
            random_state=seed,
            num_threads=1,
        )
        vectors = item_factors(model, presence(self.sessions.matrix()))
        # implicit keeps an item's bias as its last factor.
        self.items, self.biases = vectors[:, :-1], vectors[:, -1]

    def raw(self, history: History) -> np.ndarray:
        weights = self.weights(history)
        totals = np.asarray(weights.sum(axis=1))
        known = totals > 0
        scores = (weights @ self.items / np.where(known, totals, 1.0)) @ self.items.T + self.biases
        return np.exp(scores - scores.max(axis=1, keepdims=True)) * known
