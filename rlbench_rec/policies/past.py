"""Policies that look at the past: asked on a log, and while sessions go on.

On a log a policy is shown the logged past alone: what the behaviour policy's actions earned, never what its own would
have. Importance weighting needs exactly that: the probability of a session under a policy pi, over that under the
behaviour policy b, is the product of pi(a_t | h_t) / b(a_t | s_t) over its decisions, with h_t the session as it was
logged up to s_t. What the users do given h_t and a_t cancels, whatever the policies look at.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..arguments import expect
from ..mdp.dataset import TransitionDataset
from ..mdp.past import Past
from ..mdp.states import numbers
from .policy import CHUNK_CELLS, Policy, PolicyWithMemory, ask
from .q_policies import QFunction, memory_of, scores_of


def on_log(policy: Policy, data: TransitionDataset, rows: np.ndarray | slice | None = None) -> np.ndarray:
    """(n, action_count) probabilities of a policy in the states of a log, given what was logged before them.

    Args:
        policy: any policy.
        data: the log.
        rows: (n,) row numbers, a slice, a mask, or None for all.
    """
    expect(data, TransitionDataset, "data")
    if policy.memory is None:
        return policy.probabilities(data.states(rows))
    parts = [
        ask(policy, data.states(some), data.past(some, policy.memory)) for some in _chunks(policy.memory, data, rows)
    ]
    return np.concatenate(parts) if parts else np.empty((0, policy.action_count))


def probability_on_log(
    policy: Policy, data: TransitionDataset, actions: np.ndarray, rows: np.ndarray | slice | None = None
) -> np.ndarray:
    """(n,) probability of one action a row (the logged ones: `data.actions`), as `on_log` gives them.

    Args:
        policy: any policy.
        data: the log.
        actions: (n,) one for each of the rows.
        rows: as for `on_log`.
    """
    expect(data, TransitionDataset, "data")
    if not isinstance(policy, PolicyWithMemory) or policy.memory is None:
        return policy.probability_of(data.states(rows), actions)
    parts, done = [], 0
    for some in _chunks(policy.memory, data, rows):
        taken = actions[done : done + len(some)]
        parts.append(policy.probability_of(data.states(some), taken, past=data.past(some, policy.memory)))
        done += len(some)
    return np.concatenate(parts) if parts else np.empty(0)


def scores_on_log(q: QFunction, data: TransitionDataset, rows: np.ndarray | slice | None = None) -> np.ndarray:
    """(n, action_count) scores in the states of a log, given what was logged before them.

    Args:
        q: any scores.
        data: the log.
        rows: as for `on_log`.
    """
    expect(data, TransitionDataset, "data")
    memory = memory_of(q)
    if memory is None:
        return q(data.states(rows))
    some = list(_chunks(memory, data, rows)) or [np.empty(0, np.int64)]
    return np.concatenate([scores_of(q, data.states(chunk), data.past(chunk, memory)) for chunk in some])


def _chunks(memory: int, data: TransitionDataset, rows: np.ndarray | slice | None) -> Iterator[np.ndarray]:
    """Row numbers, so many at a time that neither their past nor their probabilities fill the memory."""
    index = numbers(data, slice(None) if rows is None else rows)
    size = max(1, CHUNK_CELLS // max(data.action_count, memory * data.layout.size))
    for first in range(0, len(index), size):
        yield index[first : first + size]


class OngoingSessions:
    """The past of users whose sessions are going on: who serves or simulates a policy with memory keeps one.

    Args:
        users: how many sessions there are.
        memory: `Policy.memory`, how many decisions are kept.
        state_size: columns of a state.
        gamma: discount factor of what was earned.
    """

    def __init__(self, users: int, memory: int, state_size: int, gamma: float):
        self.past = Past.start(users, memory, state_size, gamma)

    def of(self, users: np.ndarray) -> Past:
        """The past of some of the sessions, up to now."""
        return self.past[users]

    def add(self, users: np.ndarray, states: np.ndarray, actions: np.ndarray, rewards: np.ndarray) -> None:
        """One decision of each of these sessions, and what it earned.

        Args:
            users: (k,) numbers of the sessions, none twice.
            states: (k, state size) before the decision.
            actions: (k,) taken.
            rewards: (k,) earned.
        """
        past = self.past
        # In float64, as on a log: the same session has the same past in both.
        past.earned[users] += past.gamma ** past.steps[users] * rewards.astype(np.float64)
        past.steps[users] += 1
        if past.memory:
            for kept, latest in ((past.rewards, rewards), (past.actions, actions), (past.states, states)):
                kept[users, :-1] = kept[users, 1:]
                kept[users, -1] = latest
