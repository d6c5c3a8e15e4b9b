"""Learners that play: they learn, they repeat themselves, they leave global random states alone."""

from __future__ import annotations

import random
import sys

import numpy as np
import pytest
import torch

from rlbench_rec import tasks
from rlbench_rec.errors import InputError, MissingExtraError, UnknownNameError
from rlbench_rec.policies import Uniform
from rlbench_rec.training import online

SHORT = {
    "ppo": {"steps": 256, "users": 2, "rollout": 64, "batch_size": 64},
    "online-dqn": {"steps": 150, "batch_size": 32},
}


@pytest.fixture(scope="module")
def task():
    # A small shop, with exact values.
    return tasks.make("tabular-v1", seed=1, states=4, actions=3)


@pytest.mark.parametrize(
    ("learner", "config"),
    [
        ("ppo", {"steps": 4_000, "users": 8, "rollout": 64, "batch_size": 64}),
        ("online-dqn", {"steps": 1_000, "update_every": 2, "batch_size": 32}),
    ],
)
def test_playing_learns_what_pays(task, learner, config):
    policies = online.train(task, learner, **config)
    best, random_value = task.true_value(policies["greedy"]).value, task.true_value(Uniform(3)).value
    most = max(task.true_value(policy).value for policy in task.target_policies().values())
    # At least half of the way from random to the optimum, which is on the ladder here.
    assert best > 0.5 * (random_value + most)
    assert best <= most + 1e-9


@pytest.mark.parametrize("learner", list(online.LEARNERS))
def test_the_same_seed_trains_the_same_policy_and_leaves_no_trace(task, learner):
    states = task.log(episodes=20, seed=3).states()
    random.seed(7), torch.manual_seed(7), np.random.seed(7)  # noqa: NPY002
    expected = random.random(), torch.rand(1).item(), np.random.random()  # noqa: NPY002
    random.seed(7), torch.manual_seed(7), np.random.seed(7)  # noqa: NPY002
    first, again, other = (online.train(task, learner, seed=seed, **SHORT[learner]) for seed in (0, 0, 1))
    assert (random.random(), torch.rand(1).item(), np.random.random()) == expected  # noqa: NPY002
    assert list(first) == list(again)
    for form in first:
        assert np.array_equal(first[form].probabilities(states), again[form].probabilities(states))
    scores = [policies["greedy"].q(states) for policies in (first, other)]
    assert not np.array_equal(*scores)


def test_the_stochastic_policy_is_the_actors_own(task):
    policies = online.train(task, "ppo", **SHORT["ppo"])
    states = task.log(episodes=20, seed=3).states()
    chances = policies["stochastic"].probabilities(states)
    assert chances.sum(axis=1) == pytest.approx(1.0)
    assert np.array_equal(chances.argmax(axis=1), policies["greedy"].act(states))


def test_unknown_names_and_values_are_refused(task):
    with pytest.raises(UnknownNameError, match="Did you mean 'ppo'"):
        online.train(task, "pppo")
    with pytest.raises(InputError, match=r"config of ppo.*steps"):
        online.train(task, "ppo", steps=0)
    with pytest.raises(InputError, match=r"8192 steps are no more than one rollout, 128 users x 64 decisions"):
        online.train(task, "ppo", steps=8_192)
    with pytest.raises(InputError, match=r"config of online-dqn.*stepps"):
        online.train(task, "online-dqn", stepps=10)


def test_without_the_extra_ppo_says_what_to_install(task, monkeypatch):
    monkeypatch.setitem(sys.modules, "stable_baselines3", None)
    with pytest.raises(MissingExtraError, match=r"pip install .*\[online\]"):
        online.train(task, "ppo")


def test_versions_name_the_library_behind_a_learner():
    assert "stable-baselines3 " in online.versions("ppo") and "torch " in online.versions("online-dqn")
