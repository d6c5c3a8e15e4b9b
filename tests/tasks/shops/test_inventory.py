"""inventory-v1: weeks worked by hand, stock that balances, and plans that are the best there are."""

from __future__ import annotations

import numpy as np
import pytest

from rlbench_rec import tasks
from rlbench_rec.errors import InputError
from rlbench_rec.tasks.shops.inventory_plan import negative_binomial

PLAIN = {"kinds": 1, "season": 0.0, "overdispersion": 0.0}


@pytest.fixture(scope="module")
def task():
    return tasks.make("inventory-v1", seed=4)


def test_two_weeks_by_hand(scripted):
    # Stock: 10 of 0..16. Poisson of mean 8: P(D <= 7) = .4530, P(D <= 8) = .5925, so a uniform .5 is a demand of 8.
    simulator = scripted(tasks.make("inventory-v1", **PLAIN).simulator(1, seed=0), [0.0, 0.6], [0.5], [0.5], [0.5])
    first = simulator.step(np.array([3]))
    assert first.rewards == pytest.approx([(8 - 0.6 * 12 - 0.01 * 2) / 3.2])
    assert first.metrics == pytest.approx(np.array([[160, 144, 0, 2, 1]]))
    assert first.states == pytest.approx(np.array([[1, 2 / 8, 12 / 8, 1, 1 / 26]]))
    second = simulator.step(np.array([0]))
    assert second.rewards == pytest.approx([(2 - 0.1 * 6) / 3.2])
    assert second.metrics == pytest.approx(np.array([[40, 0, 6, 0, 0.25]]))
    assert second.states == pytest.approx(np.array([[1, 12 / 8, 0, 1, 2 / 26]]))


@pytest.mark.parametrize(("lead_time", "sold", "left"), [(0, 13, 5), (1, 10, 8), (3, 10, 0)])
def test_an_order_arrives_after_its_lead_time(scripted, lead_time, sold, left):
    # P(D <= 12) = .9362, P(D <= 13) = .9658: a uniform .95 is a demand of 13; 10 in stock, 8 ordered.
    task = tasks.make("inventory-v1", lead_time=lead_time, **PLAIN)
    step = scripted(task.simulator(1, seed=0), [0.0, 0.6], [0.95]).step(np.array([2]))
    assert step.metrics[0, 0] == pytest.approx(20 * sold)
    assert step.states[0, 1] == pytest.approx(left / 8)
    assert step.states.shape == (1, 4 + max(lead_time - 1, 0))


def test_what_is_left_at_the_end_is_salvaged(scripted):
    task = tasks.make("inventory-v1", horizon=1, **PLAIN)
    step = scripted(task.simulator(1, seed=0), [0.0, 0.6], [0.5]).step(np.array([2]))
    assert step.rewards == pytest.approx([(8 - 0.6 * 8 - 0.01 * 2 + 0.5 * 0.6 * 10) / 3.2])
    assert step.terminated[0]


@pytest.mark.parametrize(("capacity", "bought"), [(13, 0), (14, 4), (96, 12)])
def test_an_order_is_cut_to_whole_cases_that_fit(scripted, capacity, bought):
    task = tasks.make("inventory-v1", capacity=capacity, **PLAIN)
    step = scripted(task.simulator(1, seed=0), [0.0, 0.6], [0.5]).step(np.array([3]))
    assert step.metrics[0, 1] == pytest.approx(20 * 0.6 * bought)


@pytest.mark.parametrize("lead_time", [0, 1, 2, 3])
def test_stock_balances(lead_time, play_at_random):
    task = tasks.make("inventory-v1", seed=2, lead_time=lead_time, capacity=50)
    c = task.config
    simulator = task.simulator(300, seed=1)
    begun = np.rint(simulator.reset()[:, c.kinds] * c.demand)
    sold, bought = np.zeros(300), np.zeros(300)
    for _, step in play_at_random(simulator):
        sold += step.metrics[:, 0] / c.price
        bought += step.metrics[:, 1] / (c.price * c.unit_cost)
        owned = step.states[:, c.kinds : -2].sum(axis=1) * c.demand
        assert begun + bought == pytest.approx(sold + owned, abs=1e-3)
        assert owned.max() <= c.capacity + 1e-3
        lost, held = step.metrics[:, 2], step.metrics[:, 3]
        assert ((lost == 0) | (held == 0)).all()
    assert sold.min() > 0


def test_demand_has_the_mean_and_the_variance_of_the_docstring():
    mean = np.array([2.0, 20.0])
    for overdispersion in (0.0, 0.3):
        chances = negative_binomial(mean, overdispersion)
        demand = np.arange(chances.shape[1])
        assert chances.sum(axis=1) == pytest.approx(1, abs=1e-12)
        assert chances @ demand == pytest.approx(mean, rel=1e-4)
        assert chances @ demand**2 - mean**2 == pytest.approx(mean + overdispersion * mean**2, rel=1e-3)
    assert negative_binomial(np.array([4.0]), 0.0)[0, :3] == pytest.approx(np.exp(-4) * np.array([1, 4, 8]))
    # exp(-2000) is 0 in float64; the probabilities are not.
    assert negative_binomial(np.array([2_000.0]), 0.0)[0].max() == pytest.approx(
        1 / np.sqrt(2 * np.pi * 2_000), rel=1e-3
    )


def test_the_myopic_score_is_the_mean_reward(task):
    users = 60_000
    simulator = task.simulator(users, seed=1)
    expected = task.scores()["myopic"](simulator.reset())[:, 5]
    earned = simulator.step(np.full(users, 5)).rewards
    assert abs(earned.mean() - expected.mean()) < 4 * earned.std() / np.sqrt(users)


def test_without_a_lead_time_the_best_plan_is_the_newsvendors_base_stock():
    # u = 1 + .1 - .6 = .5, o = .01 + .02 * .6 = .022, u / (u + o) = .9579; Poisson of mean 4: P(D <= 7) = .9489,
    # P(D <= 8) = .9786. Salvage at cost makes the last week but one like the others.
    task = tasks.make(
        "inventory-v1", lead_time=0, demand=4.0, case=1, cases=12, salvage=1.0, capacity=20, horizon=8, **PLAIN
    )
    assert (task.base_stock_levels[:-1] == 8).all()
    orders = task.plan(task.gamma)[0, :-1, :, 0].argmax(axis=2)
    assert (orders == np.maximum(8 - np.arange(21), 0)).all()


def test_the_plan_is_worth_what_it_says_and_nothing_is_better(task):
    policies = task.target_policies()
    start = task.simulator(100_000, seed=1).reset()
    promised = task.scores()["farsighted"](start).max(axis=1)
    truth = task.true_value(policies["farsighted-greedy"], relative_error=0.005)
    assert abs(truth.value - promised.mean()) < 4 * np.hypot(truth.std_error, promised.std() / np.sqrt(len(promised)))
    for name in ("random", "behaviour", "myopic-mild", "rule-firm", "base-stock", "farsighted-firm"):
        played = task.true_value(policies[name])
        assert played.value < truth.value + 4 * played.std_error, name


def test_base_stock_comes_close_to_the_best(task):
    policies = task.target_policies()
    best, simple, rule = (task.true_value(policies[n]).value for n in ("farsighted-greedy", "base-stock", "rule-firm"))
    assert rule < 0.95 * best < simple


@pytest.mark.parametrize(
    "config", [{"case": 97}, {"lead_time": 4}, {"season": 1.0}, {"unit_cost": 1.0}, {"capacity": 0}, {"demand": 0.0}]
)
def test_config_out_of_range_is_refused(config):
    with pytest.raises(InputError, match=next(iter(config))):
        tasks.make("inventory-v1", **config)


def test_a_plan_that_would_not_fit_into_memory_is_refused():
    with pytest.raises(InputError, match="dynamic program would have"):
        tasks.make("inventory-v1", lead_time=3, cases=40, capacity=400)
