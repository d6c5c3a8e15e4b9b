"""The committed board of the suite `floor` says what the documentation says of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rlbench_rec.results.read import load_leaderboard
from rlbench_rec.suite import load_suite

FOLDER = Path(__file__).resolve().parents[2] / "results" / "floor"
CONTROL = "mlp/shuffled-rewards/greedy"


@pytest.fixture(scope="module")
def truths():
    board = load_leaderboard(FOLDER / "leaderboard.csv")
    board = board[(board["metric"] == "normalised") & (board["estimator"] == "truth")]
    return board.set_index(["task", "algorithm", "variant"]).sort_index()


def test_it_is_of_the_suite_as_it_stands():
    config = json.loads((FOLDER / "manifest.json").read_text())["config"]
    suite = load_suite("floor")
    assert [row["id"] for row in config["algorithms"]] == [spec.id for spec in suite.algorithms]
    assert [row["task"] for row in config["sources"]] == [source.task for source in suite.sources]
    assert (config["seeds"], config["steps"]) == (suite.seeds, suite.steps)


def test_the_control_on_shuffled_rewards_loses_on_recommend(truths):
    control, dqn = (truths.loc[("recommend-v1", "dqn", variant)] for variant in (CONTROL, "mlp/greedy"))
    assert control["ci_high"] < dqn["ci_low"]


def test_the_constant_is_first_in_pricing_and_within_the_interval_of_dqn(truths):
    pricing = truths.loc["pricing-v1"]["mean"].drop("reference")
    assert pricing.idxmax() == ("constant", "fixed")
    for task in ("pricing-v1", "recommend-myopic-v1"):
        assert truths.loc[(task, "constant", "fixed")]["mean"] > truths.loc[(task, "dqn", "mlp/greedy")]["mean"]
        assert truths.loc[(task, "constant", "fixed")]["mean"] < truths.loc[(task, "dqn", "mlp/greedy")]["ci_high"]


def test_the_optimum_is_above_all_where_it_is_known(truths):
    assert (truths.loc["recommend-myopic-v1"]["mean"] <= 100.0).all()
