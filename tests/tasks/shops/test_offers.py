"""offers-v1: chats worked by hand, and a plan that is exact."""

from __future__ import annotations

import numpy as np
import pytest

from rlbench_rec import tasks
from rlbench_rec.errors import InputError
from rlbench_rec.tasks.shops.offers_chat import APOLOGISE, ASK, EXPLAIN, HAND_OVER, LARGE, MOVES, SMALL, Chat

HURRIED_IN_THE_MIDDLE_MOOD = [0.0, 0.0, 0.5]


@pytest.fixture(scope="module")
def task():
    return tasks.make("offers-v1", seed=4)


@pytest.fixture
def chat(scripted):
    plain = tasks.make("offers-v1", issue_spread=0.0)

    def begin(*uniforms):
        return scripted(plain.simulator(1, seed=0), HURRIED_IN_THE_MIDDLE_MOOD, *uniforms)

    return begin


def test_a_chat_by_hand(chat):
    # Draws: settled, clearer, mood, leave. Ask: clearer with .7, annoyed with .3; P(leave) = s(-3.5 + .7) = .0573.
    # Explain: s(-2.5 + 1.6) = .2891, else annoyed with .5; P(leave) = s(-2.8 + .9 + .2) = .1545.
    # Large voucher at mood 1: s(.2 - .4) = .4502.
    simulator = chat([0.0, 0.69, 0.31, 0.058], [0.290, 0.0, 0.49, 0.155], [0.450, 0.0, 0.0, 0.0])
    first = simulator.step(np.array([ASK]))
    assert first.rewards == pytest.approx([-0.01])
    assert first.states == pytest.approx(np.array([[1, 0, 0, 1, 0, 0, 0.5, 0.5, 0, 0, 0.1]]))
    second = simulator.step(np.array([EXPLAIN]))
    assert second.rewards == pytest.approx([-0.01])
    assert second.states == pytest.approx(np.array([[1, 0, 0, 1, 0, 0, 0.25, 0.5, 0, 0, 0.2]]))
    third = simulator.step(np.array([LARGE]))
    assert third.rewards == pytest.approx([1 - 0.45 - 0.01])
    assert third.metrics == pytest.approx(np.array([[1, 0.45, 0, 0.25]]))
    assert third.terminated[0]


@pytest.mark.parametrize(
    ("move", "uniforms", "reward", "metrics"),
    [
        (HAND_OVER, [0.84, 0.0, 0.0, 0.9], 0.49, [1, 0.5, 1, 0.5]),
        (HAND_OVER, [0.86, 0.0, 0.0, 0.9], -1.01, [0, 0.5, 1, 0.5]),
        (SMALL, [0.231, 0.0, 0.9, 0.0], 0.84, [1, 0.15, 0, 0.5]),  # s(-1.2) = .2315
        (SMALL, [0.232, 0.0, 0.9, 0.057], -0.51, [0, 0, 0, 0.5]),  # declined, and gone
        (APOLOGISE, [0.0, 0.0, 0.79, 0.023], -0.51, [0, 0, 0, 0.75]),  # s(-2.8 - .9) = .0241
    ],
)
def test_ends_by_hand(chat, move, uniforms, reward, metrics):
    step = chat(uniforms).step(np.array([move]))
    assert step.rewards == pytest.approx([reward])
    assert step.metrics == pytest.approx(np.array([metrics]))
    assert step.terminated[0]


def test_a_chat_that_runs_out_of_turns_is_lost(scripted):
    task = tasks.make("offers-v1", horizon=1)
    step = scripted(task.simulator(1, seed=0), HURRIED_IN_THE_MIDDLE_MOOD, [0.0, 0.0, 0.9, 0.99]).step(np.array([ASK]))
    assert step.rewards == pytest.approx([-0.51])


def test_apologies_wear_and_a_declined_voucher_is_worth_less(task):
    zero = np.array([0])
    soothes = [task.customers.mood_chance(Chat(zero, zero, zero, zero, zero + s, zero), APOLOGISE) for s in range(3)]
    assert np.ravel(soothes) == pytest.approx([0.8, 0.32, 0.128])
    chances = {
        (declined, move): float(
            task.customers.settle_chance(Chat(zero, zero, zero + 2, zero, zero, zero + declined), np.array([move]))[0]
        )
        for declined in range(3)
        for move in (SMALL, LARGE)
    }
    assert chances[0, SMALL] > chances[1, SMALL] == chances[2, SMALL]
    assert chances[0, LARGE] == chances[1, LARGE] > chances[2, LARGE]


def test_all_that_was_begun_is_settled_or_lost(task, play_at_random):
    users, earned, over, settled, spent, turns = 500, np.zeros(500), np.zeros(500), 0.0, 0.0, 0
    for here, step in play_at_random(task.simulator(users, seed=1)):
        earned[here] += step.rewards
        over[here] += step.terminated
        settled += step.metrics[:, 0].sum()
        spent += step.metrics[:, 1].sum()
        turns += len(here)
    assert (over == 1).all()
    # What all chats earned is what was settled, less what was lost, spent, and talked.
    assert earned.sum() == pytest.approx(settled - 0.5 * (users - settled) - spent - 0.01 * turns, abs=1e-2)


def test_the_myopic_score_is_the_mean_reward(task):
    users = 60_000
    for move, name in enumerate(MOVES):
        simulator = task.simulator(users, seed=1)
        expected = task.scores()["myopic"](simulator.reset())[:, move]
        earned = simulator.step(np.full(users, move)).rewards
        assert abs(earned.mean() - expected.mean()) < 4 * earned.std() / np.sqrt(users), name


def test_the_plan_is_worth_what_it_says_and_nothing_is_better(task):
    policies = task.target_policies()
    start = task.simulator(100_000, seed=1).reset()
    promised = task.scores()["farsighted"](start).max(axis=1)
    truth = task.true_value(policies["farsighted-greedy"], relative_error=0.01)
    assert abs(truth.value - promised.mean()) < 4 * np.hypot(truth.std_error, promised.std() / np.sqrt(len(promised)))
    for name in ("random", "behaviour", "myopic-greedy", "between", "farsighted-firm"):
        played = task.true_value(policies[name])
        assert played.value < truth.value + 4 * played.std_error, name


@pytest.mark.parametrize("config", [{"small": 0.5}, {"hand_settles": 1.1}, {"turn_cost": -0.1}, {"issues": 0}])
def test_config_out_of_range_is_refused(config):
    with pytest.raises(InputError, match="|".join(["small voucher", *config])):
        tasks.make("offers-v1", **config)
