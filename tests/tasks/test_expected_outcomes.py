"""Exact values of one-step shops: by hand, and against users who are played."""

from __future__ import annotations

import numpy as np
import pytest

from rlbench_rec import tasks
from rlbench_rec.errors import InputError
from rlbench_rec.policies import Greedy, Uniform
from rlbench_rec.policies.policy import PolicyWithMemory
from rlbench_rec.suite.reference_policies.best_known import find_reference
from rlbench_rec.tasks.expected_outcomes import ExpectedOutcomes
from rlbench_rec.tasks.true_values import USERS, returns

SPARSE = {
    "horizon": 1,
    "items": 80,
    "categories": 20,
    "appeal_spread": 0.5,
    "click_base": -6.05,
    "cart_reward": 0.0,
    "purchase_reward": 0.0,
}
"""As sparse as Open Bandit: see docs/tasks/recommend.md."""


def outcomes(states):
    """Two kinds of user, a quarter and three quarters; two actions."""
    rewards = np.array([[1.0, 0.0], [0.0, 2.0]])
    return ExpectedOutcomes(np.float32(states), np.array([0.25, 0.75]), rewards, rewards[..., None] * 3.0, ("thrice",))


def test_values_by_hand():
    told_apart = outcomes([[0.0], [1.0]])
    truth = told_apart.value(Uniform(2))
    # a quarter earns (1 + 0) / 2, three quarters (0 + 2) / 2
    assert (truth.value, truth.std_error, truth.episodes) == (0.875, 0.0, 0)
    assert truth.metrics == {"thrice": (2.625, 0.0)}
    assert told_apart.best_value == 0.25 * 1 + 0.75 * 2
    follows = Greedy(lambda states: np.column_stack([1 - states[:, 0], states[:, 0]]), 2)
    assert told_apart.value(follows).value == told_apart.best_value


def test_the_best_policy_cannot_tell_apart_what_looks_alike():
    # One action for all: the first earns .25, the second 1.5.
    assert outcomes([[0.0], [0.0]]).best_value == 1.5


def test_a_policy_that_looks_back_sees_no_past():
    class LooksBack(PolicyWithMemory):
        action_count, memory, name = 2, 3, "looks-back"

        def probabilities(self, states, *, past=None):
            assert (past.steps == 0).all() and past.memory == 3
            return np.tile([1.0, 0.0], (len(states), 1))

    assert outcomes([[0.0], [1.0]]).value(LooksBack()).value == 0.25


def test_a_policy_with_other_actions_is_refused():
    with pytest.raises(InputError, match="3 actions, the shop has 2"):
        outcomes([[0.0], [1.0]]).value(Uniform(3))


@pytest.mark.parametrize("name", ["recommend-v1", "recommend-myopic-v1"])
def test_they_agree_with_users_who_are_played(name):
    task = tasks.make(name, seed=4, horizon=1)
    for policy in (task.behaviour, task.target_policies()["kinder"]):
        exact = task.true_value(policy)
        played = np.concatenate([returns(task, policy, USERS, 7, batch, task.gamma) for batch in range(20)])
        expected = [exact.value, *(mean for mean, _ in exact.metrics.values())]
        error = played.std(axis=0) / np.sqrt(len(played))
        assert list(exact.metrics) == list(task.metric_names)
        assert (np.abs(played.mean(axis=0) - expected) <= 4 * error + 1e-9).all()


def test_longer_sessions_are_played():
    task = tasks.make("recommend-v1", horizon=2)
    assert task.expected_outcomes() is None and task.optimum is None
    assert task.true_value("random", relative_error=0.1).episodes > 0


def test_a_one_step_shop_logs_one_decision_an_episode_and_knows_its_optimum():
    task = tasks.make("recommend-myopic-v1", seed=1, horizon=1)
    data = task.log(500)
    assert data.one_step
    assert data.n_episodes == 500
    best = find_reference(task)
    assert (best.contender, best.std_error) == ("optimum", 0.0)
    assert best.value > max(task.true_value(name).value for name in task.target_policies())


@pytest.mark.parametrize("variant", [None, "train", "judge"])
def test_the_sparse_shop_is_as_sparse_as_open_bandit(variant):
    task = tasks.make("recommend-myopic-v1", 0, variant, **SPARSE)
    clicks = task.true_value("behaviour")
    assert clicks.value == pytest.approx(clicks.metrics["CTR"][0], rel=1e-9)
    assert 0.0035 < clicks.value < 0.0045
    assert 0.0025 < task.true_value("random").value < 0.0033
    assert task.optimum > 2 * clicks.value
