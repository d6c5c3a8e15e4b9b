"""How much more a learner believes it can earn than the log did, and the bound above which it is said to diverge."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

import rlbench_rec as rb
from rlbench_rec import tasks
from rlbench_rec.suite.config import Suite
from rlbench_rec.suite.runner import run_suite
from rlbench_rec.testing.algorithms import toy_shop
from rlbench_rec.training import fit, load, training_run
from rlbench_rec.training.validation import overestimation

QUICK = {"steps": 40, "batch_size": 32, "device": "cpu", "eval_every": 10}


@pytest.mark.parametrize(
    ("mean_q", "mean_return", "spread", "expected"),
    [
        (6.0, 2.0, 3.0, 3.0),
        (1.0, 2.0, 3.0, 0.5),
        (-6.0, -6.0, 1.0, 1.0),
        (-3.0, -6.0, 1.0, 1.5),
        (-9.0, -6.0, 1.0, 0.5),
        (1.0, 0.0, 4.0, 1.5),
        (0.1, 0.01, 2.0, 1.09),
    ],
    ids=["a ratio", "below", "a loss", "less of a loss", "more of a loss", "nothing on the whole", "hardly anything"],
)
def test_numbers_by_hand(mean_q, mean_return, spread, expected):
    assert overestimation(mean_q, mean_return, spread) == pytest.approx(expected)


def test_where_nothing_was_ever_earned():
    assert math.isnan(overestimation(1.0, 0.0, 0.0))
    data = toy_shop(150)
    run = fit(replace(data, rewards=np.zeros_like(data.rewards)), "dqn", **QUICK)
    assert math.isnan(run.overestimation) and not run.diverges()


def test_a_run_says_it_of_each_checkpoint(tmp_path):
    run = fit(toy_shop(150), "dqn", config={"learning_rate": 0.1}, **QUICK | {"steps": 20, "eval_every": 2})
    curve = run.history.set_index("step")
    last = curve.loc[20]
    assert run.overestimation == last["overestimation"] == pytest.approx(last["mean_q"] / last["mean_return"])
    assert run.best_step < 20, "the case needs a best that is not the last"
    assert run.overestimation_at("best") == curve.loc[run.best_step, "overestimation"]
    run.save(tmp_path / "run")
    assert load(tmp_path / "run", device="cpu").overestimation == run.overestimation


def test_steps_too_large_for_the_shop_run_away():
    assert fit(toy_shop(150), "dqn", config={"learning_rate": 0.5}, **QUICK).diverges()
    assert not fit(toy_shop(150), "dqn", config={"learning_rate": 5e-3}, **QUICK).diverges()


def test_a_clone_has_none():
    assert math.isnan(fit(toy_shop(150), "bc", **QUICK).overestimation)
    assert math.isnan(fit(toy_shop(150), "dqn", validation=0, **QUICK).overestimation)


@pytest.mark.parametrize("steps", [40, "plateau"])
def test_rows_of_a_suite(steps, tmp_path, monkeypatch, in_this_process, without_pictures):
    monkeypatch.setattr(training_run, "DIVERGING", -1e9)
    monkeypatch.setattr("rlbench_rec.training.learning_curve.PATIENCE", 20)
    suite = Suite(
        name="toy",
        sources=[{"task": "tabular-v1", "episodes": 200}],
        algorithms=[{"id": "dqn"}, {"id": "bc"}, {"id": "random"}],
        seeds=[0],
        steps=steps,
        batch_size=32,
        estimators=["snips"],
        n_resamples=100,
        loop="lean",
    )
    finished = run_suite(suite, tmp_path / "out", workers=1)
    assert not finished.failures
    runs = rb.load_runs(finished.folder / "runs.csv").set_index("algorithm")
    dqn, clone, fixed = runs.loc["dqn"], runs.loc["bc"], runs.loc["random"]
    assert (dqn["status"] == "diverging").all() and dqn["overestimation"].notna().all()
    assert (clone["status"] == "ok").all() and clone["overestimation"].isna().all()
    assert fixed["steps_used"].isna().all() and fixed["overestimation"].isna().all()
    last = dqn[~dqn["variant"].str.contains("best")]
    assert (last["steps_used"] == 40).all() if steps == 40 else last["steps_used"].nunique() == 1
    assert (dqn[dqn["variant"].str.contains("best")]["steps_used"] <= last["steps_used"].max()).all()
    board = rb.load_leaderboard(finished.folder / "leaderboard.csv")
    estimated = board[(board["algorithm"] == "dqn") & (board["estimator"] == "snips")]
    assert len(estimated) and estimated["rank"].isna().all(), "never first"


@pytest.mark.slow
def test_values_that_run_away_are_marked():
    """In offers nobody can earn more than 1 a session, and after five times the usual steps DQN believes in more."""
    task = tasks.make("offers-v1", seed=5, variant="train")
    train, _ = task.log(episodes=10_000, policy=task.behaviour, seed=1).split()
    assert train.returns_to_go().max() <= 1.0
    run = fit(train, "dqn", loop="lean", steps=10_000, device="cpu")
    assert run.history["mean_q"].iloc[-1] > 1.5 and run.diverges()
    assert not fit(train, "cql", loop="lean", steps=2_000, device="cpu").diverges()
