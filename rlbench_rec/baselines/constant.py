"""The best single action."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from ..mdp.dataset import TransitionDataset
from ..mdp.returns import session_returns_to_go
from ..policies import Greedy
from .item_scores import FixedScores, choice_count, choices


def constant(train: TransitionDataset, *, caution: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 4.0) -> Greedy:
    """Always the single action of the highest estimated value, less `caution` standard errors.

    argmax_a of v(a) - caution s / sqrt(n(a)), with v(a) = sum_i 1{a_i = a} w_i G_i / sum_i 1{a_i = a} w_i.

    v(a) is self-normalised: w_i = 1 / p_i, p_i the logged propensity (1 where it is unknown), and G_i the discounted
    reward to go within the session. s is the standard deviation of G over the log and n(a) = (sum w)^2 / sum w^2 the
    action's effective rows, so that one that was seen a handful of times does not win by luck. Where the best action
    may not be taken, the next one is.

    On sessions v(a) is the value of one a, with what the behaviour policy made of it, and not that of always a.

    Args:
        train: the training side.
        caution: standard errors that are taken off. 4 was chosen on `train` shops (`studies/constant_caution.py`); it
            is above the usual 2, since the rows of a session are not independent.
    """
    values, rows = values_of_actions(train)
    spread, seen = float(session_returns_to_go(train).std()), rows > 0
    limits = values - caution * spread / np.sqrt(np.where(seen, rows, 1.0))
    # An action that was never taken comes after all others.
    scores = np.where(seen, limits, limits[seen].min() - 1.0)
    policy = Greedy(FixedScores(train, scores), train.action_count)
    policy.name = "constant"
    return policy


def values_of_actions(train: TransitionDataset) -> tuple[np.ndarray, np.ndarray]:
    """(choices + 1,) v and the effective rows by the ids of `choices`; both 0 where an action was never taken."""
    ids, size = choices(train), choice_count(train) + 1
    # Relative to the rarest action: the unit of weights cancels, and their squares would not fit a float.
    weights = np.ones(len(train)) if train.propensities is None else train.propensities.min() / train.propensities

    def sums(column: np.ndarray) -> np.ndarray:
        return np.bincount(ids, column, minlength=size)

    totals, squares = sums(weights), sums(weights**2)
    seen = totals > 0
    values = np.divide(sums(weights * session_returns_to_go(train)), totals, out=np.zeros(size), where=seen)
    return values, np.divide(totals**2, squares, out=np.zeros(size), where=seen)
