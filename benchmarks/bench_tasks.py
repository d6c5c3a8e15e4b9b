"""Speed of the simulated shops: decisions in a batch, one user at a time, a log, a true value."""

from __future__ import annotations

import time

import numpy as np

from rlbench_rec import tasks
from rlbench_rec.policies import Uniform
from rlbench_rec.tasks.rollout import USERS, play

from . import repeated

TASKS = tuple(tasks.TASKS)


def decision(task: tasks.Task, policy) -> float:
    """Microseconds a decision in batches of users: the best of several, since other work only ever adds time."""
    times = []
    for batch in repeated(5):
        begin = time.perf_counter()
        decisions = sum(len(step.users) for step in play(task, policy, USERS, 1, batch))
        times.append(1e6 * (time.perf_counter() - begin) / decisions)
    return min(times)


class Simulate:
    """Microseconds a decision in batches of users; 2.0 is half a million decisions a second."""

    params = (TASKS, ("random", "behaviour"))
    param_names = ("task", "policy")

    def setup(self, task, policy):
        self.task = tasks.make(task, seed=0)
        self.policy = Uniform(self.task.action_count) if policy == "random" else self.task.behaviour

    def track_decision(self, task, policy):
        return decision(self.task, self.policy)

    track_decision.unit = "us"


class ShownHistory:
    """Microseconds a decision of `recommend` in batches of users, by items and by how many of those shown it lists."""

    params = ((30, 1_000), (0, 10))
    param_names = ("items", "history")

    def setup(self, items, history):
        self.task = tasks.make("recommend-v1", seed=0, items=items, history=history)

    def track_decision(self, items, history):
        return decision(self.task, self.task.behaviour)

    track_decision.unit = "us"


class SingleUser:
    """Microseconds a decision in the Gymnasium environment, and the batch's time as a share of it."""

    params = TASKS
    param_names = ("task",)

    def setup(self, task):
        self.task = tasks.make(task, seed=0)
        self.env = self.task.env()
        self.actions = np.random.default_rng(0).integers(self.task.action_count, size=3_000)

    def track_decision(self, task):
        begin = time.perf_counter()
        self.env.reset(seed=0)
        for action in self.actions:
            if self.env.step(action)[2]:
                self.env.reset()
        return 1e6 * (time.perf_counter() - begin) / len(self.actions)

    track_decision.unit = "us"

    def track_batch_share(self, task):
        """Below 0.02 the batch is over 50 times a loop over the single environment."""
        return decision(self.task, Uniform(self.task.action_count)) / self.track_decision(task)

    track_batch_share.unit = "share"


class Log:
    """A log of 10,000 sessions, and a true value at 2 %."""

    params = TASKS
    param_names = ("task",)

    def setup(self, task):
        self.task = tasks.make(task, seed=0)
        # The yardstick is taken once per task, not once per value.
        self.value = self.task.behaviour_value

    def time_log_10k_sessions(self, task):
        self.task.log(10_000, seed=1)

    def time_true_value(self, task):
        # What `true_value` does where nothing is remembered.
        self.task._value(self.task.behaviour, 0.02, 2, self.task.gamma)
