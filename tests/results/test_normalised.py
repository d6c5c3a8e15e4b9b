"""normalised.csv from runs, worked by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from rlbench_rec.results.normalised import matrix, normalised_table, over_tasks
from rlbench_rec.results.plots.normalised_scale import plot_normalised
from rlbench_rec.results.schema import RUNS
from rlbench_rec.statistics.student import student_quantile


def run(
    task, value, half=0.0, seed=0, algorithm="dqn", variant="mlp/softmax-0.3", estimator="truth", verdict="trusted"
):
    own = {"task": task, "value": value, "ci_low": value - half, "ci_high": value + half, "seed": seed}
    own |= {"algorithm": algorithm, "variant": variant, "estimator": estimator, "verdict": verdict}
    same = {"metric": "normalised", "higher_is_better": True, "identification": "identified", "status": "ok"}
    return dict.fromkeys(RUNS, "") | same | own


def test_the_mean_over_tasks_and_its_interval_come_from_the_seeds():
    # Temperatures differ by task, the form is the same. Seed means: (10 + 30) / 2 = 20 and (20 + 40) / 2 = 30.
    runs = [run("a", 10, seed=0), run("a", 20, seed=1), run("b", 30, seed=0, variant="mlp/softmax-1")]
    runs.append(run("b", 40, seed=1, variant="mlp/softmax-1"))
    row = normalised_table(pd.DataFrame(runs)).set_index("task").loc["all"]
    assert (row["variant"], row["normalised"], row["n_tasks"], row["n_seeds"]) == ("mlp/softmax", 25.0, 2, 2)
    half = student_quantile(0.975, 1) * np.std([20, 30], ddof=1) / np.sqrt(2)
    assert row["ci_high"] - row["normalised"] == pytest.approx(half)


def test_errors_of_two_tasks_add_in_squares():
    both = over_tasks(pd.DataFrame([run("a", 10, half=3.0), run("b", 30, half=4.0)])).iloc[0]
    assert (both["task"], both["value"], both["ci_low"], both["ci_high"]) == ("all", 20.0, 17.5, 22.5)


def test_truth_and_estimate_stand_in_one_row_and_the_worst_verdict_counts():
    runs = [run("a", 10), run("b", 30), run("a", 14, 1.0, estimator="snips")]
    runs += [run("b", 50, 2.0, estimator="snips", verdict="unreliable"), run("a", 0, algorithm="behaviour")]
    table = normalised_table(pd.DataFrame(runs)).set_index(["task", "algorithm"])
    row = table.loc[("all", "dqn")]
    assert (row["normalised"], row["estimate"], row["verdict"]) == (20.0, 32.0, "unreliable")
    assert table.loc[("a", "dqn"), "verdict"] == "trusted"
    assert pd.isna(table.loc[("a", "behaviour"), "estimate"])


def test_a_policy_that_failed_in_a_task_says_so():
    runs = [
        run("a", 10),
        run("b", 30),
        run("a", 5, algorithm="cql"),
        run("b", 0, algorithm="cql") | {"status": "failed: x"},
    ]
    table = normalised_table(pd.DataFrame(runs)).set_index(["task", "algorithm"])
    assert table.loc[("all", "cql"), "n_tasks"] == 1 and table.loc[("all", "dqn"), "n_tasks"] == 2


def test_an_estimate_that_is_not_defined_in_a_task_is_not_defined_over_all():
    runs = [run("a", 10), run("b", 30), run("a", 14, estimator="snips"), run("b", np.nan, estimator="snips")]
    row = normalised_table(pd.DataFrame(runs)).set_index("task").loc["all"]
    assert row["normalised"] == 20.0 and np.isnan(row["estimate"])


def test_references_count_as_one_policy_and_stay_off_the_matrix():
    runs = [run("a", 100, algorithm="reference", variant="ppo/greedy"), run("a", 10), run("b", 30)]
    runs.append(run("b", 100, algorithm="reference", variant="planner/softmax-0.1"))
    table = normalised_table(pd.DataFrame(runs))
    best = table[(table["task"] == "all") & (table["algorithm"] == "reference")]
    assert best[["variant", "normalised", "n_tasks"]].to_numpy().tolist() == [["best known", 100.0, 2]]
    assert matrix(table).to_dict("index") == {("dqn", "mlp/softmax"): {"all": 20.0, "a": 10.0, "b": 30.0}}


def test_the_picture_is_the_same_again(tmp_path):
    table = normalised_table(pd.DataFrame([run("a", 10), run("b", 30), run("a", -50, algorithm="cql")]))
    for name in ("one.png", "two.png"):
        plot_normalised(table, tmp_path / name)
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()
    plot_normalised(table.assign(normalised=table["normalised"] + 1), tmp_path / "other.png")
    assert (tmp_path / "other.png").read_bytes() != (tmp_path / "one.png").read_bytes()


def test_nothing_normalised_is_an_empty_table():
    assert normalised_table(pd.DataFrame([run("a", 10) | {"metric": "reward"}])).empty


def test_over_all_tasks_the_q_are_joined_and_the_row_stays_one():
    one_step, sessions = (run(task, 14, estimator="dr") | {"q": q} for task, q in (("a", "reward-model"), ("b", "fqe")))
    runs = [run("a", 10), run("b", 30), run("a", 10, seed=1), run("b", 30, seed=1), one_step, sessions]
    # The other seed failed in b, and is none the less a run of the same row.
    table = normalised_table(pd.DataFrame([*runs, one_step | {"seed": 1}])).set_index("task")
    assert table["q"].to_dict() == {"all": "fqe+reward-model", "a": "reward-model", "b": "fqe"}
