"""A search over the true traits of a shop: it finds better policies than it starts from."""

from __future__ import annotations

import numpy as np
import pytest

from rlbench_rec import tasks
from rlbench_rec.tasks.planners.cross_entropy import Effort
from rlbench_rec.tasks.planners.shop_traits import traits_of
from rlbench_rec.tasks.planners.trait_scores import TraitPolicy, search
from rlbench_rec.tasks.true_values import returns

SEARCHED = ("ads-v1", "cart-v1", "media-v1", "recommend-v1")
FRESH = 77


@pytest.mark.parametrize("task_id", SEARCHED)
def test_the_traits_are_one_number_an_action_and_make_a_policy(task_id):
    task = tasks.make(task_id, seed=1, horizon=2)
    traits, states = traits_of(task), task.simulator(50, seed=1).reset()
    values = [np.broadcast_to(trait, (50, task.action_count)) for trait in traits.values(states)]
    assert len(values) == len(traits.names) == len(traits.start)
    policy = TraitPolicy(task, traits, np.array(traits.start))
    best = sum(weight * trait for weight, trait in zip(traits.start, values, strict=True)).argmax(axis=1)
    assert (policy.probabilities(states).argmax(axis=1) == best).all()


@pytest.mark.parametrize("task_id", ["pricing-v1", "retention-v1", "tabular-v1"])
def test_tasks_whose_planner_is_all_but_exact_are_not_searched(task_id):
    assert traits_of(tasks.make(task_id)) is None


def test_a_search_beats_its_start_on_users_that_it_never_met_and_is_the_same_each_time():
    task = tasks.make("recommend-v1", seed=4, horizon=6)
    traits, effort = traits_of(task), Effort(rounds=4, population=12, elite=4)
    found = search(task, traits, effort, users=256)

    def value(policy):
        return returns(task, policy, 4_096, FRESH, 0, task.gamma)[:, 0].mean()

    ladder = max(value(policy) for policy in task.target_policies().values())
    start = value(TraitPolicy(task, traits, np.array(traits.start)))
    assert value(found) > max(start, ladder)
    again = search(tasks.make("recommend-v1", seed=4, horizon=6), traits, effort, users=256)
    assert (again.weights == found.weights).all()
