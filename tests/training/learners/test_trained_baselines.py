"""The log's likeliest action, and what pays at once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rlbench_rec.errors import InputError
from rlbench_rec.policies import on_log
from rlbench_rec.testing.algorithms import REWARDS, toy_shop
from rlbench_rec.training import ALGORITHMS, fit

QUICK = {"steps": 150, "batch_size": 64, "device": "cpu", "config": {"learning_rate": 1e-2}}


def favours(data, probabilities, seed=0):
    """The same states where the behaviour policy draws by (3, 3) probabilities, a row a state."""
    rng, where = np.random.default_rng(seed), data.observations.argmax(axis=1)
    cumulative = np.cumsum(probabilities, axis=1)[where]
    return replace(data, actions=(rng.random(len(data))[:, None] > cumulative).sum(axis=1), propensities=None)


@pytest.mark.parametrize("loop", ["stock", "tensor", "ensemble"])
def test_the_mode_of_the_log_by_hand(loop):
    shares = np.array([[0.2, 0.3, 0.5], [0.6, 0.3, 0.1], [0.2, 0.6, 0.2]])
    data = favours(toy_shop(400), shares)
    run = fit(data, "mode", loop=loop, **QUICK)
    assert run.config.forms == ("greedy",)
    taken = on_log(run.policy("greedy"), data)
    assert np.array_equal(taken.argmax(axis=1), np.array([2, 0, 1])[data.observations.argmax(axis=1)])
    with pytest.raises(InputError, match="offers no policy 'stochastic'"):
        run.policy("stochastic")


@pytest.mark.parametrize("loop", ["tensor", "lean", "ensemble"])
def test_the_reward_of_a_decision_in_the_logs_units(loop):
    data = toy_shop(600)
    data = replace(data, rewards=200 * data.rewards)
    run = fit(data, "myopic", loop=loop, **QUICK)
    where = data.observations.argmax(axis=1)
    np.testing.assert_allclose(run.q_values(data.states()), 200 * np.array(REWARDS)[where], atol=20)
    assert np.array_equal(on_log(run.policy("greedy"), data).argmax(axis=1)[where < 2], np.zeros((where < 2).sum()))


def test_it_does_not_look_ahead_and_is_a_mean():
    for gamma in (0.9, None):
        with pytest.raises(InputError, match="config of myopic: gamma"):
            fit(toy_shop(100), "myopic", config={"gamma": gamma}, steps=1, batch_size=16)
    rng = np.random.default_rng(0)
    data = toy_shop(600)
    # One reward in ten is 10: a median, or Huber's loss, would be near 0.
    data = replace(data, rewards=np.where(rng.random(len(data)) < 0.1, 10, 0).astype(np.float32))
    run = fit(data, "myopic", **(QUICK | {"steps": 300, "batch_size": 256, "config": {"learning_rate": 2e-3}}))
    assert run.q_values(data.states()).mean() == pytest.approx(data.rewards.mean(), abs=0.15)


def test_baselines_say_that_they_are():
    assert {name for name in ALGORITHMS if ALGORITHMS[name].is_baseline} >= {"mode", "myopic", "gru4rec", "sasrec"}
    assert not any(ALGORITHMS[name].is_baseline for name in ("bc", "dqn", "cql", "sarsa"))
