"""The ranking report: every metric of a policy's lists, over a whole catalogue."""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

from rlbench_rec.evaluation import ranking_report
from rlbench_rec.evaluation.top_scores import top_scores
from rlbench_rec.mdp.dataset import TransitionDataset
from rlbench_rec.policies import Greedy, Policy, Stateless

SIZE = 32
"""Numbers that describe a user, and an item."""


def choices(steps: int, items: int, seed: int) -> TransitionDataset:
    """A log of sessions of one to nineteen steps; a state is what describes its user, a few items are popular."""
    rng = np.random.default_rng(seed)
    starts = np.cumsum(np.append(0, rng.integers(1, 20, steps)))
    return TransitionDataset(
        observations=rng.normal(size=(steps, SIZE)).astype(np.float32),
        actions=np.minimum((items * rng.random(steps) ** 3).astype(np.int64), items - 1),
        rewards=np.ones(steps, dtype=np.float32),
        episode_starts=starts[starts < steps],
        action_count=items,
    )


def policy_of(kind: str, items: int) -> Policy:
    """`factors`, products of 32 numbers in float32; or `uniform`, where all is tied."""
    if kind == "uniform":
        return Stateless("uniform", np.full(items, 1.0 / items))
    vectors = np.random.default_rng(0).normal(size=(SIZE, items)).astype(np.float32)
    return Greedy(lambda states: states @ vectors, items)


class Report:
    """2,000 steps by 20,000 items, the training side five times as long."""

    params = ("factors", "uniform")
    param_names = ("policy",)

    def setup(self, policy):
        self.test, self.train = choices(2_000, 20_000, 1), choices(10_000, 20_000, 2)
        self.policy = policy_of(policy, 20_000)

    def time_report(self, policy):
        ranking_report(self.test, self.policy, train=self.train)

    def peakmem_report(self, policy):
        ranking_report(self.test, self.policy, train=self.train)


class TopScores:
    """The 20 best of 50,000 scores in 200 rows."""

    def setup(self):
        self.scores = np.random.default_rng(0).random((200, 50_000), dtype=np.float32)

    def time_top_scores(self):
        top_scores(self.scores, 20, np.random.default_rng(0))
