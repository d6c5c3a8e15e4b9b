"""Small logs of sessions with items."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from rlbench_rec.mdp import TransitionDataset
from rlbench_rec.testing.toy_logs import toy_logs

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


@pytest.fixture
def named_log() -> TransitionDataset:
    """Forty sessions s0 to s39 of three decisions among item-0 to item-3, of the users ann and bob in turn."""
    toy = toy_logs()["sessions"]
    users = np.array(["ann", "bob"] * 20)
    return replace(toy, session_names=np.array([f"s{n}" for n in range(40)]), user_names=users)


@pytest.fixture
def file(tmp_path):
    """Writes a CSV file, or a Parquet one, and gives its path."""

    def write(content: str | pd.DataFrame, name: str = "recs.csv") -> str:
        path = tmp_path / name
        if isinstance(content, pd.DataFrame):
            content.to_parquet(path)
        else:
            path.write_text(content)
        return str(path)

    return write
