"""The policy contract: probabilities over actions, for a batch of states."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

from ..errors import InputError

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

    @abstractmethod
    def probabilities(self, states: np.ndarray) -> np.ndarray:
        """(n, state size) -> (n, action_count) float64, rows sum to 1."""

    def probability_of(self, states: np.ndarray, actions: np.ndarray) -> np.ndarray:
        """(n,) probability of each action; at most a chunk of the full matrix is held at a time."""
        if len(states) != len(actions):
            raise InputError(f"{len(states)} states but {len(actions)} actions.", where="probability_of")
        size = max(1, CHUNK_CELLS // self.action_count)
        parts = [
            np.take_along_axis(self.probabilities(states[i : i + size]), actions[i : i + size, None], axis=1)[:, 0]
            for i in range(0, len(states), size)
        ]
        return np.concatenate(parts) if parts else np.empty(0)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r} over {self.action_count} actions>"

    def act(self, states: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """(n,) int64 actions drawn from `probabilities`, one uniform number per state."""
        return sample(self.probabilities(states), rng)


def sample(probabilities: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(n, A) rows of probabilities -> (n,) int64 draws by inverting each row's cumulative sum."""
    cumulative = np.cumsum(probabilities, axis=1)
    threshold = rng.random(len(probabilities))[:, None] * cumulative[:, -1:]
    # `>` and not `>=`: an action of probability zero can never be drawn.
    return np.argmax(cumulative > threshold, axis=1).astype(np.int64)
