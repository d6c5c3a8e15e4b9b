"""Cross-fitting: q on a row never saw the row's user, nor its episode."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rlbench_rec.errors import InputError
from rlbench_rec.mdp import TransitionDataset
from rlbench_rec.policies import Greedy, Softmax, Uniform
from rlbench_rec.testing.algorithms import toy_shop
from rlbench_rec.training import cross_fitted_q, cross_fitted_rewards
from rlbench_rec.training.value_models.cross_fitting import _folds


@pytest.fixture(scope="module")
def one_step():
    rng = np.random.default_rng(0)
    n = 3_000
    contexts, actions = rng.normal(size=(n, 4)).astype(np.float32), rng.integers(0, 10, n)
    rewards = (0.3 * contexts[:, 0] + 0.1 * actions + rng.normal(size=n)).astype(np.float32)
    return TransitionDataset(contexts, actions, rewards, np.arange(n), 10, gamma=0.0)


def test_folds_are_of_whole_episodes_and_even():
    data = toy_shop(101)
    folds = _folds(data, 3, seed=0)
    for start, end in zip(data.episode_starts, data.episode_ends, strict=True):
        assert len(set(folds[start:end])) == 1
    assert sorted(np.bincount(folds[data.episode_starts])) == [33, 34, 34]


@pytest.mark.parametrize("folds", [2, 3])
def test_no_user_stands_on_both_sides_of_a_fold(folds):
    """Users with odd numbers, of one to many sessions, in any order."""
    users = np.random.default_rng(0).choice([7, 9, 40, 41, 100, 3, 55], 101, p=[0.4, 0.2, 0.1, 0.1, 0.1, 0.05, 0.05])
    data = replace(toy_shop(101), clusters=users)
    found = _folds(data, folds, seed=1)
    of_rows = np.repeat(users, data.episode_lengths)
    sides = [set(of_rows[found == fold]) for fold in range(folds)]
    assert sum(map(len, sides)) == 7 and set().union(*sides) == set(users)
    assert max(map(len, sides)) - min(map(len, sides)) <= 1


def test_one_step_q_and_value_agree_with_the_matrix(one_step):
    rewards = cross_fitted_rewards(one_step, seed=1)
    policy = Softmax(lambda states: np.tile(states[:, :1], (1, 10)) * np.arange(10), 10, 2.0)
    q, v = cross_fitted_q(one_step, policy, rewards=rewards)
    matrix = rewards.matrix()
    assert q == pytest.approx(matrix[np.arange(len(one_step)), one_step.actions])
    assert v == pytest.approx((policy.probabilities(one_step.states()) * matrix).sum(axis=1))
    again = cross_fitted_q(one_step, policy, seed=1)
    assert np.array_equal(again[0], q)
    assert np.array_equal(again[1], v)


def test_one_step_q_is_near_the_truth(one_step):
    truth = 0.3 * one_step.observations[:, 0] + 0.1 * one_step.actions
    q, _ = cross_fitted_q(one_step, Uniform(10))
    assert np.sqrt(((q - truth) ** 2).mean()) < 0.1


def test_no_row_is_predicted_from_its_own_fold(one_step):
    folds = _folds(one_step, 2, seed=4)
    shaken = replace(one_step, rewards=np.where(folds == 0, one_step.rewards + 7, one_step.rewards))
    before, after = (cross_fitted_rewards(data, seed=4).of_actions(data.actions) for data in (one_step, shaken))
    assert np.array_equal(before[folds == 0], after[folds == 0])
    assert after[folds == 1] - before[folds == 1] == pytest.approx(7.0, abs=1e-5)


@pytest.mark.parametrize("users", [None, np.arange(120) // 8])
def test_no_session_is_predicted_from_its_own_fold(users):
    data = replace(toy_shop(120), clusters=users)
    folds = _folds(data, 2, seed=2)
    shaken = replace(data, rewards=np.where(folds == 0, data.rewards + 7, data.rewards).astype(np.float32))
    learn = {"seed": 2, "steps": 40, "device": "cpu"}
    before, after = (cross_fitted_q(d, Uniform(3), **learn) for d in (data, shaken))
    for old, new in zip(before, after, strict=True):
        assert np.array_equal(old[folds == 0], new[folds == 0])
        assert (new[folds == 1] > old[folds == 1] + 3).all()


@pytest.mark.parametrize("kind", ["stochastic", "greedy"])
def test_sequential_q_and_value(kind):
    data = toy_shop(400)
    best = np.array([[0, 1, 0], [0, 0, 1], [1, 0, 0]], dtype=float)
    policy = Uniform(3) if kind == "stochastic" else Greedy(lambda states: states @ best, 3)
    q, v = cross_fitted_q(data, policy, device="cpu")
    where = data.observations.argmax(axis=1)
    exact = {"stochastic": [0.5533, 0.7333, 1.3333], "greedy": [2.43, 2.7, 3.0]}[kind]
    for state, value in enumerate(exact):
        assert v[where == state].mean() == pytest.approx(value, abs=0.12)
    logged = where + 10 * data.actions
    assert q[logged == 2].mean() == pytest.approx(3.0, abs=0.12)
    assert q[logged == 12].mean() == pytest.approx(0.0, abs=0.12)


def test_the_model_can_be_chosen(one_step):
    policy = Uniform(10)
    by_network, by_rewards, chosen = (
        cross_fitted_q(one_step, policy, model=model, steps=20, device="cpu")[0]
        for model in ("fqe", "reward-model", "auto")
    )
    assert np.array_equal(by_rewards, chosen) and not np.array_equal(by_network, chosen)
    with pytest.raises(InputError, match="reward of one decision"):
        cross_fitted_q(toy_shop(50), Uniform(3), model="reward-model")


def test_too_few_episodes(one_step):
    with pytest.raises(InputError, match="cannot make 2 folds"):
        cross_fitted_rewards(one_step.episodes(0, 1))
    with pytest.raises(InputError, match="cannot make 1 folds"):
        cross_fitted_q(toy_shop(50), Uniform(3), folds=1)
    with pytest.raises(InputError, match="1 users cannot make 2 folds"):
        cross_fitted_q(replace(toy_shop(50), clusters=np.full(50, 3)), Uniform(3))
