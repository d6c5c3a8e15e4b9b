"""`rlbench table` and `rlbench run --check`, as typed."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from rlbench_rec.cli.reference_check import reference_folder, regressed
from rlbench_rec.errors import InputError
from rlbench_rec.results.read import load_leaderboard
from rlbench_rec.suite.config import Source, load_suite

RESULTS = Path(__file__).resolve().parents[2] / "results"
ONE = """
name = "one"
seeds = [0]
estimators = ["snips"]
n_resamples = 100
truth_error = 0.2
algorithms = [{ id = "random" }]
sources = [{ task = "tabular-v1", episodes = 50 }]
"""


def test_a_board_for_a_paper(rlbench):
    code, out, _ = rlbench("table", RESULTS / "quick", "--format", "latex", "--only", "task=recommend-v1")
    lines = out.splitlines()
    assert code == 0 and lines[:2] == [r"\begin{tabular}{rlllllrl}".replace("{rlllllrl}", lines[0][15:]), r"\toprule"]
    assert lines[2].startswith("rank & tie & policy & value") and lines[-1] == r"\end{tabular}"
    assert any(r"Double DQN, greedy & 7.75 & [7.62, 7.89]" in line for line in lines)


def test_a_board_for_a_page_and_for_a_machine(rlbench, tmp_path):
    code, out, _ = rlbench("table", RESULTS / "quick", "--format", "markdown")
    assert code == 0 and out.startswith("| place | metric | rank |")
    rows = json.loads(rlbench("table", RESULTS / "quick", "--json")[1])
    assert rows[0]["policy"] == "Double DQN, greedy" and rows[0]["rank"] == 1
    board = load_leaderboard(RESULTS / "quick" / "leaderboard.csv").set_index(["task", "algorithm", "variant"])
    of_first = board[(board["metric"] == "reward") & (board["estimator"] == "truth")].loc[
        ("recommend-v1", rows[0]["algorithm"], rows[0]["variant"])
    ]
    assert (rows[0]["value"], rows[0]["ci_low"], rows[0]["ci_high"]) == tuple(of_first[["mean", "ci_low", "ci_high"]])
    assert rows[0]["vs_behaviour"] == of_first["delta_vs_behaviour"] and rows[0]["estimator"] == "truth"
    code, out, _ = rlbench("table", RESULTS / "quick", "--format", "html", "--out", tmp_path / "board.html")
    assert (code, out) == (0, "") and (tmp_path / "board.html").read_text().startswith("<table>\n<thead>")


def test_a_column_for_each_place(rlbench):
    _, out, _ = rlbench("table", RESULTS / "floor", "--by-place", "--format", "csv")
    header, *rows = out.splitlines()
    parts = ("", ":ci_low", ":ci_high", ":tie", ":verdict")
    places = ("offers-v1", "pricing-v1", "recommend-myopic-v1", "recommend-v1")
    assert header.split(",") == [
        "schema_version",
        "policy",
        "algorithm",
        "variant",
        *(place + part for place in places for part in parts),
    ]
    (cql,) = (row for row in csv.DictReader([header, *rows]) if row["policy"] == "CQL, greedy")
    board = load_leaderboard(RESULTS / "floor" / "leaderboard.csv")
    (same,) = board.query("algorithm == 'cql' and variant == 'mlp/greedy' and task == 'offers-v1'").query(
        "metric == 'reward' and estimator == 'truth'"
    )["mean"]
    assert float(cql["offers-v1"]) == same and cql["offers-v1:verdict"] in ("trusted", "weak", "unreliable")
    _, out, _ = rlbench("table", RESULTS / "floor", "--by-place", "--format", "markdown")
    assert out.startswith("| policy | offers-v1 | pricing-v1 | recommend-myopic-v1 | recommend-v1 |") and "\\*" in out


def test_a_board_that_was_sorted_anew_is_printed_by_rank(rlbench, tmp_path):
    header, *lines = (RESULTS / "quick" / "leaderboard.csv").read_text().splitlines()
    (tmp_path / "leaderboard.csv").write_text("\n".join([header, *lines[::-1]]) + "\n")
    chosen = ("--only", "task=recommend-v1", "--format", "json")
    _, out, _ = rlbench("table", RESULTS / "quick", *chosen)
    _, again, _ = rlbench("table", tmp_path, *chosen)
    ranks = [[row["rank"] for row in json.loads(text)] for text in (out, again)]
    assert ranks[0] == ranks[1] and ranks[0][0] == 1


def test_no_table_of_the_run_is_lost(rlbench, tmp_path):
    board = tmp_path / "leaderboard.csv"
    board.write_bytes((RESULTS / "floor" / "leaderboard.csv").read_bytes())
    (tmp_path / "linked.csv").hardlink_to(board)
    for run, out in ((tmp_path, board), (board, board), (tmp_path, tmp_path / "linked.csv")):
        code, said, err = rlbench("table", run, "--format", "csv", "--out", out)
        assert code == 2 and not said and "a file of the run, which would be lost" in err
    assert board.read_bytes() == (RESULTS / "floor" / "leaderboard.csv").read_bytes()
    for _ in range(2):
        assert rlbench("table", tmp_path, "--format", "csv", "--out", tmp_path / "paper.csv")[0] == 0


def test_a_board_without_rows_is_said_to_be_one(rlbench, tmp_path):
    header = (RESULTS / "quick" / "leaderboard.csv").read_text().splitlines()[0]
    (tmp_path / "leaderboard.csv").write_text(header + "\n")
    code, out, err = rlbench("table", tmp_path)
    assert code == 2 and not out and "The board has no rows" in err


def test_another_metric(rlbench):
    chosen = ("--only", "task=recommend-v1", "--only", "metric=CTR", "--only", "estimator=snips")
    code, out, _ = rlbench("table", RESULTS / "quick", *chosen, "--format", "csv")
    assert code == 0 and out.splitlines()[1].startswith(
        '5,recommend-v1,CTR,snips,1,a,"DQN without looking ahead, softmax 0.3",dqn,mlp/gamma-0/softmax-0.3,'
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--format", "latx"), "Did you mean 'latex'?"),
        (("--only", "metric=CTRR"), "Did you mean 'CTR'?"),
        (("--only", "task=recommend-v1", "--only", "metric=CTR"), "No board is a headline here"),
        (("--json", "--format", "html"), "--json and --format html ask for two formats"),
    ],
)
def test_what_cannot_be_shown(rlbench, arguments, said):
    code, out, err = rlbench("table", RESULTS / "quick", *arguments)
    assert (code, out) == (2, "") and said in err


def test_a_run_is_checked_against_a_board(rlbench, tmp_path, monkeypatch, in_this_process, without_pictures, capsys):
    monkeypatch.chdir(tmp_path)
    Path("one.toml").write_text(ONE)
    code, _, err = rlbench("run", "one.toml", "--out", "first", "--check")
    assert code == 2 and "There is no board to compare with" in err and not Path("first").exists()
    # Nothing of that board is in this run.
    code, out, err = rlbench("run", "one.toml", "--out", "first", "--against", RESULTS / "floor", "--json")
    assert code == 1 and json.loads(out) and "missing        offers-v1  cql" in err
    finished = SimpleNamespace(missing=0, folder=Path("first"))
    assert not regressed(finished, Path("first"))
    assert "Compared with first:" in capsys.readouterr().out
    finished.missing = 3
    assert not regressed(finished, RESULTS / "floor")
    assert "--check waits for the other parts" in capsys.readouterr().err


def test_what_a_run_cannot_be_held_against_is_said_before_it(tmp_path, capsys):
    quick, board = load_suite("quick"), RESULTS / "quick"
    assert reference_folder(quick, tmp_path / "new", board) == board
    with pytest.raises(InputError, match="would be compared with itself"):
        reference_folder(quick, board, board)
    other = tmp_path / "other"
    other.mkdir()
    (other / "leaderboard.csv").write_bytes((board / "leaderboard.csv").read_bytes())
    assert reference_folder(quick, tmp_path / "new", other) == other
    suite = quick.model_copy(update={"sources": [Source(task="ads-v1")]})
    (other / "manifest.json").write_text(json.dumps({"config": suite.model_dump(mode="json")}))
    reference_folder(quick, tmp_path / "new", other)
    assert "is a board of ads-v1, and this suite runs open-bandit-sample" in capsys.readouterr().err
    (other / "manifest.json").write_text(json.dumps({"config": {"name": "of a later version"}}))
    assert reference_folder(quick, tmp_path / "new", other) == other
    lines = (other / "leaderboard.csv").read_text().splitlines()
    (other / "leaderboard.csv").write_text("\n".join([*lines[:3], lines[3] + ",1"]))
    with pytest.raises(InputError, match=r"leaderboard\.csv:4: "):
        reference_folder(quick, tmp_path / "new", other)
