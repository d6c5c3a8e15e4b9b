"""Policies written down as numbers: what they give, and that they run from bad to good."""

from __future__ import annotations

import functools

import numpy as np
import pytest

from rlbench_rec import tasks
from rlbench_rec.errors import InputError, UnknownNameError
from rlbench_rec.tasks.policy_ladder import ScoreBlend, ScoredPolicy, ScoredTask, standardised_rows
from rlbench_rec.tasks.rollout import USERS
from rlbench_rec.tasks.true_values import returns

SCORED = [
    task_id for task_id, task in ((name, tasks.TASKS[name]) for name in tasks.TASKS) if issubclass(task, ScoredTask)
]


def scored(blend, rows):
    score = {name: lambda states: np.asarray(rows)[: len(states)] for name in blend.score}
    return ScoredPolicy("mine", blend, score, np.zeros(len(rows[0])))


def test_scores_are_standardised_in_each_state():
    rows = standardised_rows(np.array([[1.0, 3.0], [1000.0, 1001.0], [5.0, 5.0], [0.0, 0.0]]))
    assert rows == pytest.approx(np.array([[-1, 1], [-1, 1], [0, 0], [0, 0]]))
    nearly_equal = standardised_rows(np.array([[1.0, 1.0 + 1e-9]]))
    assert (nearly_equal == 0).all()


def test_probabilities_by_hand():
    state = np.zeros((1, 1), np.float32)
    # z = (-1, 1); softmax(z / 2): 1 / (1 + e) = .2689.
    assert scored(ScoreBlend(score={"a": 1.0}, tau=2.0), [[1.0, 3.0]]).probabilities(state) == pytest.approx(
        np.array([[0.26894, 0.73106]]), abs=1e-5
    )
    mixed = scored(ScoreBlend(score={"a": 1.0}, tau=2.0, epsilon=0.5), [[1.0, 3.0]]).probabilities(state)
    assert mixed == pytest.approx(np.array([[0.38447, 0.61553]]), abs=1e-5)
    greedy = scored(ScoreBlend(score={"a": 1.0}, tau=0.0, epsilon=0.1), [[1.0, 3.0]]).probabilities(state)
    assert greedy == pytest.approx(np.array([[0.05, 0.95]]))
    avoiding = scored(ScoreBlend(score={"a": -1.0}, tau=0.0), [[1.0, 3.0]]).probabilities(state)
    assert avoiding.tolist() == [[1.0, 0.0]]


def returns_by_name(task):
    """A function of a policy's name: its returns, which are played once."""
    ladder = task.target_policies()
    return functools.cache(lambda name: returns(task, ladder[name], USERS, 2, 0, task.gamma)[:, 0])


def gain(better, worse):
    """Mean difference of two policies' returns, and its standard error: both meet the same users."""
    difference = better - worse
    return difference.mean(), difference.std() / np.sqrt(USERS)


@pytest.mark.parametrize("task_id", SCORED)
def test_the_ladder_runs_from_bad_to_good(task_id):
    played = returns_by_name(tasks.make(task_id, seed=8))
    for better, worse in (("behaviour", "worst"), ("behaviour", "random"), ("farsighted-greedy", "behaviour")):
        mean, error = gain(played(better), played(worse))
        assert mean > 3 * error, f"{better} - {worse}: {mean}"


@pytest.mark.parametrize("task_id", SCORED)
def test_looking_ahead_pays_on_a_shop_that_no_parameter_was_chosen_on(task_id):
    played = returns_by_name(tasks.make(task_id, seed=30, variant="judge"))
    for short_sighted in ("myopic-mild", "myopic-firm", "myopic-greedy"):
        mean, error = gain(played("farsighted-greedy"), played(short_sighted))
        assert mean > 2 * error, f"over {short_sighted}: {mean}"


@pytest.mark.parametrize("task_id", SCORED)
def test_exploration_is_graded(task_id):
    task = tasks.make(task_id, seed=8)
    states = task.log(episodes=100, seed=1).states()
    policies = task.behaviour_policies()
    largest = [policies[name].probabilities(states).max(axis=1).mean() for name in policies if "softmax" in name]
    assert largest == sorted(largest)
    assert policies["random"].probabilities(states).max() == pytest.approx(1 / task.action_count)
    nearly = policies["epsilon-0.02"].probabilities(states)
    assert nearly.max(axis=1).min() > 0.97
    assert nearly.min() > 0


def test_noise_belongs_to_the_shop():
    blend = ScoreBlend(score={"myopic": 1.0}, noise=1.0)
    first, again, other = (tasks.make("pricing-v1", seed=seed).policy(blend).error for seed in (6, 6, 7))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_the_ladder_is_given_by_configuration():
    task = tasks.make("pricing-v1", ladder={"mine": {"score": {"myopic": 1.0}, "tau": 2.0}})
    assert list(task.target_policies()) == ["random", "behaviour", "mine"]
    assert task.target_policies()["mine"].weights.tau == 2.0


def test_bad_blends_are_refused():
    with pytest.raises(InputError, match=r"ladder\.mine\.tau"):
        tasks.make("pricing-v1", ladder={"mine": {"score": {"myopic": 1.0}, "tau": -1.0}})
    task = tasks.make("pricing-v1", ladder={"mine": {"score": {"myopik": 1.0}}})
    with pytest.raises(UnknownNameError, match="Did you mean 'myopic'"):
        task.target_policies()
