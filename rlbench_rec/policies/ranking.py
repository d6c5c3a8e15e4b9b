"""In which order a policy would recommend: the scores behind its lists."""

from __future__ import annotations

import numpy as np

from ..mdp.dataset import TransitionDataset
from .allowed import Allowed, allowed_actions
from .past import on_log, scores_on_log
from .policy import Policy
from .q_policies import EpsilonGreedy, Greedy, Softmax


def ranking_on_log(policy: Policy, data: TransitionDataset, rows: np.ndarray | slice | None = None) -> np.ndarray:
    """(n, action_count) scores by which a policy ranks the actions in the states of a log; minus infinity for what it
    can never recommend.

    A policy over scores (`Greedy`, `Softmax`, `EpsilonGreedy`) ranks by these: a greedy policy gives one action all
    its probability, yet a list of ten is its ten best. Any other policy ranks by its probabilities.

    Args:
        policy: any policy.
        data: the log.
        rows: (n,) row numbers, a slice, a mask, or None for all.
    """
    if isinstance(policy, Greedy | Softmax | EpsilonGreedy):
        return scores_on_log(policy.q, data, rows)
    if isinstance(policy, Allowed):
        scores = ranking_on_log(policy.policy, data, rows)
        allowed = allowed_actions(data.states(rows), policy.layout, policy.action_count, policy.other_action)
        return scores if allowed is None else np.where(allowed, scores, -np.inf)
    return on_log(policy, data, rows)
