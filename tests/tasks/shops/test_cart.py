"""cart-v1: offers worked by hand, purses that are kept to, and baskets that balance."""

from __future__ import annotations

import numpy as np
import pytest

from rlbench_rec import tasks
from rlbench_rec.errors import InputError

PLAIN = {"kits": 2, "depth": 2, "appeal_spread": 0.0, "price_spread": 0.0, "margin_spread": 0.0, "stray": 0.0}
"""Items: 0, 1 are what customers come for, 2, 3 parts, 4, 5 ready-made; kit 0 is the even ones."""
START = [0.4, 0.1, 0.5]
"""A middling purse, kit 0, the median to spend: 6."""
FIRST, PART, READY = np.exp(-0.5), 1.0, np.exp(0.5)


def test_names_and_pulls():
    task = tasks.make("cart-v1", **PLAIN)
    assert task.action_names[1::2] == ("kit-0 part-0", "kit-0 part-1", "kit-0 ready-made-1")
    assert task.price == pytest.approx(np.repeat([FIRST, PART, READY], 2))
    assert task.pull[0].tolist() == [0, 0, 1, 0, 1, 0]
    assert (task.pull[2:] == 0).all()
    deep = tasks.make("cart-v1", kits=1, depth=3, stray=0.0).pull
    assert deep[1].tolist() == [0, 0, 0, 1, 1]  # the part of level 1 calls for level 2
    assert deep[2].tolist() == [0, 0, 0, -1, -1]  # the ready-made item of level 1 stands in for it


def test_two_offers_by_hand(scripted):
    # Part of kit 0: P(add) = s(-3 + 3.5) = .6225; taken, P(leave) = s(-3) = .0474.
    # Ready-made of kit 0, likewise .6225; declined, q = 1, P(leave) = s(-2.7) = .0630, P(abandon) = s(-2.7).
    task = tasks.make("cart-v1", **PLAIN)
    simulator = scripted(task.simulator(1, seed=0), START, [0.622, 0.048, 0.0], [0.623, 0.0629, 0.0629])
    first = simulator.step(np.array([3]))
    assert first.rewards == pytest.approx([PART])
    assert first.metrics == pytest.approx(np.array([[1.0, 0.0, 0.0, 0.0, 0.0]]))
    assert first.states == pytest.approx(np.array([[0, 1, 0, *(1, 0, 1, 0, 0, 0), *[0] * 6, 1.0, 0, 1 / 12]]))
    assert not first.terminated[0]
    second = simulator.step(np.array([5]))
    assert second.rewards == pytest.approx([-(FIRST + PART)])
    assert second.metrics == pytest.approx(np.array([[0.0, 0.0, 0.0, 0.0, -1.0]]))
    assert second.terminated[0]


@pytest.mark.parametrize(
    ("action", "uniforms", "reward", "revenue", "annoyed"),
    [
        (3, [0.622, 0.047, 0.030], PART, 20 * (FIRST + PART), 0.0),  # taken, and straight to the checkout
        (3, [0.622, 0.047, 0.029], -FIRST, 0.0, 0.0),  # taken, and the basket abandoned: s(-3.5) = .0293
        (4, [0.048, 0.064, 0.5], 0.0, 0.0, 1.0),  # nothing calls for kit 1: s(-3) = .0474; annoyed
        (4, [0.047, 0.5, 0.5], PART, 0.0, 0.0),
        (1, [0.0, 0.5, 0.5], 0.0, 0.0, 1.0),  # in the basket already
        (0, [0.0, 0.5, 0.5], 0.0, 0.0, 0.0),  # nothing offered, nothing declined
    ],
)
def test_thresholds_by_hand(scripted, action, uniforms, reward, revenue, annoyed):
    task = tasks.make("cart-v1", **PLAIN)
    step = scripted(task.simulator(1, seed=0), START, uniforms).step(np.array([action]))
    assert step.rewards == pytest.approx([reward])
    assert step.metrics[0, 2] == pytest.approx(revenue)
    assert step.states[0, -2] == annoyed


def test_what_was_declined_is_taken_less_readily(scripted):
    task = tasks.make("cart-v1", **PLAIN)
    # Declined before: s(.5 - 1.5) = .2689.
    for uniforms, reward in ((0.268, PART), (0.269, 0.0)):
        simulator = scripted(task.simulator(1, seed=0), START, [0.99, 0.99, 0.99], [uniforms, 0.99, 0.99])
        simulator.step(np.array([3]))
        assert simulator.step(np.array([3])).rewards == pytest.approx([reward])


def test_an_empty_purse_takes_nothing(scripted):
    task = tasks.make("cart-v1", purse=0.9, **PLAIN)
    step = scripted(task.simulator(1, seed=0), START, [0.0, 0.99, 0.99]).step(np.array([3]))
    assert step.rewards == [0.0]


def test_nobody_spends_more_than_they_can_and_baskets_balance(play_at_random):
    task = tasks.make("cart-v1", seed=1, leave_base=-6.0)
    simulator = task.simulator(400, seed=1)
    worth = np.zeros(400)
    simulator.reset()
    begun = simulator.users["value"].copy()
    ends = np.zeros(400)
    for here, step in play_at_random(simulator):
        worth[here] += step.rewards
        ends[here] += step.terminated
        users = simulator.users
        assert (users["spent"] <= users["can_spend"]).all()
        assert users["value"] == pytest.approx((users["basket"] * task.price).sum(axis=1))
        assert users["value"] - users["spent"] == pytest.approx(begun[simulator.present])
        assert users["at_stake"] == pytest.approx((users["basket"] * task.margin).sum(axis=1))
    assert (ends == 1).all()
    assert worth.min() < 0 < worth.max()


def test_the_myopic_score_is_the_mean_reward():
    task = tasks.make("cart-v1", seed=2)
    users = 80_000
    for action in (0, 4, 8):
        simulator = task.simulator(users, seed=1)
        expected = task.expected_reward(simulator.reset())[:, action]
        earned = simulator.step(np.full(users, action)).rewards
        assert abs(earned.mean() - expected.mean()) < 4 * earned.std() / np.sqrt(users)


@pytest.mark.parametrize("config", [{"kits": 0}, {"depth": 1}, {"purse": 0.0}, {"annoyance_decay": 1.0}])
def test_config_out_of_range_is_refused(config):
    with pytest.raises(InputError, match=next(iter(config))):
        tasks.make("cart-v1", **config)
