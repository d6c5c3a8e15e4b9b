"""The best action among those that the behaviour policy is likely to take."""

from __future__ import annotations

import numpy as np

from ..errors import InputError
from ..mdp.past import Past
from .policy import Policy, longest
from .q_policies import QFunction, memory_of, one_hot, scores_of
from .reweighted import Reweighted


class ConstrainedGreedy(Reweighted):
    """Probability 1 on argmax q(s, a) among the actions with b(a|s) >= c max_a b(a|s), b the base; ties go to the
    lowest action number.

    The largest b is taken over the actions that the scores do not rule out, and an action that the base never takes
    is never taken. Discrete BCQ learns with the same constraint (Fujimoto et al. 2019).

    Args:
        q: the values; minus infinity for an action that must not be taken.
        action_count: number of actions A.
        share: c, in [0, 1]; 0 is greedy within what the base takes at all, 1 the base's likeliest action.
        base: the behaviour policy; None: each call brings its probabilities.
        name: label in tables; None: `constrained-<share>`.

    Raises:
        InputError: a share out of range.
    """

    def __init__(
        self, q: QFunction, action_count: int, share: float, base: Policy | None = None, name: str | None = None
    ):
        if not 0.0 <= share <= 1.0:
            raise InputError(f"The share is {share}; it must lie in [0, 1].", where="share")
        self.q, self.action_count, self.share = q, action_count, float(share)
        self.memory = longest(memory_of(q), base.memory if base else None)
        self.base, self.name = base, f"constrained-{self.share:g}" if name is None else name

    def scores(self, states: np.ndarray, past: Past | None = None) -> np.ndarray:
        return scores_of(self.q, states, past)

    def reweight(self, scores: np.ndarray, base: np.ndarray) -> np.ndarray:
        base = np.asarray(base, dtype=np.float64)
        within = np.where(scores != -np.inf, base, 0.0)
        most = within.max(axis=1, keepdims=True)
        likely = (within >= self.share * most) & (within > 0.0)
        best = np.where(likely, scores, -np.inf).argmax(axis=1)
        return np.where(most > 0, one_hot(best, self.action_count) * base.sum(axis=1, keepdims=True), base)
