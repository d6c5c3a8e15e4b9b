"""Logs for the tests of sequence models, and the networks that are trained on them."""

from __future__ import annotations

import numpy as np

from rlbench_rec.mdp.dataset import TransitionDataset
from rlbench_rec.mdp.provenance import Provenance
from rlbench_rec.training.algorithm_config import make_config
from rlbench_rec.training.trainer import create

SMALL = {"embedding_size": 8, "hidden_units": (8,)}


def choice_log(items, starts, *, count, history=3, **columns):
    """Sessions of items that users chose, each session's first one for no reason."""
    n = len(items)
    return TransitionDataset(
        observations=np.zeros((n, 0), dtype=np.float32),
        actions=np.asarray(items) - 1,
        rewards=np.zeros(n, dtype=np.float32),
        episode_starts=np.asarray(starts),
        action_count=count,
        items=np.asarray(items, dtype=np.int32),
        events=np.ones(n, dtype=np.int8),
        gaps=np.ones(n, dtype=np.float32),
        history=history,
        item_count=count,
        event_count=1,
        train_episodes=len(starts),
        provenance=Provenance("users", identification="not-identified"),
        **columns,
    )


def cycles(count=7, sessions=60, length=6, seed=0):
    """After item i comes i + 1, after the last the first; where a session begins is chance."""
    begins = np.random.default_rng(seed).integers(count, size=sessions)
    items = (begins[:, None] + np.arange(length)) % count + 1
    return choice_log(items.ravel(), np.arange(0, sessions * length, length), count=count)


def noisy_choices(sessions, seed):
    """What follows an item is the next one half of the time and any other one else."""
    rng = np.random.default_rng(seed)
    items = np.empty((sessions, 8), dtype=np.int64)
    items[:, 0] = rng.integers(6, size=sessions)
    for t in range(1, 8):
        moves = rng.random(sessions) < 0.5
        items[:, t] = np.where(moves, (items[:, t - 1] + 1) % 6, rng.integers(6, size=sessions))
    return choice_log(items.ravel() + 1, np.arange(0, sessions * 8, 8), count=6)


def made(algorithm, data, config=None, batch_size=16):
    settled = make_config(algorithm, SMALL | (config or {}), data.gamma)
    algorithm = create(settled, settled.encoder, data.layout, data.action_count, batch_size, "cpu")
    algorithm.prepare(data)
    return algorithm


def continues(data):
    """(n,) bool, rows with something before them in their session."""
    return np.arange(len(data)) != data.row_starts
