"""The claim that recommend-v1 rests on, on a shop that no parameter was chosen on."""

from __future__ import annotations

import numpy as np
import pytest

from rlbench_rec import tasks, training


@pytest.mark.slow
def test_dqn_beats_cloning_and_its_own_gamma_zero_control():
    task = tasks.make("recommend-v1", seed=40)
    train, _ = task.log(episodes=10_000, seed=41).split()
    options = {"steps": 2_000, "seed": 0, "device": "cpu"}
    clone = training.fit(train, "bc", **options)
    myopic = training.fit(train, "dqn", config={"gamma": 0.0}, **options)
    planner = training.fit(train, "dqn", **options)
    forms = ({"form": "greedy"}, {"form": "softmax", "tau": 0.1}, {"form": "softmax", "tau": 0.3})

    def best(run, forms):
        values = [task.true_value(run.policy(**form), relative_error=0.01) for form in forms]
        return max(values, key=lambda truth: truth.value)

    ours = best(planner, forms)
    for other in (best(clone, [{"form": "stochastic"}, {"form": "greedy"}]), best(myopic, forms)):
        assert ours.value - other.value > 4 * np.hypot(ours.std_error, other.std_error)
