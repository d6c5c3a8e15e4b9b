"""Baselines of neighbours and factors: fitting, and scoring histories."""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

from rlbench_rec.mdp.dataset import TransitionDataset

HISTORY = 10


def browsing(events: int, items: int, seed: int = 0) -> TransitionDataset:
    """A log of sessions of four or five events on average: each stays near its first item or goes to a popular one."""
    rng = np.random.default_rng(seed)
    lengths = 1 + rng.geometric(1 / 3.5, events // 4)
    starts = np.cumsum(lengths) - lengths
    starts = starts[starts + lengths <= events]
    lengths = np.diff(starts, append=events)
    popular = (np.arange(1, items + 1) ** -0.8).cumsum()
    drawn = np.searchsorted(popular, rng.random(events) * popular[-1], side="right")
    near = (np.repeat(drawn[starts], lengths) + rng.geometric(0.2, events)) % items
    actions = np.where(rng.random(events) < 0.5, near, drawn).astype(np.int64)
    return TransitionDataset(
        observations=np.zeros((events, 1), dtype=np.float32),
        actions=actions,
        rewards=np.ones(events, dtype=np.float32),
        episode_starts=starts,
        action_count=items,
        item_count=items,
        items=(actions + 1).astype(np.int32),
        events=np.full(events, 2, dtype=np.int8),
        event_count=2,
        gaps=np.full(events, 10.0, dtype=np.float32),
        history=HISTORY,
        train_episodes=len(starts),
    )


def last_states(data: TransitionDataset, sessions: int) -> np.ndarray:
    """(sessions, size) the states at the end of that many sessions."""
    return data.states(data.episode_ends[np.linspace(0, data.n_episodes - 1, sessions).astype(np.int64)] - 1)


class Neighbours:
    """1,000 sessions against 100,000 events on 5,000 items."""

    params = ("item-knn", "vsknn")
    param_names = ("policy",)

    def setup(self, policy):
        from rlbench_rec.baselines import item_knn, vsknn

        self.make = {"item-knn": item_knn.item_knn, "vsknn": vsknn.vsknn}[policy]
        data = browsing(100_000, 5_000)
        self.data, self.states = data, last_states(data, 1_000)
        self.policy = self.make(data)

    def time_fit(self, policy):
        self.make(self.data)

    def time_scores(self, policy):
        self.policy.q(self.states)

    def peakmem_scores(self, policy):
        self.policy.q(self.states)


class Factors:
    """ALS of 64 factors, 20,000 events on 2,000 items, 1,000 sessions folded in."""

    def setup(self):
        from rlbench_rec.baselines import als
        from rlbench_rec.extras import is_installed

        if not is_installed("implicit"):
            raise NotImplementedError("implicit is not installed")
        data = browsing(20_000, 2_000)
        self.data, self.states, self.als = data, last_states(data, 1_000), als.als
        self.policy = als.als(data)

    def time_fit(self):
        self.als(self.data)

    def time_scores(self):
        self.policy.q(self.states)
