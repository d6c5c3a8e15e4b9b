"""Exact optima: what the greedy policy of the exact plan earns when it is played."""

from __future__ import annotations

import pytest

from rlbench_rec import tasks
from rlbench_rec.tasks.planners.exact import best_walks


@pytest.mark.parametrize(
    ("task_id", "changed"),
    [
        ("offers-v1", {"horizon": 4}),
        ("offers-v1", {"gamma": 0.8, "horizon": 3}),
        ("inventory-v1", {"horizon": 6, "capacity": 40, "cases": 5}),
        ("inventory-v1", {"horizon": 5, "start_weeks": 10.0, "lead_time": 1, "gamma": 0.9}),
    ],
)
def test_the_plan_played_earns_the_optimum(task_id, changed):
    task = tasks.make(task_id, seed=3, **changed)
    truth = task.true_value("farsighted-greedy", 0.02)
    assert abs(truth.value - task.optimum) < 4.0 * truth.std_error
    assert task.upper_bound == (task.optimum, "optimum")


def test_a_season_that_nearly_always_begins_full_is_worth_what_a_full_one_is():
    task = tasks.make("inventory-v1", horizon=1, capacity=4, case=4, lead_time=0, start_weeks=10.0)
    full = task.plan(task.gamma)[:, 0, 4, 0].max(axis=1).mean()
    assert task.optimum == pytest.approx(full, rel=0.05)


def test_one_who_knows_the_time_earns_at_least_as_much_in_a_tabular_shop():
    task = tasks.make("tabular-v1", seed=4, horizon=3)
    assert best_walks(task) >= task.true_value("farsighted-greedy").value
    first = tasks.make("tabular-v1", seed=4, horizon=1)
    assert best_walks(first) == pytest.approx(first.click_rates.max(axis=1).mean())
    assert first.upper_bound.method == "dynamic program"
