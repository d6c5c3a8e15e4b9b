"""ads-v1: auctions worked by hand, and a budget that balances."""

from __future__ import annotations

import numpy as np
import pytest

from rlbench_rec import tasks
from rlbench_rec.errors import InputError

PLAIN = {"fit": 0.0, "margin_spread": 0.0, "rush": 0.0}
TOP_BID_ON_AD_1 = 10


def test_actions_are_named_for_what_they_do():
    task = tasks.make("ads-v1")
    assert task.action_count == 21
    assert task.action_names[0] == "no bid"
    assert task.action_names[TOP_BID_ON_AD_1] == "ad-1 at 2"
    assert (task.ad[TOP_BID_ON_AD_1], task.bid[TOP_BID_ON_AD_1]) == (1, 2.0)


def test_three_auctions_by_hand(scripted):
    # Draws: next kind, rival, click, sale. The median rival asks .45. Unworn: P(click) = s(-1) = .2689; worn by one
    # showing s(-1.5) = .1824. A sale earns 8.
    task = tasks.make("ads-v1", **PLAIN)
    simulator = scripted(
        task.simulator(1, seed=0),
        [0.1, 0.5],
        [0.5, 0.5, 0.268, 0.399],
        [0.9, 0.5, 0.183, 0.0],
        [0.9, 0.5, 0.0, 0.0],
    )
    first = simulator.step(np.array([TOP_BID_ON_AD_1]))
    assert first.rewards == pytest.approx([7.55])
    assert first.metrics == pytest.approx(np.array([[1.0, 1.0, 8.0, 0.45, 1.0]]))
    assert first.states == pytest.approx(np.array([[0, 1, 0, 0, 1.0, 0, 0, 4.55 / 5, 1 / 24]]), abs=1e-6)
    second = simulator.step(np.array([TOP_BID_ON_AD_1]))
    assert second.rewards == pytest.approx([-0.45])
    assert second.metrics == pytest.approx(np.array([[0.0, 0.0, 0.0, 0.45, 0.0]]))
    assert second.states == pytest.approx(np.array([[0, 0, 1, 0, 1.85, 0, 0, 4.1 / 5, 2 / 24]]), abs=1e-6)
    third = simulator.step(np.array([6]))  # ad 1 at .25: outbid
    assert third.rewards == [0.0]
    assert third.states[0, 3:8] == pytest.approx([0, 0.85 * 1.85, 0, 0, 4.1 / 5])


@pytest.mark.parametrize(("budget", "wins", "ends"), [(0.44, False, False), (0.48, True, True), (0.55, True, False)])
def test_a_bid_is_cut_to_the_budget_and_the_day_ends_without_one(scripted, budget, wins, ends):
    task = tasks.make("ads-v1", budget=budget, budget_spread=0.0, **PLAIN)
    step = scripted(task.simulator(1, seed=0), [0.1, 0.5], [0.5, 0.5, 0.9, 0.9]).step(np.array([TOP_BID_ON_AD_1]))
    assert step.rewards == pytest.approx([-0.45 if wins else 0.0])
    assert step.terminated[0] == ends


def test_the_budget_balances(play_at_random):
    task = tasks.make("ads-v1", seed=2)
    simulator = task.simulator(400, seed=1)
    simulator.reset()
    begun = simulator.users["budget"].copy()
    spent, left = np.zeros(400), begun.copy()
    for here, step in play_at_random(simulator):
        spent[here] += step.metrics[:, 3]
        left[here] = step.states[:, -2] * task.config.budget
        assert (step.states[:, -2] >= 0).all()
    assert spent.max() > 1
    assert spent + left == pytest.approx(begun, abs=1e-4)


def test_the_myopic_score_is_the_mean_reward():
    task = tasks.make("ads-v1", seed=2)
    users, action = 60_000, 9
    simulator = task.simulator(users, seed=1)
    expected = task.expected_reward(simulator.reset())[:, action]
    earned = simulator.step(np.full(users, action)).rewards
    # The score takes rival bids from a grid of 32 quantiles.
    assert abs(earned.mean() - expected.mean()) < 4 * earned.std() / np.sqrt(users) + 0.02


def test_more_budget_is_worth_more_and_a_higher_bid_wins_more():
    tables = tasks.make("ads-v1", seed=2).auctions
    assert (np.diff(tables.ahead[:, :, 0], axis=1) >= 0).all()
    assert (np.diff(tables.wins, axis=2) >= 0).all()
    assert (tables.wins[:, :, 0] == 0).all()
    assert (tables.ahead[-1] == 0).all()
    assert (tables.wins[:, 0] == 0).all()  # without money nothing is won


@pytest.mark.parametrize("config", [{"bids": ()}, {"bids": (0.5, 0.2)}, {"bids": (0.0, 1.0)}, {"budget": 0.0}])
def test_config_out_of_range_is_refused(config):
    with pytest.raises(InputError, match=next(iter(config))):
        tasks.make("ads-v1", **config)
