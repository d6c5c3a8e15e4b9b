"""Policies over a Q function: greedy, softmax and epsilon-greedy."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable

import numpy as np

from ..errors import InputError
from ..mdp.past import Past
from .policy import PolicyWithMemory, fitting

QFunction = Callable[[np.ndarray], np.ndarray]
"""states (n, state size) -> values (n, action_count)."""


class ScoresWithMemory(ABC):
    """A `QFunction` that may look at the past of the sessions, as `Policy.memory` says."""

    memory: int | None = None

    @abstractmethod
    def __call__(self, states: np.ndarray, past: Past | None = None) -> np.ndarray:
        """(n, state size) and what happened before -> values (n, action_count)."""


def memory_of(q: QFunction) -> int | None:
    """How far scores look back; see `Policy.memory`."""
    return q.memory if isinstance(q, ScoresWithMemory) else None


def scores_of(q: QFunction, states: np.ndarray, past: Past | None) -> np.ndarray:
    """(n, action_count) values, with the past where they look back.

    Raises:
        InputError: they look back, and there is no past, or one that does not fit.
    """
    if not isinstance(q, ScoresWithMemory) or q.memory is None:
        return q(states)
    return q(states, fitting(past, q.memory, states, "scores"))


class Greedy(PolicyWithMemory):
    """Probability 1 on the action of largest value; ties go to the lowest action number."""

    name = "greedy"

    def __init__(self, q: QFunction, action_count: int):
        self.q, self.action_count, self.memory = q, action_count, memory_of(q)

    def probabilities(self, states: np.ndarray, *, past: Past | None = None) -> np.ndarray:
        return one_hot(self.act(states, past=past), self.action_count)

    def probability_of(self, states: np.ndarray, actions: np.ndarray, *, past: Past | None = None) -> np.ndarray:
        return (self.act(states, past=past) == actions).astype(np.float64)

    def act(
        self, states: np.ndarray, rng: np.random.Generator | None = None, *, past: Past | None = None
    ) -> np.ndarray:
        """(n,) int64 best actions; no random number is drawn."""
        return np.argmax(scores_of(self.q, states, past), axis=1)


class Softmax(PolicyWithMemory):
    """pi(a|s) = exp(q(s, a) / tau) / sum_b exp(q(s, b) / tau).

    Args:
        q: the values.
        action_count: number of actions.
        tau: temperature, > 0; small is nearly greedy, large nearly uniform.
    """

    def __init__(self, q: QFunction, action_count: int, tau: float):
        if not tau > 0:
            raise InputError(f"The temperature is {tau}; it must be above 0.", where="tau", hint="Use greedy for 0.")
        self.q, self.action_count, self.memory, self.tau = q, action_count, memory_of(q), float(tau)
        self.name = f"softmax-{self.tau:g}"

    def probabilities(self, states: np.ndarray, *, past: Past | None = None) -> np.ndarray:
        return softmax(np.asarray(scores_of(self.q, states, past), dtype=np.float64) / self.tau)


class EpsilonGreedy(PolicyWithMemory):
    """pi(a|s) = (1 - epsilon) 1{a greedy} + epsilon / A, A the number of actions whose value is above -infinity.

    Args:
        q: the values; -infinity for an action that must not be taken.
        action_count: number of actions A.
        epsilon: share of uniform exploration, in [0, 1].
    """

    def __init__(self, q: QFunction, action_count: int, epsilon: float):
        if not 0.0 <= epsilon <= 1.0:
            raise InputError(f"epsilon is {epsilon}; it must lie in [0, 1].", where="epsilon")
        self.q, self.action_count, self.memory, self.epsilon = q, action_count, memory_of(q), float(epsilon)
        self.name = f"epsilon-greedy-{self.epsilon:g}"

    def probabilities(self, states: np.ndarray, *, past: Past | None = None) -> np.ndarray:
        values = scores_of(self.q, states, past)
        allowed = values > -np.inf
        explored = allowed / allowed.sum(axis=1, keepdims=True)
        return (1.0 - self.epsilon) * one_hot(values.argmax(axis=1), self.action_count) + self.epsilon * explored


def softmax(logits: np.ndarray) -> np.ndarray:
    """(n, A) float64 logits -> rows of probabilities; the row maximum is subtracted, so nothing overflows."""
    weights = np.exp(logits - logits.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)


def one_hot(actions: np.ndarray, action_count: int) -> np.ndarray:
    """(n,) actions -> (n, action_count), 1.0 at each row's action and 0.0 elsewhere."""
    matrix = np.zeros((len(actions), action_count))
    matrix[np.arange(len(actions)), actions] = 1.0
    return matrix
