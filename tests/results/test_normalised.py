"""normalised.csv from runs, worked by hand."""

from __future__ import annotations

import pandas as pd

from rlbench_rec.results.normalised import matrix, normalised_table
from rlbench_rec.results.plots.normalised_scale import plot_normalised
from rlbench_rec.results.schema import RUNS


def run(
    task, value, half=0.0, seed=0, algorithm="dqn", variant="mlp/softmax-0.3", estimator="truth", verdict="trusted"
):
    own = {"task": task, "value": value, "ci_low": value - half, "ci_high": value + half, "seed": seed}
    own |= {"algorithm": algorithm, "variant": variant, "estimator": estimator, "verdict": verdict}
    same = {"metric": "normalised", "higher_is_better": True, "identification": "identified", "status": "ok"}
    return dict.fromkeys(RUNS, "") | same | own


def test_truth_and_estimate_stand_in_one_row_and_the_worst_verdict_counts():
    runs = [run("a", 10), run("a", 20, seed=1), run("a", 14, 1.0, estimator="snips")]
    runs += [run("a", 50, 2.0, seed=1, estimator="snips", verdict="unreliable"), run("a", 0, algorithm="behaviour")]
    table = normalised_table(pd.DataFrame(runs)).set_index("algorithm")
    row = table.loc["dqn"]
    assert (row["normalised"], row["estimate"], row["verdict"], row["n_seeds"]) == (15.0, 32.0, "unreliable", 2)
    assert (row["uncertainty"], row["n_replicates"]) == ("seeds", 1)
    assert pd.isna(table.loc["behaviour", "estimate"])


def test_the_best_of_a_task_comes_first_and_no_row_is_over_tasks():
    runs = [run("a", 10), run("a", 30, algorithm="cql"), run("b", -20), run("b", 5, algorithm="cql")]
    table = normalised_table(pd.DataFrame(runs))
    assert table[["task", "algorithm"]].to_numpy().tolist() == [["a", "cql"], ["a", "dqn"], ["b", "cql"], ["b", "dqn"]]


def test_scores_are_clipped_replicate_by_replicate():
    runs = [run("a", value) | {"replicate": number, "seed": number} for number, value in enumerate((50.0, -450.0))]
    row = normalised_table(pd.DataFrame(runs)).iloc[0]
    assert (row["normalised"], row["clipped"], row["uncertainty"]) == (-200.0, -25.0, "replicates")


def test_the_matrix_has_policies_by_task_without_ends_of_the_scale_and_best_checkpoints():
    runs = [run("a", 100, algorithm="reference", variant="ppo/greedy")]
    runs += [run("a", 10), run("b", 30, variant="mlp/softmax-1")]
    runs += [run("a", 0, algorithm="behaviour"), run("a", 90, variant="mlp/best/softmax-0.3")]
    shown = matrix(normalised_table(pd.DataFrame(runs)))
    assert shown.to_dict("index") == {("dqn", "mlp/softmax"): {"a": 10.0, "b": 30.0}}


def test_the_picture_is_the_same_again(tmp_path):
    table = normalised_table(pd.DataFrame([run("a", 10), run("b", 30), run("a", -50, algorithm="cql")]))
    for name in ("one.png", "two.png"):
        plot_normalised(table, tmp_path / name)
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()
    plot_normalised(table.assign(normalised=table["normalised"] + 1), tmp_path / "other.png")
    assert (tmp_path / "other.png").read_bytes() != (tmp_path / "one.png").read_bytes()


def test_nothing_normalised_is_an_empty_table():
    assert normalised_table(pd.DataFrame([run("a", 10) | {"metric": "reward"}])).empty
