"""results/history.csv has every committed board, with the figures that its files give."""

from __future__ import annotations

import gzip
from pathlib import Path

import pandas as pd
import pytest

from rlbench_rec.errors import InputError
from rlbench_rec.results.history import board_folders, history_line, load_history
from rlbench_rec.results.leaderboard import leaderboard
from rlbench_rec.results.schema import HISTORY, LEADERBOARD
from rlbench_rec.results.write import write_json, write_table

RESULTS = Path(__file__).resolve().parents[2] / "results"
MAKE_IT = "run `python -m studies.history` before a board is committed"


@pytest.mark.parametrize("folder", [folder.name for folder in board_folders(RESULTS)])
def test_the_last_line_of_a_suite_is_its_committed_board(folder):
    history = load_history(RESULTS / "history.csv")
    lines = history[history["suite"] == folder]
    assert len(lines), MAKE_IT
    last, wanted = lines.iloc[-1], history_line(RESULTS / folder, folder)
    for name in HISTORY:
        if name != "date":
            said = None if pd.isna(last[name]) else last[name]
            assert said == wanted[name], f"{name}: {MAKE_IT}"
    assert len(last["date"]) == 10 or not last["commit"]


def test_no_board_has_two_lines_and_no_folder_is_unknown():
    history = load_history(RESULTS / "history.csv")
    assert not history.duplicated(["suite", "board_sha256"]).any()
    assert set(history["suite"]) >= {folder.name for folder in board_folders(RESULTS)} >= {"quick", "commerce", "ope"}


def test_a_history_is_a_path():
    with pytest.raises(InputError, match="path: It is None, not a path"):
        load_history(None)


def test_a_line_by_hand(tmp_path, run, frame_of):
    rows = [
        *(run("behaviour", 1.0 + seed / 100, seed=seed, variant="logged", estimator="truth") for seed in range(3)),
        *(run("dqn", 3.0 + seed / 100, seed=seed, estimator="truth") for seed in range(3)),
        *(run("cql", 0.5 + seed / 100, seed=seed, estimator="truth", verdict="weak") for seed in range(3)),
        *(run("reference", 9.0, seed=seed, estimator="truth") for seed in range(3)),
    ]
    write_table(leaderboard(frame_of(*rows)), LEADERBOARD, tmp_path / "leaderboard.csv")
    assert board_folders(tmp_path.parent) == [] or tmp_path not in board_folders(tmp_path.parent)
    write_json({"code": "c0ffee"}, tmp_path / "manifest.json")
    assert tmp_path not in board_folders(tmp_path.parent), "a manifest that says nothing of its code"
    write_json({"code": {"commit": "c0ffee"}}, tmp_path / "manifest.json")
    line = history_line(tmp_path, "hand")
    wanted = {"suite": "hand", "commit": "c0ffee", "places": 1, "rows": 4, "trusted": 3, "weak": 1, "unreliable": 0}
    assert {name: line[name] for name in wanted} == wanted
    assert (line["policies"], line["beat_behaviour"], line["useful"]) == (2, 1, None)
    assert line["first"].startswith("shop: dqn mlp/greedy 3.01 [")
    plain = tmp_path / "leaderboard.csv"
    plain.with_name("leaderboard.csv.gz").write_bytes(gzip.compress(plain.read_bytes()))
    plain.unlink()
    assert history_line(tmp_path, "hand") == line, "packed it is the same board"
