"""Learners without a network: a ridge regression an action, for studies of many logs."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from rlbench_rec.mdp.dataset import TransitionDataset
from rlbench_rec.policies import QFunction

RIDGE = 10.0
"""Penalty of the squared coefficients, in units of one row."""
ROUNDS = 20
"""Of fitted Q iteration: what is left out is discounted by gamma^20."""


class LinearQ:
    """Q(s, a) = w_a . (s, 1), fitted action by action.

    Args:
        data: the log.
    """

    def __init__(self, data: TransitionDataset):
        self.data, self.x = data, _with_one(data.observations)
        self.rows = [np.flatnonzero(data.actions == action) for action in range(data.action_count)]
        ridge = RIDGE * np.eye(self.x.shape[1])
        self.solvers = [np.linalg.solve(self.x[rows].T @ self.x[rows] + ridge, self.x[rows].T) for rows in self.rows]
        self.goes_on = np.flatnonzero(~data.terminals[:-1])

    def reward(self) -> QFunction:
        """The reward of a decision: gamma = 0."""
        return self._q(self._weights(self.data.rewards))

    def returns(self) -> QFunction:
        """The behaviour policy's Q by the log's own returns: greedy on it is one step of policy improvement."""
        return self._q(self._weights(self.data.returns_to_go(self.data.gamma)))

    def sarsa(self) -> QFunction:
        """The same by fitted Q evaluation, with the log's own next action."""
        return self._fitted(lambda values: values[self.goes_on + 1, self.data.actions[self.goes_on + 1]])

    def iteration(self) -> QFunction:
        """Fitted Q iteration (Ernst et al. 2005)."""
        return self._fitted(lambda values: values[self.goes_on + 1].max(axis=1))

    def _fitted(self, ahead: Callable[[np.ndarray], np.ndarray]) -> QFunction:
        targets = self.data.rewards.astype(np.float64)
        for _ in range(ROUNDS):
            weights = self._weights(targets)
            targets = self.data.rewards.astype(np.float64)
            targets[self.goes_on] += self.data.gamma * ahead(self.x @ weights.T)
        return self._q(self._weights(targets))

    def _weights(self, targets: np.ndarray) -> np.ndarray:
        return np.stack([solver @ targets[rows] for solver, rows in zip(self.solvers, self.rows, strict=True)])

    def _q(self, weights: np.ndarray) -> QFunction:
        return lambda states: _with_one(states) @ weights.T


def _with_one(states: np.ndarray) -> np.ndarray:
    return np.column_stack((states.astype(np.float64), np.ones(len(states))))
