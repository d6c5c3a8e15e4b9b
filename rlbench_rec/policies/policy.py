"""The policy contract: probabilities over actions, for a batch of states."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

from ..arguments import expect
from ..errors import InputError
from ..mdp.past import Past

CHUNK_CELLS = 4_000_000
"""Largest probability matrix held at once when only some of its cells are needed."""


class Policy(ABC):
    """Anything that gives probabilities over actions.

    A state is one row of `TransitionDataset.states()`. A deterministic policy is legal; its missing overlap with the
    log then shows in the verdict of every estimate made of it.
    """

    name: str
    """Short label used in tables: `softmax-0.3`, `greedy`, `random`."""
    action_count: int
    memory: int | None = None
    """How many decisions of the session it looks back; 0: what was earned so far alone; None: the state alone. A policy
    that looks back is a `PolicyWithMemory`."""

    @abstractmethod
    def probabilities(self, states: np.ndarray) -> np.ndarray:
        """(n, state size) -> (n, action_count) float64, rows sum to 1."""

    def probability_of(self, states: np.ndarray, actions: np.ndarray) -> np.ndarray:
        """(n,) probability of each action; at most a chunk of the full matrix is held at a time."""
        return _probability_of(self, states, actions, None)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r} over {self.action_count} actions>"

    def act(self, states: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """(n,) int64 actions drawn from `probabilities`, one uniform number per state."""
        return sample(self.probabilities(states), rng)


def expect_policy(policy: object) -> None:
    """Refuse what gives no probabilities; see `arguments.expect`."""
    if not hasattr(policy, "probabilities"):
        expect(policy, Policy, "policy")


class PolicyWithMemory(Policy):
    """A policy that may be asked with the past of the sessions, and has to be where its `memory` is not None."""

    @abstractmethod
    def probabilities(self, states: np.ndarray, *, past: Past | None = None) -> np.ndarray:
        """(n, state size) and what happened before -> (n, action_count) float64, rows sum to 1.

        Args:
            states: (n, state size).
            past: of the n sessions, `memory` decisions back; None where the policy looks at the state alone.

        Raises:
            InputError: a policy that looks back, and no past, or one of another length.
        """

    def probability_of(self, states: np.ndarray, actions: np.ndarray, *, past: Past | None = None) -> np.ndarray:
        """(n,) probability of each action; at most a chunk of the full matrix is held at a time."""
        return _probability_of(self, states, actions, past)

    def act(self, states: np.ndarray, rng: np.random.Generator, *, past: Past | None = None) -> np.ndarray:
        """(n,) int64 actions drawn from `probabilities`, one uniform number per state."""
        return sample(self.probabilities(states, past=past), rng)


def ask(policy: Policy, states: np.ndarray, past: Past | None) -> np.ndarray:
    """The policy's `probabilities`, with the past where it looks back.

    Raises:
        InputError: it looks back, and there is no past, or one of another length or of other states.
    """
    if policy.memory is None or not isinstance(policy, PolicyWithMemory):
        return policy.probabilities(states)
    return policy.probabilities(states, past=fitting(past, policy.memory, states, f"policy {policy.name}"))


def fitting(past: Past | None, memory: int, states: np.ndarray, where: str) -> Past:
    """The past of these states, so many decisions back.

    Raises:
        InputError: there is none, it is of other states, or it does not go back that far.
    """
    if past is None:
        what = f"It looks back {memory} decisions of the session, and was asked without them."
        hint = "Give past= (TransitionDataset.past, Past.start), or ask policies.on_log(policy, data)."
        raise InputError(what, where=where, hint=hint)
    if len(past) != len(states) or past.memory < memory:
        what = f"The past is of {len(past)} sessions, {past.memory} decisions back; {len(states)} and {memory} are due."
        raise InputError(what, where=where)
    return past.last(memory)


def _probability_of(policy: Policy, states: np.ndarray, actions: np.ndarray, past: Past | None) -> np.ndarray:
    if len(states) != len(actions):
        raise InputError(f"{len(states)} states but {len(actions)} actions.", where="probability_of")
    size = max(1, CHUNK_CELLS // policy.action_count)
    parts = []
    for i in range(0, len(states), size):
        rows = slice(i, i + size)
        matrix = ask(policy, states[rows], None if past is None else past[rows])
        parts.append(at_actions(matrix, actions[rows]))
    return np.concatenate(parts) if parts else np.empty(0)


def at_actions(table: np.ndarray, actions: np.ndarray) -> np.ndarray:
    """(n, A) table, (n,) actions -> (n,) the cell of each row's action."""
    return np.take_along_axis(table, actions[:, None], axis=1)[:, 0]


def longest(*memories: int | None) -> int | None:
    """The memory of what looks back as far as all of these; None where none looks back."""
    return max((memory for memory in memories if memory is not None), default=None)


def sample(probabilities: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(n, A) rows of probabilities -> (n,) int64 draws by inverting each row's cumulative sum."""
    cumulative = np.cumsum(probabilities, axis=1)
    threshold = rng.random(len(probabilities))[:, None] * cumulative[:, -1:]
    # `>` and not `>=`: an action of probability zero can never be drawn.
    return np.argmax(cumulative > threshold, axis=1).astype(np.int64)
