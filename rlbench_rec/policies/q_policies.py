"""Policies over a Q function: greedy, softmax and epsilon-greedy."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..errors import InputError
from .policy import Policy

QFunction = Callable[[np.ndarray], np.ndarray]
"""states (n, state size) -> values (n, action_count)."""


class Greedy(Policy):
    """Probability 1 on the action of largest value; ties go to the lowest action number."""

    name = "greedy"

    def __init__(self, q: QFunction, action_count: int):
        self.q, self.action_count = q, action_count

    def probabilities(self, states: np.ndarray) -> np.ndarray:
        return one_hot(self.act(states), self.action_count)

    def probability_of(self, states: np.ndarray, actions: np.ndarray) -> np.ndarray:
        return (self.act(states) == actions).astype(np.float64)

    def act(self, states: np.ndarray, rng: np.random.Generator | None = None) -> np.ndarray:
        """(n,) int64 best actions; no random number is drawn."""
        return np.argmax(self.q(states), axis=1)


class Softmax(Policy):
    """pi(a|s) = exp(q(s, a) / tau) / sum_b exp(q(s, b) / tau).

    Args:
        q: the values.
        action_count: number of actions.
        tau: temperature, > 0; small is nearly greedy, large nearly uniform.
    """

    def __init__(self, q: QFunction, action_count: int, tau: float):
        if not tau > 0:
            raise InputError(f"The temperature is {tau}; it must be above 0.", where="tau", hint="Use greedy for 0.")
        self.q, self.action_count, self.tau = q, action_count, float(tau)
        self.name = f"softmax-{self.tau:g}"

    def probabilities(self, states: np.ndarray) -> np.ndarray:
        return softmax(np.asarray(self.q(states), dtype=np.float64) / self.tau)


class EpsilonGreedy(Policy):
    """pi(a|s) = (1 - epsilon) 1{a greedy} + epsilon / A, A the number of actions whose value is above -infinity.

    Args:
        q: the values; -infinity for an action that must not be taken.
        action_count: number of actions A.
        epsilon: share of uniform exploration, in [0, 1].
    """

    def __init__(self, q: QFunction, action_count: int, epsilon: float):
        if not 0.0 <= epsilon <= 1.0:
            raise InputError(f"epsilon is {epsilon}; it must lie in [0, 1].", where="epsilon")
        self.q, self.action_count, self.epsilon = q, action_count, float(epsilon)
        self.name = f"epsilon-greedy-{self.epsilon:g}"

    def probabilities(self, states: np.ndarray) -> np.ndarray:
        values = self.q(states)
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
