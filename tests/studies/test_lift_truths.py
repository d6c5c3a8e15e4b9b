"""True lifts, played longer than the board's."""

from __future__ import annotations

import pandas as pd
import pytest

from rlbench_rec import tasks
from rlbench_rec.training import fit
from rlbench_rec.training.stored_frontier import Chosen, StoredFrontier, write_frontier
from studies import lift_truths as study


def test_only_trusted_lifts_of_frontiers_that_moved_are_asked():
    lift = {"estimator": "snips-lift", "verdict": "trusted", "variant": "mlp/frontier", "ci_low": 0.1, "ci_high": 0.3}
    others = (
        {"estimator": "snips"},
        {"verdict": "weak"},
        {"variant": "mlp/frontier/shuffled"},
        {"variant": "mlp/tilted-0.3"},
        {"ci_low": 0.0, "ci_high": 0.0},
    )
    assert list(study.lifts_of(pd.DataFrame([lift, *(lift | other for other in others)])).index) == [0]


def test_a_long_truth_is_the_exact_one(tmp_path):
    folder = tmp_path / "run"
    task = tasks.make("tabular-v1", seed=2)
    run = fit(task.log(2_000), "q-table", steps=1, batch_size=1, device="cpu")
    run.save(folder)
    step = Chosen(contender="q-table", dial="tilted", parameter=0.5, divergence=0.3)
    write_frontier(folder, StoredFrontier(base="logged", chosen=step))
    value, error, batches = study.true_lift(task, folder, 0.01)
    policy = run.policy("tilted", temperature=0.5, base=task.behaviour)
    exact = task.true_value(policy).value - task.true_value(task.behaviour).value
    assert exact > 0.05 and 0.001 < error <= 0.01 and batches >= 1
    assert value == pytest.approx(exact, abs=4 * error)


def test_shares_are_of_the_boards_truths_and_of_the_long_ones():
    interval = {"task": "a-v1", "low": 0.0, "high": 3.92, "board_truth": 2.0}
    found = pd.DataFrame(
        [
            interval | {"run_id": "1", "shop": 0, "truth": 1.0},
            interval | {"run_id": "2", "shop": 0, "truth": 4.0},
            interval | {"run_id": "3", "shop": 1, "truth": 3.0, "board_truth": -1.0},
        ]
    )
    shown = study.by_task(found).loc["a-v1"]
    assert (shown["lifts"], shown["logs"]) == (3, 2)
    assert (shown["holds board"], shown["holds long"]) == pytest.approx((2 / 3, 2 / 3))
    assert shown["moved"] == pytest.approx(2.0)
