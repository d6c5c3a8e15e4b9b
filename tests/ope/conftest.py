"""Logs in which every history occurs exactly as often as it should: consistent estimators must give the true value."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import pytest

from rlbench_rec import ope


@dataclass(frozen=True)
class Population:
    """A small MDP (three layers of two states, two actions, users who leave), with its whole population as a log.

    From state (layer, s) action a leads to (layer + 1, s') with probability `onward`[layer, s, a, s'], and the user
    leaves with what is missing to 1. All probabilities are multiples of 1/8, so that a log can hold them exactly.
    """

    log: ope.EvaluationLog
    states: np.ndarray
    actions: np.ndarray
    target: np.ndarray
    state_ratios: np.ndarray
    value: float


START = np.array([0.5, 0.5])
BEHAVIOUR = np.array([[[0.5, 0.5], [0.25, 0.75]], [[0.75, 0.25], [0.5, 0.5]], [[0.5, 0.5], [0.25, 0.75]]])
TARGET = np.array([[[0.9, 0.1], [0.6, 0.4]], [[0.2, 0.8], [0.3, 0.7]], [[1.0, 0.0], [0.5, 0.5]]])
ONWARD = np.array(
    [[[[0.5, 0.25], [0.25, 0.5]], [[0.0, 0.5], [0.75, 0.25]]], [[[0.25, 0.25], [0.5, 0.0]], [[0.5, 0.5], [0.25, 0.0]]]]
)
REWARDS = np.array([[[1.0, 2.0], [0.0, 3.0]], [[4.0, 1.0], [2.0, 0.0]], [[5.0, 1.0], [3.0, 2.0]]])
GAMMA = 0.9


def occupancy(policy: np.ndarray) -> np.ndarray:
    """(layer, s) chance of being still in the session, and there."""
    reached = [START]
    for layer in range(2):
        reached.append(np.einsum("s,sa,sat->t", reached[-1], policy[layer], ONWARD[layer]))
    return np.array(reached)


def value_of(policy: np.ndarray) -> float:
    """By dynamic programming, from the last layer to the first."""
    values = np.zeros(2)
    for layer in (2, 1, 0):
        ahead = ONWARD[layer] @ values if layer < 2 else 0.0
        values = (policy[layer] * (REWARDS[layer] + GAMMA * ahead)).sum(axis=1)
    return float(START @ values)


def histories():
    """Every (probability, [(s, a), …]) under the behaviour policy."""
    alive = [(START[s], [(s, a)]) for s, a in itertools.product(range(2), range(2))]
    alive = [(chance * BEHAVIOUR[0][path[0]], path) for chance, path in alive]
    for layer in range(2):
        ahead = []
        for chance, path in alive:
            onward = ONWARD[layer][path[-1]]
            yield chance * (1 - onward.sum()), path
            for s, a in itertools.product(range(2), range(2)):
                ahead.append((chance * onward[s] * BEHAVIOUR[layer + 1][s, a], [*path, (s, a)]))
        alive = ahead
    yield from alive


@pytest.fixture(scope="session")
def population() -> Population:
    rows, starts = [], []
    for chance, path in histories():
        count = chance * 2**11
        assert count == int(count)
        for _ in range(int(count)):
            starts.append(len(rows))
            rows += [(layer, s, a) for layer, (s, a) in enumerate(path)]
    at = np.array(rows)
    layer, s, a = at.T
    log = ope.EvaluationLog(
        REWARDS[layer, s, a], BEHAVIOUR[layer, s, a], TARGET[layer, s, a], episode_starts=starts, gamma=GAMMA
    )
    ratios = occupancy(TARGET) / occupancy(BEHAVIOUR)
    return Population(log, 2 * layer + s, a, TARGET.reshape(6, 2), ratios[layer, s], value_of(TARGET))
