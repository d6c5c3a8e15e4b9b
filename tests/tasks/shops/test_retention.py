"""retention-v1: weeks worked by hand, and a plan that knows what it is worth."""

from __future__ import annotations

import numpy as np
import pytest

from rlbench_rec import tasks
from rlbench_rec.errors import InputError

NOTHING, PUSH, SMALL, LARGE = range(4)


@pytest.fixture(scope="module")
def task():
    return tasks.make("retention-v1", seed=4)


def test_two_weeks_by_hand(scripted):
    # Loyal: base -1.5 + .5 = -1, response 8 (1 - .5) = 4. Large coupon: P(buy) = s(-1 + .5 * .5 + .6 + 4 * .2) = s(.65)
    # = .6570; h = .7 * .5 + 1 = 1.35, d = .08; P(leave) = s(-1.5 - 1.5 * 1.35 + .8 - .6) = s(-3.325) = .0347.
    # Then nothing: P(buy) = s(-1 + .5 * 1.35 - 1.5 * .08) = s(-.445) = .3906; h = .945, d = .92 * .08 = .0736;
    # P(leave) = s(-1.5 - 1.5 * .945) = s(-2.9175) = .0513.
    task = tasks.make("retention-v1", shop_spread=0.0)
    simulator = scripted(task.simulator(1, seed=0), [0.0, 0.5], [0.656, 0.035], [0.391, 0.051])
    first = simulator.step(np.array([LARGE]))
    assert first.rewards == pytest.approx([(0.4 - 0.2 - 0.002) / 0.4])
    assert first.metrics == pytest.approx(np.array([[1, 32, 0.2, 1]]))
    assert first.states == pytest.approx(np.array([[1, 0, 0, 1.35, 0.08, 1 / 40]]), abs=1e-6)
    second = simulator.step(np.array([NOTHING]))
    assert second.rewards == [0.0]
    assert second.metrics.tolist() == [[0, 0, 0, 0]]
    assert second.states[0, 3:5] == pytest.approx([0.945, 0.0736], abs=1e-6)
    assert second.terminated[0]


@pytest.mark.parametrize(
    ("uniforms", "reward", "leaves"),
    [([0.658, 0.2], -0.005, False), ([0.656, 0.034], 0.495, True), ([0.658, 0.13], -0.005, True)],
)
def test_thresholds_by_hand(scripted, uniforms, reward, leaves):
    # Without the purchase h = .35: P(leave) = s(-1.5 - .525 + .8 - .6) = s(-1.825) = .1388.
    task = tasks.make("retention-v1", shop_spread=0.0)
    step = scripted(task.simulator(1, seed=0), [0.0, 0.5], uniforms).step(np.array([LARGE]))
    assert (step.rewards[0], step.terminated[0]) == (pytest.approx(reward), leaves)


def test_a_push_costs_its_sending_and_annoys(task):
    habit = np.array([0.5])
    assert task.leave_chance(habit, np.array([PUSH])) > task.leave_chance(habit, np.array([NOTHING]))
    assert task.leave_chance(habit, np.array([LARGE])) < task.leave_chance(habit, np.array([SMALL]))
    segment = np.array([1])
    bought = [float(task.buy_chance(segment, habit, habit * 0, np.array([move]))[0]) for move in range(4)]
    assert bought == sorted(bought)


def test_addiction_comes_from_coupons_that_were_used_and_lowers_purchases(task):
    one, none = np.array([1.0]), np.array([0.0])
    for move, expected in ((NOTHING, 0.0), (PUSH, 0.0), (SMALL, 0.08 * 0.4), (LARGE, 0.08)):
        assert task.after(one, none, np.array([move]), 1.0)[1] == pytest.approx([expected])
        assert task.after(one, none, np.array([move]), 0.0)[1] == [0.0]
        chances = [task.buy_chance(np.array([0]), one, addiction, np.array([move])) for addiction in (none, one)]
        assert chances[1] < chances[0]


def test_the_myopic_score_is_the_mean_reward(task):
    users = 60_000
    for move in range(4):
        simulator = task.simulator(users, seed=1)
        expected = task.expected_reward(simulator.reset())[:, move]
        earned = simulator.step(np.full(users, move)).rewards
        assert abs(earned.mean() - expected.mean()) <= 4 * earned.std() / np.sqrt(users)


def test_the_plan_is_worth_what_it_says(task):
    # The value of following the plan is the plan's own value of the start, but for the grid's coarseness.
    start = task.simulator(50_000, seed=1).reset()
    promised = task.optimal(start).max(axis=1).mean()
    policies = task.target_policies()
    truth = task.true_value(policies["farsighted-greedy"], relative_error=0.005)
    assert truth.value == pytest.approx(promised, rel=0.02)
    for name in ("random", "behaviour", "myopic-greedy", "farsighted-firm"):
        played = task.true_value(policies[name])
        assert played.value < promised + 4 * played.std_error, name


def test_every_state_keeps_to_its_bounds(task, play_at_random):
    low, high = task.observation_bounds
    for _, step in play_at_random(task.simulator(500, seed=3)):
        assert (step.states >= low).all()
        assert (step.states <= high).all()
        assert (step.states[:, :3].sum(axis=1) == 1).all()


@pytest.mark.parametrize("config", [{"small": 0.3}, {"margin": 0.0}, {"habit_decay": 1.0}, {"send_cost": -0.1}])
def test_config_out_of_range_is_refused(config):
    with pytest.raises(InputError, match="|".join(["small coupon", *config])):
        tasks.make("retention-v1", **config)
