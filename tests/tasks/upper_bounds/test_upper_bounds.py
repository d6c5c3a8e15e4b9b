"""Upper bounds hold: against exact values, and against every policy that a task names, in random shops."""

from __future__ import annotations

import numpy as np
import pytest

from rlbench_rec import tasks
from rlbench_rec.tasks.true_values import returns
from rlbench_rec.tasks.upper_bounds import BOUNDS, as_published
from rlbench_rec.tasks.upper_bounds.recommend import bound as recommend_bound

SHORT = {
    "ads-v1": 8,
    "cart-v1": 4,
    "inventory-v1": 6,
    "media-v1": 6,
    "pricing-v1": 6,
    "retention-v1": 6,
    "recommend-v1": 6,
}


@pytest.mark.parametrize("task_id", tasks.TASKS)
@pytest.mark.parametrize("variant", ["train", "judge"])
def test_no_policy_that_a_task_names_exceeds_it(task_id, variant):
    # A shop of other parameters and another seed each; short sessions, so that many can be played.
    horizon = {"horizon": SHORT[task_id]} if task_id in SHORT else {}
    seed = int(np.random.default_rng([len(task_id), len(variant), 20261129]).integers(1_000))
    task = tasks.make(task_id, seed=seed, variant=variant, **horizon)
    bound = task.upper_bound
    for name, policy in task.target_policies().items():
        earned = returns(task, policy, 2_048, 7, 0, task.gamma)[:, 0]
        assert earned.mean() - 5.0 * earned.std() / 2_048**0.5 <= bound.value, name


@pytest.mark.parametrize("task_id", ["pricing-v1", "retention-v1"])
def test_where_the_state_is_small_the_bound_is_what_the_planner_earns(task_id):
    task = tasks.make(task_id, seed=2, horizon=8)
    truth = task.true_value("farsighted-greedy", 0.02)
    assert abs(task.upper_bound.value - truth.value) < 4.0 * truth.std_error + 0.003 * truth.value


@pytest.mark.parametrize("task_id", ["media-v1", "pricing-v1", "retention-v1"])
def test_of_one_decision_it_is_the_best_expected_reward(task_id):
    task = tasks.make(task_id, seed=6, horizon=1)
    states = task.simulator(40_000, seed=1).reset()
    best = task.scores()["myopic"](states).max(axis=1)
    assert task.upper_bound.value == pytest.approx(best.mean(), abs=5.0 * best.std() / 200.0 + 0.002)


def test_of_one_page_of_recommend_it_is_what_a_shop_earns_that_knows_the_interest():
    task = tasks.make("recommend-v1", seed=3, horizon=1)
    known = float((task.first_decision.chances @ task.first_decision.rewards.max(axis=1)).item())
    # On the grid the value is raised by what interpolation misses.
    assert known <= recommend_bound(task).value <= 1.002 * known
    assert known > task.optimum == task.upper_bound.value


def test_of_one_auction_it_is_the_worth_less_the_price_with_a_budget_that_never_binds():
    task = tasks.make("ads-v1", seed=1, horizon=1, budget=50.0)
    states = task.simulator(4_096, seed=1).reset()
    best = task.expected_reward(states).max(axis=1).mean()
    # One may bid between the levels, and rival bids are rounded down.
    assert best <= task.upper_bound.value <= 1.1 * best


def test_of_one_offer_it_is_the_best_expected_reward_with_any_purse():
    task = tasks.make("cart-v1", seed=1, horizon=1, purse=900.0)
    states = task.simulator(4_096, seed=1).reset()
    best = task.expected_reward(states).max(axis=1).mean()
    assert best <= task.upper_bound.value


def test_what_changes_nothing_for_users_keeps_the_bound():
    assert as_published(tasks.make("recommend-v1", history=3).config)
    assert {shop.split(":")[0] for shop in BOUNDS} <= {
        name.removesuffix("-v1").replace("-", "_") for name in tasks.TASKS
    }
