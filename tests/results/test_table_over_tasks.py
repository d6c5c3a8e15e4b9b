"""A board of several tasks as one table, from handmade scores."""

from __future__ import annotations

import csv
import json

import pytest

from rlbench_rec.errors import InputError, UnknownNameError
from rlbench_rec.results.summary_tables import write_summary_tables
from rlbench_rec.results.table_over_tasks import score_columns, summary_rows, tables_over_tasks
from tests.results.boards import board_of, floor_of

GREEDY, FRONTIER, BEST = ("dqn", "mlp/greedy"), ("dqn", "mlp/frontier"), ("dqn", "mlp/best/greedy")
FLOOR = floor_of({"a-v1": [10.0, 12.0, 11.0], "b-v1": [-4.0, -5.0, -6.0]})
VALUES = FLOOR | {
    GREEDY: {"a-v1": [60.0, 60.0, 63.0], "b-v1": [-0.2, 0.0, -0.1]},
    FRONTIER: {"a-v1": [14.0, 15.0, 16.0]},
    BEST: {"a-v1": [61.0, 62.0, 63.0], "b-v1": [1.0, 2.0, 3.0]},
}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("board")
    (folder / "plots").mkdir()
    write_summary_tables(board_of(VALUES), folder, folder / "plots")
    return folder


def test_a_row_for_each_policy(run):
    columns, rows = summary_rows(tables_over_tasks(run)[0])
    by_name = {row[0]: dict(zip(columns, row, strict=True)) for row in rows}
    greedy = by_name["DQN, greedy"]
    # Means of 61 and -.1 over replicates. Better than 0 in three of three, and in one tie of three.
    assert greedy["useful in"] == "1 of 2" and greedy["median"] == pytest.approx((61.0 - 0.1) / 2)
    assert greedy["median"].text == "30" and greedy["better than behaviour"].text == "58%"
    assert by_name["DQN, frontier"]["useful in"] == "1 of 1"
    assert by_name["Constant action"]["useful in"] == "" and not any("best" in name for name in by_name)


def test_a_column_for_each_task(run):
    columns, rows = score_columns(tables_over_tasks(run)[1])
    assert columns == ["policy", "a-v1", "b-v1"]
    by_name = {row[0]: row[1:] for row in rows}
    # Student's half width of 60, 60, 63 is 4.303 * sqrt(3) / sqrt(3).
    assert by_name["DQN, greedy"] == ["61 ± 4 *", "0 ± 0"]
    assert by_name["DQN, frontier"] == ["15 ± 2 *", ""]


def test_rows_are_chosen_by_name(run):
    summary, scores = tables_over_tasks(run, ["variant=*greedy", "algorithm=dqn"])
    assert list(summary["variant"]) == ["mlp/best/greedy", "mlp/greedy"]
    assert list(scores["task"]) == ["a-v1", "b-v1"] * 2
    with pytest.raises(InputError, match=r"No policy is meant by that.*algorithm=dqn"):
        tables_over_tasks(run, ["algorithm=cql"])
    with pytest.raises(UnknownNameError, match="algorithm, variant"):
        tables_over_tasks(run, ["task=a-v1"])
    with pytest.raises(InputError, match="not column=value"):
        tables_over_tasks(run, ["dqn"])


def test_a_run_without_scores_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"no summary\.csv.*normalise = true"):
        tables_over_tasks(tmp_path)


def test_as_typed(run, rlbench):
    code, out, _ = rlbench("table", run, "--over-tasks", "--format", "markdown", "--only", "variant=mlp/greedy")
    assert code == 0 and "| DQN, greedy | 1 of 2 | 30 |" in out
    rows = json.loads(rlbench("table", run, "--over-tasks", "--json", "--only", "algorithm=dqn")[1])
    greedy = next(row for row in rows if row["variant"] == "mlp/greedy")
    assert greedy["useful_in"] == 1 and greedy["iqm_low"] < greedy["iqm"] < greedy["iqm_high"]
    _, out, _ = rlbench("table", run, "--over-tasks", "--by-place", "--format", "csv", "--only", "algorithm=dqn")
    cells = list(csv.DictReader(out.splitlines()))
    assert [cell["task"] for cell in cells] == ["a-v1", "b-v1", "a-v1", "b-v1", "a-v1"]
    assert {float(cell["normalised"]) for cell in cells} >= {61.0, 62.0, 15.0}
    code, _, err = rlbench("table", run, "--over-tasks", "--out", run / "summary.csv")
    assert code == 2 and "would be lost" in err
