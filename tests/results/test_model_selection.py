"""selection.csv from runs, worked by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from rlbench_rec.results.model_selection import selection_table
from rlbench_rec.results.schema import RUNS, SELECTION


def behaviour(value=10.0, **cells):
    return row("behaviour", "logged", value, value, estimator="truth") | cells


def row(algorithm, variant, true, estimate, low=None, verdict="weak", estimator="snips", **cells):
    low = estimate - 1.0 if low is None else low
    numbers = {"true_value": true, "value": estimate, "ci_low": low, "ci_high": 2 * estimate - low}
    names = {"algorithm": algorithm, "variant": variant, "estimator": estimator, "verdict": verdict}
    same = {"task": "a", "dataset": "", "seed": 0, "metric": "reward", "status": "ok", "q": ""}
    return dict.fromkeys(RUNS, "") | same | {"replicate": 0, "log": 0} | names | numbers | cells


def by_rule(rows, task="a", estimator="snips"):
    table = selection_table(pd.DataFrame(rows))
    table = table[(table["task"] == task) & (table["estimator"] == estimator)]
    return table.set_index("rule")


MENU = [
    behaviour(),
    row("dqn", "mlp/greedy", true=6.0, estimate=30.0, low=5.0, verdict="unreliable"),
    row("cql", "mlp/greedy", true=14.0, estimate=13.0, low=11.0),
    row("bc", "mlp/stochastic", true=11.0, estimate=10.8, low=10.2, verdict="trusted"),
    row("dqn", "mlp/frontier", true=12.0, estimate=11.8, low=10.9, verdict="trusted"),
]


def test_each_rule_ships_what_it_says_and_pays_its_regret():
    table = by_rule(MENU)
    # In per cent of the behaviour policy's 10; the best is worth 14.
    regrets = {
        "oracle": 0.0,
        "largest-estimate": 80.0,
        "largest-lower-limit": 0.0,
        "not-unreliable": 0.0,
        "trusted": 20.0,
        "trusted-and-above": 20.0,
        "frontier": 20.0,
        "random": 100 * (14 - (6 + 14 + 11 + 12) / 4) / 10,
        "behaviour": 40.0,
    }
    assert table["regret"].to_dict() == pytest.approx(regrets)
    assert table.loc["largest-estimate", ["gain", "worse", "found"]].tolist() == pytest.approx([-40.0, 1.0, 0.0])
    assert table.loc["largest-lower-limit", ["gain", "worse", "found"]].tolist() == pytest.approx([40.0, 0.0, 1.0])
    assert set(table["unit"]) == {"%"} and set(table["n_candidates"]) == {4.0}
    assert list(table.reset_index().columns.drop("rule")) == [name for name in SELECTION if name != "rule"]


def test_nothing_is_shipped_where_nothing_passes():
    rows = [behaviour(), row("dqn", "mlp/greedy", true=6.0, estimate=30.0, verdict="unreliable")]
    table = by_rule(rows)
    assert table.loc[["not-unreliable", "trusted", "trusted-and-above"], "regret"].tolist() == [0.0, 0.0, 0.0]
    assert "frontier" not in table.index
    # The behaviour policy itself is the best of this case.
    assert table.loc["largest-estimate", "regret"] == pytest.approx(40.0)


def test_a_trusted_lower_limit_below_the_behaviour_policy_is_not_enough():
    table = by_rule([behaviour(), row("bc", "mlp/stochastic", 12.0, 10.5, low=9.9, verdict="trusted")])
    assert table.loc["trusted", "gain"] == pytest.approx(20.0)
    assert table.loc["trusted-and-above", "gain"] == 0.0


def test_a_diverging_run_does_not_pass_but_has_an_estimate():
    rows = [behaviour(), row("dqn", "mlp/greedy", 6.0, 30.0, verdict="trusted", status="diverging")]
    table = by_rule(rows)
    assert table.loc["trusted", "gain"] == 0.0 and table.loc["largest-estimate", "gain"] == pytest.approx(-40.0)


def test_controls_references_and_lifts_are_not_candidates():
    others = [
        row("dqn", "mlp/shuffled-rewards/greedy", 20.0, 40.0),
        row("dqn", "mlp/frontier/shuffled", 20.0, 40.0),
        row("reference", "ppo/greedy", 20.0, 20.0, estimator="truth"),
        row("dqn", "mlp/frontier", 4.0, 4.0, estimator="snips-lift"),
        row("bc", "mlp/greedy", np.nan, 40.0),
    ]
    pd.testing.assert_frame_equal(by_rule(MENU + others), by_rule(MENU))


def test_normalised_points_are_preferred_and_need_no_unit():
    scaled = [cells | {"metric": "normalised"} for cells in MENU]
    for cells in scaled:
        cells |= {name: 10 * (cells[name] - 10.0) for name in ("true_value", "value", "ci_low")}
    table = by_rule(MENU + scaled)
    assert table.loc["trusted", "regret"] == pytest.approx(20.0) and set(table["unit"]) == {"points"}


def test_a_policy_without_training_is_in_the_case_of_every_seed():
    rows = [behaviour(), row("constant", "fixed", 13.0, 20.0)]
    rows += [row("dqn", "mlp/greedy", true, 12.0, seed=seed) for seed, true in enumerate((11.0, 15.0))]
    table = by_rule(rows)
    assert (table.loc["random", "n_cases"], table.loc["random", "n_candidates"]) == (2, 2.0)
    # Regrets of 0 (the constant is the best) and of 20 (the second seed is worth 15).
    assert table.loc["largest-estimate", "regret"] == pytest.approx(10.0)
    assert table.loc["largest-estimate", "uncertainty"] == "seeds"


def test_replicates_are_what_the_interval_is_over():
    rng, rows = np.random.default_rng(0), []
    for task in "ab":
        for replicate in range(6):
            cells = {"task": task, "replicate": replicate}
            rows += [behaviour(**cells), row("dqn", "mlp/greedy", 12.0 + rng.random(), 20.0, **cells)]
    table = by_rule(rows, task="all")
    assert (table["uncertainty"] == "replicates").all() and (table["n_cases"] == 12).all()
    nothing = table.loc["behaviour"]
    assert nothing["ci_low"] < nothing["regret"] < nothing["ci_high"]
    assert table.loc["largest-estimate", ["regret", "ci_low", "ci_high"]].tolist() == [0.0, 0.0, 0.0]


def test_tasks_count_alike_whatever_they_have():
    rows = [behaviour(), behaviour(task="b")]
    rows += [row("dqn", "mlp/greedy", 20.0, 30.0, seed=seed) for seed in range(3)]
    rows += [row("dqn", "mlp/greedy", 40.0, 30.0, task="b", seed=seed) for seed in range(2)]
    assert by_rule(rows, task="all").loc["behaviour", "regret"] == pytest.approx((100 + 300) / 2)


def test_the_best_checkpoint_stands_beside_the_last_one():
    # No estimate is needed of them.
    values = {("dqn", "mlp/greedy"): 11.0, ("dqn", "mlp/best/greedy"): 14.0}
    values |= {("cql", "mlp/softmax-0.3"): 11.0, ("cql", "mlp/best/softmax-0.3"): 10.0}
    rows = [behaviour()] + [row(*names, value, value, estimator="truth") for names, value in values.items()]
    table = by_rule(rows, estimator="truth")
    regrets = {name: table.loc[name, "regret"] for name in table.index}
    assert regrets == pytest.approx(
        {
            "last-checkpoint/greedy": 30.0,
            "best-checkpoint/greedy": 0.0,
            "last-checkpoint/softmax": 0.0,
            "best-checkpoint/softmax": 10.0,
        }
    )
    assert table.loc["best-checkpoint/greedy", "n_candidates"] == 2


def test_runs_without_a_truth_select_nothing():
    table = selection_table(pd.DataFrame([row("dqn", "mlp/greedy", np.nan, 1.0, task="", dataset="shop")]))
    assert table.empty and list(table.columns) == list(SELECTION)
