"""A policy that keeps to the actions a state allows."""

from __future__ import annotations

import numpy as np

from ..errors import InputError
from .base import Policy


class Allowed(Policy):
    """pi(a|s) of another policy, 0 where the state forbids a, the rest scaled to sum to 1; uniform over what is allowed
    where the other policy would do none of it.

    Args:
        policy: the other policy; the last columns of its states are the flags of forbidden actions.

    Raises:
        InputError: when asked about a state that forbids everything.
    """

    def __init__(self, policy: Policy):
        self.policy, self.name, self.action_count = policy, policy.name, policy.action_count

    def probabilities(self, states: np.ndarray) -> np.ndarray:
        allowed = states[:, states.shape[1] - self.action_count :] == 0
        nothing = ~allowed.any(axis=1)
        if nothing.any():
            raise InputError(f"State {int(nothing.argmax())} forbids every action.", where=f"policy {self.name}")
        kept = self.policy.probabilities(states) * allowed
        totals = kept.sum(axis=1, keepdims=True)
        return np.where(totals > 0, kept, allowed) / np.where(totals > 0, totals, allowed.sum(axis=1, keepdims=True))
