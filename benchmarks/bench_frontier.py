"""A frontier of ten steps over one estimate, interleaved in one process."""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import statistics
import time

import numpy as np

from rlbench_rec import frontier, ope
from rlbench_rec.mdp.dataset import TransitionDataset

from . import repeated

TEN_STEPS = (*frontier.DIVERGENCES, 4.8)


def logged(lengths: np.ndarray, actions: int, seed: int = 0) -> tuple[TransitionDataset, np.ndarray]:
    """A log that carries the behaviour policy's probabilities, and scores for its rows; a state is the row's number."""
    rng = np.random.default_rng(seed)
    rows = int(lengths.sum())
    base = rng.dirichlet(np.ones(actions), rows)
    chosen = (rng.random(rows)[:, None] < np.cumsum(base, axis=1)).argmax(axis=1)
    data = TransitionDataset(
        observations=np.arange(rows, dtype=np.float32)[:, None],
        actions=chosen,
        rewards=(rng.random(rows) < 0.2).astype(np.float32),
        episode_starts=np.cumsum(lengths) - lengths,
        action_count=actions,
        propensities=base[np.arange(rows), chosen],
        behaviour_probabilities=base.astype(np.float32),
    )
    return data, rng.normal(size=(rows, actions))


class TenSteps:
    """Validation parts of 2,000 sessions of 8 decisions on average among 30 actions, and of 20,000 single decisions
    among 10. One estimate is the lift of one tilt with its bootstrap of 2,000 resamples; both sides look up Q and the
    base, and make their weights."""

    params = ("sessions", "decisions")
    param_names = ("episodes",)

    def setup(self, episodes):
        rng = np.random.default_rng(1)
        lengths = rng.integers(1, 16, 2_000) if episodes == "sessions" else np.ones(20_000, dtype=int)
        self.data, scores = logged(lengths, 30 if episodes == "sessions" else 10)
        self.base, self.q = frontier.LoggedBase(), lambda states: scores[states[:, 0].astype(int)]
        self.curve = self.ten_steps()

    def ten_steps(self):
        return frontier.trace({"q": self.q}, self.data, self.base, dials=["tilted"], divergences=TEN_STEPS)

    def one_estimate(self):
        return ope.lift(frontier.log_of_step(self.curve, self.curve.steps[4], self.data))

    def track_ten_steps_over_one_estimate(self, episodes):
        ratios = []
        for _ in repeated(7):
            seconds = []
            for work in (self.ten_steps, self.one_estimate):
                started = time.process_time()
                work()
                seconds.append(time.process_time() - started)
            ratios.append(seconds[0] / seconds[1])
        return statistics.median(ratios)

    track_ten_steps_over_one_estimate.unit = "ratio"

    def time_ten_steps(self, episodes):
        self.ten_steps()
