"""Choice logs made by shops whose parameters are known."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from rlbench_rec.events import EVENTS
from rlbench_rec.mdp import Provenance, TransitionDataset
from rlbench_rec.tasks import Task


@pytest.fixture(scope="session")
def choices() -> Callable[..., TransitionDataset]:
    """choices(task, sessions, seed) is what a shop would know had it logged clicks, carts and purchases alone."""

    def log(task: Task, sessions: int, seed: int = 1) -> TransitionDataset:
        shown = task.log(sessions, seed=seed)
        clicked = shown.metrics[:, 0] > 0
        carted = clicked & (shown.rewards >= 3.0)
        bought = shown.metrics[:, 1] > 0
        session = np.repeat(np.arange(sessions), shown.episode_lengths)
        kinds = [("view", clicked), ("cart", carted), ("purchase", bought)]
        rows = np.concatenate([np.flatnonzero(some) for _, some in kinds])
        codes = np.concatenate([np.full(some.sum(), EVENTS.index(name) + 1) for name, some in kinds])
        order = np.lexsort((codes, rows))
        rows, codes = rows[order], codes[order].astype(np.int8)
        _, starts = np.unique(session[rows], return_index=True)
        return TransitionDataset(
            observations=np.zeros((len(rows), 1), np.float32),
            actions=shown.actions[rows],
            rewards=np.zeros(len(rows), np.float32),
            episode_starts=starts,
            action_count=task.action_count,
            items=(shown.actions[rows] + 1).astype(np.int32),
            events=codes,
            gaps=np.zeros(len(rows), np.float32),
            item_count=task.action_count,
            event_count=len(EVENTS),
            train_episodes=round(0.8 * len(starts)),
            provenance=Provenance(source="known"),
            action_names=task.action_names,
        )

    return log
