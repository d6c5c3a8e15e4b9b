"""The items that a policy would recommend first: candidates for a second stage."""

from __future__ import annotations

import numpy as np

from ..errors import InputError
from .policy import CHUNK_CELLS, Policy
from .ranking import listed, scores_behind


class TopItems:
    """states (n, state size) -> (n, k) int32 ids of the k items that a policy ranks highest, best first, 0 where it has
    fewer; a `mdp.candidates.Retriever`.

    Policies over scores rank by these, others by their probabilities, as in `ranking_on_log`. Equal ones go by their
    number. Action a is item a + 1.

    Args:
        policy: what ranks.
        k: how many.
        other_action: the action that stands for items outside the vocabulary, which cannot be recommended.

    Raises:
        InputError: a policy that looks at more than the state.
    """

    def __init__(self, policy: Policy, k: int, other_action: int | None = None):
        if policy.memory is not None:
            what = "It looks at the past of a session, and candidates are retrieved by the state alone."
            raise InputError(what, where=f"policy {policy.name}", hint="Retrieve with another policy.")
        self.policy, self.k, self.other_action = policy, k, other_action

    def __call__(self, states: np.ndarray) -> np.ndarray:
        ids = np.zeros((len(states), self.k), dtype=np.int32)
        size = max(1, CHUNK_CELLS // self.policy.action_count)
        for first in range(0, len(states), size):
            rows = slice(first, first + size)
            best = self._best(_ranking(self.policy, states[rows]))
            ids[rows, : best.shape[1]] = best
        return ids

    def _best(self, scores: np.ndarray) -> np.ndarray:
        """(b, A) scores -> (b, up to k) ids."""
        if self.other_action is not None:
            scores = np.array(scores)
            scores[:, self.other_action] = -np.inf
        k = min(self.k, scores.shape[1])
        actions = np.nonzero(largest(scores, k))[1].reshape(len(scores), k)
        values = np.take_along_axis(scores, actions, axis=1)
        order = np.argsort(-values, axis=1, kind="stable")
        ranked = np.take_along_axis(actions, order, axis=1)
        return np.where(np.take_along_axis(values, order, axis=1) > -np.inf, ranked + 1, 0)


def largest(values: np.ndarray, k: int) -> np.ndarray:
    """(n, A) bool: the k largest of each row, all where there are no more; of equal ones the first."""
    if k >= values.shape[1]:
        return np.ones(values.shape, dtype=bool)
    least = -np.partition(-values, k - 1, axis=1)[:, k - 1, None]
    above, level = values > least, values == least
    return above | (level & (level.cumsum(axis=1) <= k - above.sum(axis=1, keepdims=True)))


def _ranking(policy: Policy, states: np.ndarray) -> np.ndarray:
    """(n, A) what the policy ranks by."""
    q = scores_behind(policy)
    return listed(policy.probabilities(states)) if q is None else q(states)
