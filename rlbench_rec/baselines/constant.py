"""The best single action."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from ..mdp.dataset import TransitionDataset
from ..mdp.returns import session_returns_to_go
from ..policies import Greedy
from .item_scores import FixedScores, choice_count, choices


def constant(
    train: TransitionDataset, *, shrinkage: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 100.0
) -> Greedy:
    """The action that earned most, in every state: argmax_a of v(a), by self-normalised weights on the training side.

    v(a) = sum_i 1{a_i = a} w_i G_i / sum_i 1{a_i = a} w_i with w_i = 1 / p_i, p_i the logged propensity (1 where it is
    unknown) and G_i the discounted reward to go within the session. Each v(a) is drawn towards the mean of G over the
    log as if that had been seen `shrinkage` times more, beside the action's effective rows (sum w)^2 / sum w^2: an
    action that was seen a handful of times must not win by luck. Where the best action may not be taken, the next one
    is. What follows an action is what the behaviour policy made of it, so on sessions this is one step of improvement,
    not the best policy of one action.

    Args:
        train: the training side.
        shrinkage: rows at the log's mean that every action is given.
    """
    policy = Greedy(FixedScores(train, values_of_actions(train, shrinkage)), train.action_count)
    policy.name = "constant"
    return policy


def values_of_actions(train: TransitionDataset, shrinkage: float) -> np.ndarray:
    """(choices + 1,) shrunken v by the ids of `choices`; the log's mean where an action was never taken."""
    ids, size = choices(train), choice_count(train) + 1
    returns = session_returns_to_go(train)
    weights = np.ones(len(train)) if train.propensities is None else 1.0 / train.propensities

    def sums(column: np.ndarray) -> np.ndarray:
        return np.bincount(ids, column, minlength=size)

    totals, squares = sums(weights), sums(weights**2)
    seen = totals > 0
    rows = np.divide(totals**2, squares, out=np.zeros(size), where=seen)
    values = np.divide(sums(weights * returns), totals, out=np.zeros(size), where=seen)
    mean = float(returns.mean())
    return np.divide(rows * values + shrinkage * mean, rows + shrinkage, out=np.full(size, mean), where=rows > 0)
