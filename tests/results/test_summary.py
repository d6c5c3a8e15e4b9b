"""summary.csv, pairwise.csv and profiles.csv from handmade boards."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from rlbench_rec.cli.render.board_summary import show_summary
from rlbench_rec.results.plots.summary import plot_profiles, plot_summary
from rlbench_rec.results.read import read_table
from rlbench_rec.results.schema import (
    PAIRWISE,
    PAIRWISE_KEYS,
    PROFILE_KEYS,
    PROFILES,
    SUMMARY,
    SUMMARY_KEYS,
    USEFUL,
    USEFUL_KEYS,
)
from rlbench_rec.results.scores import Scores, scores_of
from rlbench_rec.results.summary import Board, pairwise_table, profiles_table, summary_table
from rlbench_rec.results.summary_tables import summary_tables, write_summary_tables
from tests.results.boards import board_of, floor_of

DQN, CQL = ("dqn", "mlp/greedy"), ("cql", "mlp/greedy")
VALUES = {
    ("behaviour", "logged"): {"a-v1": [0.0, 0.0], "b-v1": [0.0, 0.0]},
    ("reference", "ppo/greedy"): {"a-v1": [100.0, 100.0]},
    DQN: {"a-v1": [60.0, 40.0], "b-v1": [-900.0, 20.0]},
    CQL: {"a-v1": [30.0, 20.0], "b-v1": [10.0, 20.0]},
}


@pytest.fixture(scope="module")
def board():
    return Board(scores_of(board_of(VALUES)), n_resamples=500)


def row_of(table, policy=DQN):
    return table.set_index(["algorithm", "variant"]).loc[policy]


def test_a_board_is_summed_up_by_hand(board):
    row = row_of(summary_table(board, {DQN: 1}))
    # Four scores -900, 20, 40, 60: the middle half is 20 and 40; task means are 50 and -440.
    assert (row["iqm"], row["median"], row["clipped_mean"]) == (30.0, -195.0, (50.0 + (-100.0 + 20.0) / 2) / 2)
    assert row["prob_improvement"] == (1.0 + 0.5) / 2
    assert (row["n_tasks"], row["n_replicates"], row["missing"], row["uncertainty"]) == (2, 2, 0, "replicates")
    assert row["iqm_low"] < 30.0 < row["iqm_high"] and row["detectable"] > 0
    assert row["useful_in"] == 1 and pd.isna(row_of(summary_table(board, {DQN: 1}), CQL)["useful_in"])


def test_neither_end_of_the_scale_is_a_contender(board):
    for table in (summary_table(board, {}), profiles_table(board), pairwise_table(board)):
        assert set(table["algorithm"]) <= {"dqn", "cql"}


def test_who_is_useful_in_most_tasks_comes_first_and_who_lacks_scores_last():
    values = VALUES | {("bc", "mlp/greedy"): {"a-v1": [99.0, 99.0], "b-v1": [99.0, None]}}
    table = summary_table(Board(scores_of(board_of(values)), n_resamples=50), {CQL: 1, DQN: 0})
    assert table["algorithm"].tolist() == ["cql", "dqn", "bc"]
    assert row_of(table, ("bc", "mlp/greedy"))["missing"] == 1


def test_a_pair_by_hand(board):
    (row,) = pairwise_table(board).to_dict("records")
    assert (row["algorithm"], row["other"], row["n_tasks"]) == ("cql", "dqn", 2)
    # In task a CQL is behind twice, in b once ahead and once equal.
    assert row["probability"] == (0.0 + 0.75) / 2
    assert row["iqm_difference"] == 20.0 - 30.0
    assert row["critical_difference"] > 0 and row["detectable"] > 0


def test_a_profile_falls_from_the_share_above_the_lowest_score(board):
    curve = profiles_table(board).set_index(["algorithm", "tau"])["share"]
    assert [curve["dqn", tau] for tau in (-100.0, 15.0, 20.0, 50.0, 60.0)] == [0.75, 0.75, 0.5, 0.25, 0.0]
    assert curve["cql"].is_monotonic_decreasing


def test_on_a_board_of_one_replicate_seeds_are_the_unit_and_what_is_not_trained_counts_for_each():
    values = {DQN: {"a-v1": [10.0, 20.0]}, ("constant", "fixed"): {"a-v1": [15.0]}}
    runs = board_of(values, replicate=0)
    table = summary_table(Board(scores_of(runs), n_resamples=50), {})
    assert set(table["uncertainty"]) == {"seeds"} and (table["missing"] == 0).all()
    pair = pairwise_table(Board(scores_of(runs), n_resamples=50)).iloc[0]
    assert pair["probability"] == 0.5


def test_temperatures_differ_by_task_and_the_policy_is_one():
    values = {
        ("dqn", "mlp/softmax-0.3"): {"a-v1": [10.0, 10.0]},
        ("dqn", "mlp/softmax-1"): {"b-v1": [30.0, 30.0]},
        ("cql", "mlp/softmax-0.3"): {"a-v1": [10.0, 10.0]},
        ("cql", "mlp/softmax-1"): {"a-v1": [30.0, 30.0]},
    }
    scores = scores_of(board_of(values))
    # CQL has both in one task: they are two policies.
    assert sorted(scores.by_policy) == [
        ("cql", "mlp/softmax-0.3"),
        ("cql", "mlp/softmax-1"),
        ("dqn", "mlp/softmax"),
    ]
    assert scores.missing(("dqn", "mlp/softmax")) == 0 and scores.missing(("cql", "mlp/softmax-1")) == 2


def test_forms_that_a_search_chose_task_by_task_are_one_policy():
    values = {
        ("dqn", "mlp/greedy"): {"a-v1": [1.0, 2.0], "b-v1": [3.0, 4.0], "c-v1": [5.0, 6.0]},
        ("dqn", "mlp/softmax-0.3"): {"a-v1": [10.0, 20.0]},
        ("dqn", "mlp/best/softmax-0.3"): {"a-v1": [10.0, 20.0]},
        # In the second replicate the scores could not go as far.
        ("dqn", "mlp/tilted-0.5"): {"b-v1": [30.0, None]},
        ("dqn", "mlp/gamma-0/softmax-0.3"): {"a-v1": [7.0, 7.0]},
        ("cql", "mlp/tilted-0.5"): {"a-v1": [8.0, 8.0]},
    }
    scores = scores_of(board_of(values)).by_policy
    assert scores["dqn", "mlp/chosen"].tolist() == [[10.0, 20.0], [30.0, 4.0], [5.0, 6.0]]
    assert scores["dqn", "mlp/greedy"].tolist() == [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]
    others = {("dqn", "mlp/best/softmax"), ("dqn", "mlp/gamma-0/softmax"), ("cql", "mlp/tilted")}
    assert set(scores) == {("dqn", "mlp/chosen"), ("dqn", "mlp/greedy"), *others}


def test_a_policy_is_useful_in_its_chosen_form_where_that_is_greedy():
    ahead = {task: [50.0, 52.0, 51.0] for task in ("a-v1", "b-v1")}
    values = floor_of(ahead) | {
        ("dqn", "mlp/greedy"): {"a-v1": [20.0, 20.0, 21.0], "b-v1": [60.0, 62.0, 61.0]},
        ("dqn", "mlp/softmax-0.3"): {"a-v1": [70.0, 72.0, 71.0]},
    }
    summary = summary_tables(board_of(values)).summary
    assert row_of(summary, ("dqn", "mlp/chosen"))["useful_in"] == 2
    assert row_of(summary, ("dqn", "mlp/greedy"))["useful_in"] == 1


def test_rows_in_another_order_and_a_twin_of_another_policy_change_nothing():
    runs = board_of(VALUES)
    twin = board_of(VALUES | {("twin", "mlp/greedy"): VALUES[CQL]})
    tables = [
        (summary_table(board, {}), pairwise_table(board))
        for board in (
            Board(scores_of(rows), n_resamples=200)
            for rows in (runs, runs.sample(frac=1.0, random_state=1), twin[twin["algorithm"] != "twin"], twin)
        )
    ]
    for summary, pairs in tables[1:3]:
        pd.testing.assert_frame_equal(summary, tables[0][0])
        pd.testing.assert_frame_equal(pairs, tables[0][1])
    summary, pairs = tables[3]
    pd.testing.assert_frame_equal(summary[summary["algorithm"] != "twin"].reset_index(drop=True), tables[0][0])
    same = pairs[(pairs["algorithm"] == "cql") & (pairs["other"] == "dqn")].reset_index(drop=True)
    pd.testing.assert_frame_equal(same, tables[0][1])


def test_no_pair_of_equal_policies_lies_beyond_the_critical_difference_in_19_of_20_boards():
    draws, wrong, boards, tasks = np.random.default_rng(0), 0, 80, ("a-v1", "b-v1", "c-v1")
    names = [(name, "mlp/greedy") for name in ("bc", "cql", "dqn", "iql")]
    for _ in range(boards):
        scores = Scores({name: draws.normal(size=(3, 10)) for name in names}, tasks, (10, 10, 10), "replicates")
        pairs = pairwise_table(Board(scores, n_resamples=400))
        wrong += (pairs["iqm_difference"].abs() > pairs["critical_difference"]).any()
    # 5 %, 2.5 standard errors of 80 boards, and what ten replicates cost.
    assert wrong <= 10


def test_all_tables_and_pictures_are_written_and_read_back(tmp_path):
    by_task = {"a-v1": [1.0, 2.0, 3.0], "b-v1": [1.0, 2.0, 3.0]}
    runs = board_of(floor_of(by_task) | {DQN: {"a-v1": [11.0, 14.0, 14.0], "b-v1": [0.0, 1.0, 2.0]}})
    write_summary_tables(runs, tmp_path, tmp_path)
    summary = read_table(tmp_path / "summary.csv", SUMMARY, SUMMARY_KEYS)
    assert summary.iloc[0][["algorithm", "useful_in"]].tolist() == ["dqn", 1]
    assert summary.set_index("algorithm").loc["constant", "useful_in"] is pd.NA
    for name, schema, keys in (
        ("useful", USEFUL, USEFUL_KEYS),
        ("pairwise", PAIRWISE, PAIRWISE_KEYS),
        ("profiles", PROFILES, PROFILE_KEYS),
    ):
        assert len(read_table(tmp_path / f"{name}.csv", schema, keys))
    assert {path.name for path in tmp_path.glob("*.png")} == {"normalised.png", "summary.png", "profiles.png"}


def test_nothing_normalised_is_empty_tables(tmp_path):
    write_summary_tables(board_of(VALUES, metric="reward"), tmp_path, tmp_path)
    assert read_table(tmp_path / "summary.csv", SUMMARY, SUMMARY_KEYS).empty
    assert not list(tmp_path.glob("*.png"))


def test_pictures_have_the_same_bytes_again_and_others_for_other_scores(board, tmp_path):
    profiles, summary = profiles_table(board), summary_table(board, {DQN: 1})
    for name, table in (("one", summary), ("two", summary), ("other", summary.assign(iqm=summary["iqm"] + 1.0))):
        plot_summary(table, tmp_path / f"{name}.png")
    plot_profiles(profiles, summary, tmp_path / "profiles.png")
    one, two, other = ((tmp_path / f"{name}.png").read_bytes() for name in ("one", "two", "other"))
    assert one == two != other and (tmp_path / "profiles.png").stat().st_size > 1_000


def test_a_run_that_was_interrupted_before_any_policy_has_empty_tables(tmp_path):
    ends = {("behaviour", "logged"): {"a-v1": [0.0, 0.0]}, ("reference", "ppo/greedy"): {"a-v1": [100.0, 100.0]}}
    write_summary_tables(board_of(ends), tmp_path, tmp_path)
    for name, schema, keys in (("summary.csv", SUMMARY, SUMMARY_KEYS), ("useful.csv", USEFUL, USEFUL_KEYS)):
        assert read_table(tmp_path / name, schema, keys).empty
    assert len(pd.read_csv(tmp_path / "normalised.csv")) == 2 and not list(tmp_path.glob("*.png"))
    show_summary(Console(), tmp_path)
