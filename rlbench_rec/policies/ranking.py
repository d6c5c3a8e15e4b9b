"""In which order a policy would recommend: the scores behind its lists."""

from __future__ import annotations

import numpy as np

from ..arguments import expect
from ..mdp.dataset import TransitionDataset
from .allowed import Allowed, allowed_actions
from .past import on_log, scores_on_log
from .policy import Policy
from .q_policies import EpsilonGreedy, Greedy, QFunction, Softmax


def scores_behind(policy: Policy) -> QFunction | None:
    """The scores that a policy ranks by, where it is one over scores (`Greedy`, `Softmax`, `EpsilonGreedy`), or one of
    these kept to what is allowed; None for any other."""
    if isinstance(policy, Allowed):
        return scores_behind(policy.policy)
    return policy.q if isinstance(policy, Greedy | Softmax | EpsilonGreedy) else None


def ranking_on_log(policy: Policy, data: TransitionDataset, rows: np.ndarray | slice | None = None) -> np.ndarray:
    """(n, action_count) scores by which a policy ranks the actions in the states of a log; minus infinity for what it
    never recommends.

    A policy over scores ranks by these: a greedy policy gives one action all its probability, yet a list of ten is its
    ten best. Any other policy ranks by its probabilities, and what has none is not in its lists.

    Args:
        policy: any policy.
        data: the log.
        rows: (n,) row numbers, a slice, a mask, or None for all.
    """
    expect(data, TransitionDataset, "data")
    q = scores_behind(policy)
    if q is None:
        return listed(on_log(policy, data, rows))
    if not isinstance(policy, Allowed):
        return scores_on_log(q, data, rows)
    scores = ranking_on_log(policy.policy, data, rows)
    allowed = allowed_actions(data.states(rows), policy.layout, policy.action_count, policy.other_action)
    return scores if allowed is None else np.where(allowed, scores, -np.inf)


def listed(probabilities: np.ndarray) -> np.ndarray:
    """Probabilities as scores: minus infinity where there is none."""
    return np.where(probabilities == 0.0, -np.inf, probabilities)
