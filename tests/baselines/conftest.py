"""Small logs of sessions with items."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from rlbench_rec.mdp import TransitionDataset

LogOf = Callable[..., TransitionDataset]


@pytest.fixture(scope="session")
def log_of() -> LogOf:
    """(sessions of item ids from 1, history, columns) -> a choice log; each event decides for its item."""

    def make(sessions: list[list[int]], history: int = 2, **columns: object) -> TransitionDataset:
        items = np.concatenate([np.asarray(session) for session in sessions])
        lengths = np.array([len(session) for session in sessions])
        usual = {
            "observations": np.zeros((len(items), 1), np.float32),
            "actions": items.astype(np.int64) - 1,
            "rewards": np.ones(len(items), np.float32),
            "episode_starts": np.cumsum(lengths) - lengths,
            "action_count": int(items.max()),
            "item_count": int(items.max()),
            "items": items.astype(np.int32),
            "events": np.full(len(items), 2, np.int8),
            "event_count": 7,
            "gaps": np.full(len(items), 10.0, np.float32),
            "history": history,
            "train_episodes": len(lengths),
        }
        return TransitionDataset(**usual | columns)

    return make


@pytest.fixture(scope="session")
def wandering(log_of: LogOf) -> Callable[[int, int], TransitionDataset]:
    """(sessions, seed) -> a log of users who go from item to item by a chain, the same one for all seeds, and begin as
    they go on."""
    chain = np.random.default_rng(7).dirichlet(np.full(12, 0.3), size=12)
    first = np.linalg.matrix_power(chain, 100)[0].cumsum()
    chain = chain.cumsum(axis=1)

    def make(sessions: int, seed: int) -> TransitionDataset:
        rng = np.random.default_rng(seed)
        items = np.tile((rng.random((sessions, 1)) > first).sum(axis=1).clip(max=11)[:, None], 5)
        for step in range(1, 5):
            items[:, step] = (rng.random((sessions, 1)) > chain[items[:, step - 1]]).sum(axis=1).clip(max=11)
        return log_of((items + 1).tolist(), history=4)

    return make
