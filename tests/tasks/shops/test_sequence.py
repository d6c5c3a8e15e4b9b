"""sequence-v1: positions worked by hand, the best order by brute force, and the slate estimators on its log."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from rlbench_rec import ope, tasks
from rlbench_rec.errors import InputError
from rlbench_rec.tasks.policy_ladder import ScoreBlend


@pytest.fixture
def two_items():
    """Item 0 of category 0 is good, item 1 of category 1 poor; both cost and pay alike."""
    task = tasks.make("sequence-v1", items=2, categories=2, appeal_spread=0.0, price_spread=0.0, horizon=3)
    task.quality, task.fee = np.float32([1.0, -1.0]), np.float32([0.8, 0.8])
    task.buy = 1 / (1 + np.exp([1.5, 2.5]))
    return task


def test_three_positions_by_hand(two_items, scripted):
    # Draws: click, purchase, reading on. The user is after category 0.
    # Item 0: P(click) = s(-1 + 1) = .5, P(purchase) = s(-2 + .5) = .1824, P(on) = s(1.2 + 1.5 - .5) = s(2.2) = .9002.
    # Item 1: P(click) = s(-1) = .2689, P(purchase) = s(-2.5) = .0759, P(on) after a click = s(1.2 - 1.5 - .5) = .3100.
    simulator = scripted(
        two_items.simulator(1, seed=0), [0.1], [0.499, 0.182, 0.900], [0.268, 0.076, 0.311], [0.0, 0.0, 0.0]
    )
    first = simulator.step(np.array([0]))
    assert first.rewards == pytest.approx([2.8])  # click 1.8, purchase 1
    assert first.metrics == pytest.approx(np.array([[1.0, 1.0, 20.0, 1.0, 1.0]]))
    assert first.states == pytest.approx(np.array([[1, 0, 1, 0, 1 / 3]]))
    second = simulator.step(np.array([1]))
    assert second.rewards == pytest.approx([1.8])
    assert second.metrics == pytest.approx(np.array([[1.0, 0.0, 0.0, 1.0, -1.0]]))
    third = simulator.step(np.array([0]))  # above already, and nobody reads on
    assert third.rewards == [0.0]
    assert third.metrics == pytest.approx(np.zeros((1, 5)))
    assert third.terminated[0]


def test_a_repeated_item_is_passed_over(two_items, scripted):
    simulator = scripted(two_items.simulator(1, seed=0), [0.1], [0.9, 0.0, 0.0], [0.0, 0.0, 0.99], [0.268, 0.99, 0.0])
    assert simulator.step(np.array([0])).rewards == [0.0]
    assert simulator.step(np.array([0])).rewards == [0.0]
    assert simulator.step(np.array([1])).rewards == pytest.approx([1.8])


def test_items_alike_above_take_from_the_click():
    task = tasks.make("sequence-v1", seed=0)
    logit = task.click_logit(np.array([4, 4]), np.array([1, 1]), np.array([0.0, 2.0]))
    assert logit[0] - logit[1] == pytest.approx(2 * task.config.redundancy)


def test_all_pages_are_full_and_the_state_tells_no_clicks():
    task = tasks.make("sequence-v1", seed=0)
    data = task.log(episodes=200, seed=1)
    assert (data.episode_lengths == task.horizon).all()
    assert not any("click" in name for name in data.observation_names)


def test_the_best_order_is_found():
    task = tasks.make("sequence-v1", seed=3, items=5, categories=2, horizon=4, redundancy=0.0)
    state = np.zeros((1, len(task.observation_names)), np.float32)
    state[0, 1] = 1.0
    value, stays, _ = task._odds(state)
    for positions in (1, 2, 3):
        worth = [_worth(order, value[0], stays[0]) for order in permutations(range(5), positions)]
        assert task.values_below[1, positions] == pytest.approx(max(worth), rel=1e-12)


def _worth(order, value, stays):
    reads = np.cumprod([1.0, *(stays[item] for item in order[:-1])])
    return float((reads * value[list(order)]).sum())


def test_the_myopic_score_is_the_mean_reward_of_those_who_read():
    task = tasks.make("sequence-v1", seed=2)
    users = 60_000
    simulator = task.simulator(users, seed=1)
    expected = task.expected_reward(simulator.reset())[:, 5]
    earned = simulator.step(np.full(users, 5)).rewards
    assert abs(earned.mean() - expected.mean()) < 4 * earned.std() / np.sqrt(users)


@pytest.mark.parametrize("estimator", ["sips", "rips", "snsips", "snrips", "cascade-dr"])
def test_slate_estimators_find_the_value(estimator):
    task = tasks.make("sequence-v1", seed=1)
    policy = task.policy(ScoreBlend(score={"myopic": 0.8, "farsighted": 0.3}, tau=0.9, epsilon=0.05))
    data = task.log(episodes=8_000, policy=task.behaviour_policies()["softmax-1"], seed=1)
    states = data.states()
    chances, q = policy.probabilities(states), task.expected_reward(states)
    rows = np.arange(len(data))
    log = ope.EvaluationLog(
        rewards=data.rewards,
        propensities=data.propensities,
        target_propensities=chances[rows, data.actions],
        q_logged=q[rows, data.actions],
        v_target=(chances * q).sum(axis=1),
        episode_starts=data.episode_starts,
        gamma=data.gamma,
    )
    estimate = ope.estimate(log, estimator, interval="none")
    truth = task.true_value(policy, relative_error=0.005)
    assert abs(estimate.value - truth.value) < 4 * np.hypot(estimate.std_error, truth.std_error)
    # The estimate is worth something: sharper than telling the logging policy's value from the truth.
    assert estimate.std_error < 0.15 * truth.value


@pytest.mark.parametrize("config", [{"items": 2}, {"sponsored": 1.5}, {"horizon": 0}, {"fee_mean": -1.0}])
def test_config_out_of_range_is_refused(config):
    with pytest.raises(InputError, match="categories" if "items" in config else next(iter(config))):
        tasks.make("sequence-v1", **config)
