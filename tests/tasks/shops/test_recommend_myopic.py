"""recommend-myopic-v1: nothing that is decided reaches the future."""

from __future__ import annotations

import numpy as np
import pytest

from rlbench_rec import tasks
from rlbench_rec.errors import InputError
from rlbench_rec.policies import Greedy
from rlbench_rec.suite.reference_policies.best_known import find_reference


def test_sessions_and_interests_are_the_same_whatever_is_shown():
    task = tasks.make("recommend-myopic-v1", seed=2)
    interest = [i for i, name in enumerate(task.observation_names) if name.startswith("interest_")]
    shown = []
    for action in (0, 11):
        simulator = task.simulator(200, seed=5)
        seen = [simulator.reset()[:, interest]]
        while len(simulator.present):
            step = simulator.step(np.full(len(simulator.present), action))
            seen.append(step.states[:, interest])
            assert (step.states[:, task.observation_names.index("engagement")] == 0).all()
        shown.append(seen)
    assert len(shown[0]) > 5
    assert all(np.array_equal(a, b) for a, b in zip(*shown, strict=True))


def test_the_state_says_what_the_user_is_after():
    task = tasks.make("recommend-myopic-v1", seed=2, drift=0.5)
    simulator = task.simulator(500, seed=1)
    states = simulator.reset()
    for _ in range(3):
        shown = states[:, 6:12]
        assert np.array_equal(shown.argmax(axis=1), simulator.users["interest"])
        assert (shown.sum(axis=1) == 1).all()
        step = simulator.step(np.zeros(len(states), np.int64))
        states = step.states[~step.terminated]


def test_the_first_click_decides_the_order_of_values():
    # With no action reaching the future, V(pi) is E[reward] times a constant for every policy that sees the interest
    # alone: the ratio of the value to the first reward is the same for all of them.
    task = tasks.make("recommend-myopic-v1", seed=0)
    ratios = []
    for name in ("random", "honest", "sharper"):
        policy = task.target_policies()[name]
        whole, first = (task.true_value(policy, relative_error=0.005, gamma=gamma) for gamma in (None, 0.0))
        ratios.append(whole.value / first.value)
        error = np.hypot(whole.std_error / whole.value, first.std_error / first.value)
        assert abs(ratios[-1] / ratios[0] - 1) < 6 * error


@pytest.mark.parametrize("name", ["satiation_click", "leave_satiation", "leave_quality", "engagement_gain"])
def test_the_ways_into_the_future_cannot_be_opened(name):
    with pytest.raises(InputError, match=name):
        tasks.make("recommend-myopic-v1", **{name: 0.1})


@pytest.mark.parametrize("seed", [0, 3])
def test_the_optimum_is_what_the_best_item_for_each_interest_earns(seed):
    task = tasks.make("recommend-myopic-v1", seed, "judge", horizon=12)
    rewards, interest = task.first_decision.rewards, slice(6, 12)
    best = Greedy(lambda states: states[:, interest] @ rewards, task.action_count)
    played = task.true_value(best, relative_error=0.005)
    assert abs(played.value - task.optimum) < 4 * played.std_error
    assert find_reference(task).value == task.optimum
    assert tasks.make("recommend-v1").optimum is None
