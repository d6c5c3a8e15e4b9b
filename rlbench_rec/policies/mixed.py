"""The mixture of a policy with the behaviour policy."""

from __future__ import annotations

import numpy as np

from ..errors import InputError
from ..mdp.past import Past
from .policy import Policy, ask, longest
from .reweighted import Reweighted


class Mixed(Reweighted):
    """pi(a|s) = (1 - m) b(a|s) + m g(a|s), b the base.

    Its importance weight is 1 - m + m g(a|s) / b(a|s) at the logged action: it is exact wherever the propensity of the
    logged action is.

    Args:
        policy: g, `Greedy` say.
        share: m, in [0, 1].
        base: the behaviour policy; None: each call brings its probabilities.
        name: label in tables; None: `mixed-<share>`.

    Raises:
        InputError: a share out of range.
    """

    def __init__(self, policy: Policy, share: float, base: Policy | None = None, name: str | None = None):
        if not 0.0 <= share <= 1.0:
            raise InputError(f"The share is {share}; it must lie in [0, 1].", where="share")
        self.policy, self.action_count, self.share = policy, policy.action_count, float(share)
        self.memory = longest(policy.memory, base.memory if base else None)
        self.base, self.name = base, f"mixed-{self.share:g}" if name is None else name

    def scores(self, states: np.ndarray, past: Past | None = None) -> np.ndarray:
        """(n, A) the other policy's probabilities."""
        return ask(self.policy, states, past)

    def reweight(self, scores: np.ndarray, base: np.ndarray) -> np.ndarray:
        return (1.0 - self.share) * np.asarray(base, dtype=np.float64) + self.share * scores
