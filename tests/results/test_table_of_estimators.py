"""`rlbench table` of a run of estimators."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).parents[2]
BOARD = ROOT / "results" / "ope"


@pytest.fixture(scope="module")
def scores() -> pd.DataFrame:
    return pd.read_csv(BOARD / "estimators.csv.gz")


@pytest.mark.parametrize("run", [BOARD, BOARD / "estimators.csv.gz"], ids=["folder", "table"])
def test_the_smallest_error_of_a_place_and_size_comes_first(rlbench, scores, run):
    asked = ("--only", "task=ads-v1/real", "--only", "n_episodes=10000")
    code, out, err = rlbench("table", run, *asked, "--format", "markdown")
    head, _, *rows = out.splitlines()
    assert code == 0 and not err and "| place | sessions | policies | estimator | rmse | bias |" in head
    which = (scores["task"] == "ads-v1/real") & (scores["n_episodes"] == 10_000) & (scores["policies"] == "all")
    wanted = scores[which].sort_values("rmse")
    assert [row.split("|")[4].strip() for row in rows] == list(wanted["estimator"])
    assert rows[0].startswith("| ads-v1/real | 10,000 | all | dm |") and f"{wanted['rmse'].iloc[0]:.3f}" in rows[0]


def test_a_machine_gets_every_column(rlbench, scores):
    code, out, _ = rlbench("table", BOARD, "--format", "csv", "--only", "policies=m*", "--only", "estimator=snips")
    rows = list(csv.DictReader(out.splitlines()))
    assert code == 0 and set(rows[0]) == set(scores.columns)
    wanted = scores[(scores["policies"] != "all") & (scores["estimator"] == "snips")]
    assert len(rows) == len(wanted) and {row["policies"] for row in rows} == {"matched", "mismatched"}
    assert sorted(float(row["rmse"]) for row in rows) == sorted(wanted["rmse"])
    assert len(json.loads(rlbench("table", BOARD, "--json")[1])) == (scores["policies"] == "all").sum()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--by-place",), "no board with a column for each place"),
        (("--only", "task=nowhere"), "task=ads-v1"),
        (("--only", "tsk=ads-v1"), "Did you mean 'task'?"),
        (("--over-tasks",), "no summary.csv"),
    ],
)
def test_what_there_is_not_is_refused_in_a_line(rlbench, options, words):
    code, out, err = rlbench("table", BOARD, *options)
    assert code == 2 and not out and words in err and len(err.splitlines()) == 1
