"""The normalised scale: 0 is the behaviour policy, 100 the reference."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from rlbench_rec import tasks
from rlbench_rec.errors import InputError
from rlbench_rec.results.read import load_leaderboard, load_runs, read_table
from rlbench_rec.results.schema import NORMALISED, NORMALISED_KEYS, SUMMARY, SUMMARY_KEYS
from rlbench_rec.suite import Suite
from rlbench_rec.suite.kinds.algorithms.check import check
from rlbench_rec.suite.kinds.algorithms.jobs import plan
from rlbench_rec.suite.reference_policies.normalised_scale import Scale, normalised, scale_of
from rlbench_rec.suite.runner import run_suite

SUITE = {
    "name": "small",
    "normalise": True,
    "sources": [
        {"task": "tabular-v1", "variant": "judge", "episodes": 120},
        {"task": "offers-v1", "variant": "judge", "episodes": 300, "forms": ["greedy", "softmax-0.1"]},
    ],
    "algorithms": [
        {"id": "random"},
        {"id": "dqn"},
        {"id": "dqn", "label": "shuffled-rewards", "shuffle_rewards": True},
    ],
    "seeds": [0, 1],
    "steps": 20,
    "estimators": ["snips"],
    "n_resamples": 100,
    "truth_error": 0.2,
    "batch_size": 64,
}


def test_rows_by_hand():
    scale = Scale(zero=2.0, hundred=4.0)
    numbers = {"value": 3.0, "ci_low": 2.0, "ci_high": 3.5, "true_value": 4.0, "ess": 7.0}
    row = {"metric": "reward", "estimator": "dr"} | numbers
    scaled = {"value": 50.0, "ci_low": 0.0, "ci_high": 75.0, "true_value": 100.0, "ess": 7.0}
    others = [row | {"metric": "CTR"}, row | {"estimator": "snips-lift"}]
    assert normalised([row, *others], scale) == [{"metric": "normalised", "estimator": "dr"} | scaled]
    assert np.isnan(scale(np.nan))
    # Where costs are counted, both may be below 0.
    assert Scale(zero=-4.0, hundred=-2.0)(-3.0) == 50.0


def test_the_ends_of_the_scale_are_the_shops_own():
    task = tasks.make("tabular-v1", seed=3)
    scale = scale_of(task, 0.05)
    assert scale(task.true_value(task.behaviour).value) == 0.0
    assert max(scale(task.true_value(policy).value) for policy in task.target_policies().values()) <= 100.0


def test_a_reference_that_is_no_better_is_refused():
    # At gamma = 0 with one action there is nothing to choose; here behaviour is the planner itself.
    task = tasks.make("tabular-v1", service={"score": {"farsighted": 1.0}, "tau": 0.0})
    with pytest.raises(
        InputError, match=r"tabular-v1: The reference policy .planner. earns .* there is no gain to normalise by"
    ):
        scale_of(task, 0.05)


def test_every_shop_has_a_reference_whatever_its_seed():
    check(Suite(**SUITE | {"sources": [{"task": "recommend-v1", "task_seed": 12345}]}))


def test_a_reference_job_only_where_it_means_something():
    assert [job.spec.id for job in plan(Suite(**SUITE))].count("reference") == 2
    assert "reference" not in {job.spec.id for job in plan(Suite(**SUITE | {"normalise": False}))}


@pytest.fixture(scope="module")
def finished(tmp_path_factory, jobs_in_this_process, no_pictures):
    with jobs_in_this_process(), no_pictures():
        return run_suite(Suite(**SUITE), tmp_path_factory.mktemp("commerce") / "out", device="cpu", workers=1)


def test_every_reward_has_a_normalised_twin_with_truth_beside_estimate(finished):
    runs = load_runs(finished.folder / "runs.csv")
    names = ["run_id", "variant", "estimator"]
    twins = runs[runs["metric"] == "reward"].merge(runs[runs["metric"] == "normalised"], on=names)
    assert len(twins) == (runs["metric"] == "reward").sum() > 0
    assert not twins["true_value_y"].isna().any()
    for _, shop in twins.groupby("task_x"):
        slope, offset = np.polyfit(shop["true_value_x"], shop["true_value_y"], 1)
        assert slope * shop["value_x"].to_numpy() + offset == pytest.approx(
            shop["value_y"].to_numpy(), abs=1e-6, nan_ok=True
        )


def test_the_ends_stand_on_the_board(finished):
    board = load_leaderboard(finished.folder / "leaderboard.csv")
    truth = board[(board["metric"] == "normalised") & (board["estimator"] == "truth")].set_index(["task", "algorithm"])
    for task in ("tabular-v1", "offers-v1"):
        assert truth.loc[(task, "behaviour"), "mean"].item() == pytest.approx(0.0, abs=1e-9)
        assert truth.loc[(task, "reference"), "mean"].item() == pytest.approx(100.0)
        assert truth.loc[(task, "reference"), "rank"].item() == 1
        assert truth.loc[(task, "random"), "mean"].item() < 0


def test_a_normalised_board_has_each_policy_by_task_and_summed_up(finished):
    table = read_table(finished.folder / "normalised.csv", NORMALISED, NORMALISED_KEYS)
    assert set(table["task"]) == {"tabular-v1", "offers-v1"}
    learnt = table[(table["algorithm"] == "dqn") & (table["estimator"] == "snips")].set_index(["task", "variant"])
    both = [
        learnt.loc[key, "normalised"] for key in (("tabular-v1", "mlp/softmax-0.3"), ("offers-v1", "mlp/softmax-0.1"))
    ]
    assert (learnt["ci_low"] < learnt["normalised"]).all() and (learnt["normalised"] < learnt["ci_high"]).all()
    summary = read_table(finished.folder / "summary.csv", SUMMARY, SUMMARY_KEYS).set_index(["algorithm", "variant"])
    row = summary.loc[("dqn", "mlp/softmax")]
    assert row["median"] == pytest.approx(np.mean(both)) and row["n_tasks"] == 2 and row["uncertainty"] == "seeds"


def test_shuffled_rewards_are_another_training(finished):
    runs = pd.read_csv(finished.folder / "runs.csv")
    truth = runs[(runs["estimator"] == "truth") & (runs["metric"] == "reward") & (runs["task"] == "tabular-v1")]
    plain, shuffled = (truth[truth["variant"] == f"mlp{label}/softmax-0.3"] for label in ("", "/shuffled-rewards"))
    assert len(plain) == len(shuffled) == 2
    assert not set(plain["value"]) & set(shuffled["value"])
