"""Streams: the same on every machine, and apart for tasks, seeds and batches."""

from __future__ import annotations

import itertools

import numpy as np

from rlbench_rec import tasks
from rlbench_rec.policies import Uniform
from rlbench_rec.tasks.random_streams import stream
from rlbench_rec.tasks.rollout import play


def test_a_stream_is_the_same_on_every_machine():
    # SHA-256 of "abc" begins with ba7816bf 8f01cfea 414140de 5dae2223: words are little-endian.
    assert stream("abc", 5, 0) == (0xBF1678BA, 0xEACF018F, 0xDE404141, 0x2322AE5D, 5, 0)


def test_streams_of_other_tasks_seeds_and_batches_are_others():
    seeds = [stream(name, *numbers) for name in tasks.TASKS for numbers in ((0, 0), (0, 1), (1, 0), (0, 0, 1))]
    draws = {np.random.default_rng(seed).integers(2**62) for seed in seeds}
    assert len(draws) == len(seeds)


def test_no_two_tasks_are_played_by_the_same_users():
    # The draws of a uniform policy over two actions show the stream itself.
    first = {}
    for name in tasks.TASKS:
        task = tasks.make(name)
        policy = Uniform(task.action_count)
        step = next(play(task, policy, 2_000, seed=1, batch=0))
        first[name] = (step.actions + 0.5) / task.action_count
    for name, another in itertools.combinations(first, 2):
        correlation = np.corrcoef(first[name], first[another])[0, 1]
        assert abs(correlation) < 5 / np.sqrt(2_000), f"{name} and {another} draw alike"
