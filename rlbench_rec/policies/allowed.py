"""What may be recommended in a state, and a policy that keeps to it."""

from __future__ import annotations

import numpy as np

from ..bad_rows import refuse_rows
from ..errors import InputError
from ..mdp.dataset import StateLayout
from ..mdp.past import Past
from .policy import Policy, PolicyWithMemory, ask


def allowed_actions(
    states: np.ndarray, layout: StateLayout, action_count: int, other_action: int | None = None
) -> np.ndarray | None:
    """(n, action_count) bool, true for what may be recommended, or None where everything may.

    Ruled out are actions that the state's flags forbid, empty slots among candidates, and what stands for all items
    outside the vocabulary: the action `other_action`, or a slot with the item `layout.other_item`.

    Args:
        states: (n, layout.size).
        layout: how a state reads.
        action_count: number of actions; of candidates, the slots.
        other_action: see `TransitionDataset`.

    Raises:
        InputError: a state that allows nothing.
    """
    if not layout.beside and other_action is None:
        return None
    last = states[:, states.shape[1] - layout.beside :]
    if layout.candidates:
        allowed = (last > 0) & (last != layout.other_item)
    else:
        allowed = last == 0 if layout.forbidden else np.ones((len(states), action_count), dtype=bool)
    if other_action is not None:
        allowed[:, other_action] = False
    nothing = ~allowed.any(axis=1)
    refuse_rows(nothing, lambda row, _: InputError(f"State {row} leaves nothing to recommend.", where="states"))
    return allowed


class Allowed(PolicyWithMemory):
    """pi(a|s) of another policy, 0 for what may not be recommended (see `allowed_actions`), the rest scaled to sum to
    1; uniform over what is allowed where the other policy gives it no probability.

    Args:
        policy: the other policy.
        layout: how states read.
        other_action: see `TransitionDataset`.

    Raises:
        InputError: from `probabilities`, for a state that allows nothing.
    """

    def __init__(self, policy: Policy, layout: StateLayout, other_action: int | None = None):
        self.policy, self.layout, self.other_action = policy, layout, other_action
        self.name, self.action_count, self.memory = policy.name, policy.action_count, policy.memory

    def probabilities(self, states: np.ndarray, *, past: Past | None = None) -> np.ndarray:
        rows = ask(self.policy, states, past)
        allowed = allowed_actions(states, self.layout, self.action_count, self.other_action)
        if allowed is None:
            return rows
        kept = rows * allowed
        totals = kept.sum(axis=1, keepdims=True)
        return np.where(totals > 0, kept, allowed) / np.where(totals > 0, totals, allowed.sum(axis=1, keepdims=True))
