"""pricing-v1: visits worked by hand, and a plan that knows what it is worth."""

from __future__ import annotations

import numpy as np
import pytest

from rlbench_rec import tasks
from rlbench_rec.errors import InputError


@pytest.fixture(scope="module")
def task():
    return tasks.make("pricing-v1", seed=4)


def test_two_visits_by_hand(scripted):
    # Loyal: base -.6 + .6 = 0, slope 4 (1 - .5) = 2. Reference .6 + .4 * .5 = .8.
    # List price: P(buy) = s(-8 * .2) = s(-1.6) = .1680; P(leave) = s(-3.5 + 4 * .2) = s(-2.7) = .0630.
    # Then r = .8 * .8 + .2 = .84 and h = 1. At 20 %: P(buy) = s(2 * .2 + 4 * .04 - 1) = s(-.44) = .3917;
    # P(leave) = s(-3.5) = .0293; r = .8 * .84 + .2 * .8 = .832, h = .7.
    task = tasks.make("pricing-v1", shop_spread=0.0)
    simulator = scripted(task.simulator(1, seed=0), [0.0, 0.5], [0.167, 0.064], [0.392, 0.030])
    first = simulator.step(np.array([0]))
    assert first.rewards == pytest.approx([1.0])
    assert first.metrics == pytest.approx(np.array([[1.0, 20.0, 0.0, -0.2]]), abs=1e-6)
    assert first.states == pytest.approx(np.array([[1.0, 0.0, 0.0, 0.84, 1.0, 1 / 40]]), abs=1e-6)
    assert not first.terminated[0]
    second = simulator.step(np.array([4]))
    assert second.rewards == [0.0]
    assert second.metrics == pytest.approx(np.array([[0.0, 0.0, 0.2, 0.0]]), abs=1e-6)
    assert second.states[0, 3:5] == pytest.approx([0.832, 0.7], abs=1e-6)


@pytest.mark.parametrize(
    ("uniforms", "reward", "leaves"),
    [([0.169, 0.064], 0.0, False), ([0.167, 0.062], 1.0, True), ([0.169, 0.062], 0.0, True)],
)
def test_thresholds_by_hand(scripted, uniforms, reward, leaves):
    task = tasks.make("pricing-v1", shop_spread=0.0)
    step = scripted(task.simulator(1, seed=0), [0.0, 0.5], uniforms).step(np.array([0]))
    assert (step.rewards[0], step.terminated[0]) == (pytest.approx(reward), leaves)


def test_the_myopic_score_is_the_mean_reward(task):
    users = 60_000
    simulator = task.simulator(users, seed=1)
    states = simulator.reset()
    expected = task.expected_reward(states)[:, 3]
    earned = simulator.step(np.full(users, 3)).rewards
    assert abs(earned.mean() - expected.mean()) < 4 * earned.std() / np.sqrt(users)


def test_the_plan_is_worth_what_it_says(task):
    # The value of following the plan is the plan's own value of the start, but for the grid's coarseness.
    policy = task.target_policies()["farsighted-greedy"]
    start = task.simulator(50_000, seed=1).reset()
    promised = task.optimal(start).max(axis=1).mean()
    truth = task.true_value(policy, relative_error=0.005)
    assert truth.value == pytest.approx(promised, rel=0.02)
    for name in ("random", "behaviour", "myopic-greedy", "farsighted-firm"):
        played = task.true_value(task.target_policies()[name])
        assert played.value < promised + 4 * played.std_error, name


def test_every_state_keeps_to_its_bounds(task, play_at_random):
    for _, step in play_at_random(task.simulator(500, seed=3)):
        assert (step.states[:, :3].sum(axis=1) == 1).all()
        assert (step.states[:, 3] >= np.float32(task.lowest)).all()
        assert (step.states[:, 3] <= 1).all()


@pytest.mark.parametrize(
    "config",
    [
        {"discounts": (0.1,)},
        {"discounts": (0.2, 0.1)},
        {"discounts": (0.0, 1.0)},
        {"discounts": (-0.1, 0.1)},
        {"memory": 1.0},
    ],
)
def test_config_out_of_range_is_refused(config):
    with pytest.raises(InputError, match=next(iter(config))):
        tasks.make("pricing-v1", **config)
