"""Speed of the simulated shops: decisions in a batch, one user at a time, a log, a true value."""

from __future__ import annotations

import time

import numpy as np

from rlbench_rec import tasks
from rlbench_rec.policies import Uniform
from rlbench_rec.tasks.rollout import USERS, play


class Simulate:
    """Microseconds a decision in batches of users; 2.0 is half a million decisions a second."""

    params = ("random", "behaviour")
    param_names = ("policy",)

    def setup(self, policy):
        self.task = tasks.make("recommend-v1", seed=0)
        self.policy = Uniform(self.task.action_count) if policy == "random" else self.task.behaviour

    def track_decision(self, policy):
        # The best of several: other work on the machine only ever adds time.
        return min(self._microseconds(batch) for batch in range(5))

    track_decision.unit = "us"

    def _microseconds(self, batch):
        begin = time.perf_counter()
        decisions = sum(len(step.users) for step in play(self.task, self.policy, USERS, 1, batch))
        return 1e6 * (time.perf_counter() - begin) / decisions


class SingleUser:
    """Microseconds a decision in the Gymnasium environment, and the batch's time as a share of it."""

    def setup(self):
        self.task = tasks.make("recommend-v1", seed=0)
        self.env = self.task.env()
        self.actions = np.random.default_rng(0).integers(self.task.action_count, size=3_000)

    def track_decision(self):
        begin = time.perf_counter()
        self.env.reset(seed=0)
        for action in self.actions:
            if self.env.step(action)[2]:
                self.env.reset()
        return 1e6 * (time.perf_counter() - begin) / len(self.actions)

    track_decision.unit = "us"

    def track_batch_share(self):
        batch = Simulate()
        batch.setup("random")
        return batch.track_decision("random") / self.track_decision()

    track_batch_share.unit = "share"


class Log:
    """A log of 10,000 sessions, and a true value at 2 %."""

    def setup(self):
        self.task = tasks.make("recommend-v1", seed=0)
        # The yardstick is taken once per task, not once per value.
        self.value = self.task.behaviour_value

    def time_log_10k_sessions(self):
        self.task.log(10_000, seed=1)

    def time_true_value(self):
        self.task.true_value(self.task.behaviour, relative_error=0.02)
