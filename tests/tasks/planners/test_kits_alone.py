"""Kits planned for alone: exact where a kit is all that there is, and a better start of the search where it is not."""

from __future__ import annotations

import numpy as np
import pytest

from rlbench_rec import tasks
from rlbench_rec.policies import Greedy
from rlbench_rec.suite.reference_policies.candidates import planned
from rlbench_rec.tasks.planners import kits_alone
from rlbench_rec.tasks.planners.kits_alone import HELD, KitsAlone
from rlbench_rec.tasks.planners.shop_traits import traits_of
from rlbench_rec.tasks.planners.trait_scores import TraitPolicy

# Annoyance is 0 or 1, which are levels of the table, and every purse pays for all.
ONE_KIT = {"kits": 1, "depth": 3, "annoyance_decay": 0.0, "purse": 1_000.0, "purse_spread": 0.05, "horizon": 6}


def greedy(task, alone):
    """The best offer by the reward of the next step and what follows."""

    def q(states):
        taken = task._taken(states)
        return task._now(states, taken) + alone.ahead(states, taken)

    return Greedy(q, task.action_count)


def test_one_kit_that_all_can_pay_for_is_solved_exactly(monkeypatch):
    monkeypatch.setattr(kits_alone, "PRICE", 0.0)
    task = tasks.make("cart-v1", seed=1, **ONE_KIT)
    alone = KitsAlone(task)
    optimum = float(alone.values[0, 0, 0, HELD, 0])  # the first item is in the basket, nobody is annoyed
    truth = task.true_value(greedy(task, alone), 0.005)
    assert abs(truth.value - optimum) < 4.0 * truth.std_error
    others = [task.true_value(policy, 0.01) for policy in task.target_policies().values()]
    assert all(other.value < optimum + 4.0 * other.std_error for other in others)


def test_nothing_follows_the_last_step():
    task = tasks.make("cart-v1", seed=1)
    log = task.log(episodes=50, seed=2)
    last = np.rint(log.states()[:, -1] * task.horizon) == task.horizon - 1
    assert 0 < last.sum() < len(last)
    ahead = KitsAlone(task).ahead(log.states(), task._taken(log.states()))
    assert not ahead[last].any() and ahead[~last].any(axis=1).all()


@pytest.mark.parametrize("seed", [4, 5])
def test_it_beats_the_planner_that_looks_one_offer_ahead(seed):
    task = tasks.make("cart-v1", seed=seed, variant="train")
    planner = task.true_value(planned(task)["greedy"], 0.02)
    alone = task.true_value(greedy(task, KitsAlone(task)), 0.02)
    assert alone.value > planner.value + 4.0 * np.hypot(alone.std_error, planner.std_error)


def test_the_search_starts_from_it_where_kits_are_small_enough():
    small = tasks.make("cart-v1")
    too_much = [{"depth": 6}, {"horizon": 1_000}, {"annoyance_decay": 0.97}]
    found, *others = (traits_of(tasks.make("cart-v1", **config)) for config in ({}, *too_much))
    without = others[0]
    assert all((other.names, other.version) == (without.names, 0) for other in others)
    assert found.names[0] == "kits alone" and found.start[:2] == (1.0, 1.0) and not any(found.start[2:])
    assert found.names[1:] == without.names and (found.version, without.version) == (1, 0)
    states = small.log(episodes=5, seed=0).states()
    start = TraitPolicy(small, found, np.array(found.start))
    own = greedy(small, KitsAlone(small))
    assert np.array_equal(start.probabilities(states), own.probabilities(states))


@pytest.mark.parametrize(
    "config",
    [
        {"purse": 0.25, "purse_spread": 0.01},
        {"purse": 2.0, "purse_ratio": 10.0, "purse_spread": 0.01, "price_rise": 1.5},
        {"horizon": 1},
        {"observed": "partial"},
        {"settled": "at checkout", "kits": 1, "depth": 2},
    ],
)
def test_what_follows_is_a_number_in_any_shop(config):
    task = tasks.make("cart-v1", seed=1, **config)
    states = task.log(episodes=30, seed=2).states()
    assert np.isfinite(KitsAlone(task).ahead(states, task._taken(states))).all()
