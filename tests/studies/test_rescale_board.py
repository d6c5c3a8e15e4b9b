"""A board on today's scale: the same tables where no reference moved, and the new 100 in all of them where one did."""

from __future__ import annotations

import sys

import pandas as pd
import pytest

from rlbench_rec.results.schema import REFERENCES
from rlbench_rec.results.write import write_table
from rlbench_rec.suite import run_suite
from rlbench_rec.suite.reference_policies import best_known, reference
from studies import rescale_board

SUITE = """
name = "shops"
seeds = [0]
replicates = 2
normalise = true
truth_error = 0.05
estimators = ["snips"]

[[sources]]
task = "tabular-v1"
task_config = { states = 5, actions = 3 }
episodes = 200

[[algorithms]]
id = "popularity"
"""


@pytest.fixture(scope="module")
def board(tmp_path_factory):
    folder = tmp_path_factory.mktemp("board")
    (folder / "shops.toml").write_text(SUITE)
    run_suite(str(folder / "shops.toml"), out=folder / "run", device="cpu")
    return folder / "run"


def rescaled(monkeypatch, board, out):
    monkeypatch.setattr(sys, "argv", ["rescale_board.py", str(board), "--out", str(out)])
    return rescale_board.main()


def test_where_no_reference_moved_the_tables_are_the_same(board, tmp_path, monkeypatch):
    assert rescaled(monkeypatch, board, tmp_path) == 0
    tables = [path.name for path in board.glob("*.csv") if path.name != "timings.csv"]
    assert {"runs.csv", "scale.csv", "normalised.csv", "summary.csv", "leaderboard.csv"} <= set(tables)
    for name in tables:
        assert (tmp_path / name).read_bytes() == (board / name).read_bytes(), name


def test_a_reference_that_earns_twice_as_much_halves_the_scores(board, tmp_path, monkeypatch):
    scale = pd.read_csv(board / "scale.csv")
    shops = [best_known.make_task(source) for source in sources_of(board)]
    rows = [
        {"identity": shop.identity.digest, "task": shop.id, "stratum": "", "variant": "", "task_seed": shop.seed}
        | {"task_config": "{}", "contender": "planner", "form": "better", "value": 2.0 * ends.hundred - ends.zero}
        | {"std_error": 0.0, "n_episodes": 1, "seed": None, "config": "", "versions": "", "upper_bound": None}
        | {"bound": "", "method_version": 1}
        for shop, ends in zip(shops, scale.itertuples(), strict=True)
    ]
    write_table(pd.DataFrame(rows), REFERENCES, tmp_path / "references.csv")
    monkeypatch.setattr(best_known, "table_file", lambda: tmp_path / "references.csv")
    reference._KNOWN.clear()
    assert rescaled(monkeypatch, board, tmp_path / "out") == 0
    reference._KNOWN.clear()
    old, new = (pd.read_csv(folder / "normalised.csv") for folder in (board, tmp_path / "out"))
    ours = [table[table["algorithm"] == "popularity"]["normalised"].to_numpy() for table in (old, new)]
    assert len(ours[0]) and ours[1] == pytest.approx(ours[0] / 2.0)
    hundred = new[new["algorithm"] == "reference"]
    assert list(hundred["variant"]) == ["planner/better"] and hundred["normalised"].iloc[0] == pytest.approx(100.0)


def sources_of(board):
    run = rescale_board.read_run_folder(board)
    return [one.source for one in rescale_board.replicates_of(run.suite)]


def test_another_shop_and_the_same_folder_are_refused(board, tmp_path, monkeypatch, capsys):
    assert rescaled(monkeypatch, board, board) == 2
    assert "beside packed ones" in capsys.readouterr().err
    for name in ("manifest.json", "runs.csv"):
        (tmp_path / name).write_bytes((board / name).read_bytes())
    scale = pd.read_csv(board / "scale.csv", keep_default_na=False)
    scale["zero"] *= 1.01
    scale.to_csv(tmp_path / "scale.csv", index=False)
    assert rescaled(monkeypatch, tmp_path, tmp_path / "out") == 2
    assert "another shop" in capsys.readouterr().err
