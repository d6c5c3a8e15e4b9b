"""`rlbench compare` as a user meets it."""

import json
import subprocess
import sys

import pandas as pd
import pytest
from typer.testing import CliRunner

from rlbench_rec.cli.app import app
from rlbench_rec.results.schema import LEADERBOARD
from rlbench_rec.results.write import write_table


def _board(path, value, algorithm="dqn"):
    row = dict.fromkeys(LEADERBOARD) | {
        "rank": 1,
        "tie_group": "a",
        "dataset": "shop",
        "task": "",
        "algorithm": algorithm,
        "variant": "mlp/greedy",
        "metric": "reward",
        "estimator": "snips",
        "n_seeds": 1,
        "mean": value,
        "iqm": value,
        "ci_low": value - 0.1,
        "ci_high": value + 0.1,
        "verdict": "trusted",
        "identification": "identified",
    }
    write_table(pd.DataFrame([row]), LEADERBOARD, path)
    return path


def rlbench(*arguments):
    """Run the command in this process."""
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def process(tmp_path):
    """Run the real command in an own process."""

    def call(*arguments):
        command = [sys.executable, "-m", "rlbench_rec", *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=120)

    return call


def test_nothing_changed(tmp_path):
    done = rlbench("compare", _board(tmp_path / "a.csv", 1.0), _board(tmp_path / "b.csv", 1.0))
    assert done.exit_code == 0
    assert done.stdout.startswith("1 rows: 0 worse beyond, 0 missing")
    assert done.stderr == ""


def test_a_regression(process, tmp_path):
    done = process("compare", _board(tmp_path / "a.csv", 1.0), _board(tmp_path / "b.csv", 0.5))
    assert done.returncode == 1
    line = "worse beyond   shop  dqn mlp/greedy  reward snips  1 -> 0.5 (-0.5, margin 0.1414)  trusted"
    assert done.stdout.splitlines()[0] == line


def test_a_missing_row_is_a_regression_and_a_new_one_is_not(tmp_path):
    done = rlbench("compare", _board(tmp_path / "a.csv", 1.0), _board(tmp_path / "b.csv", 1.0, algorithm="cql"))
    assert done.exit_code == 1
    assert [line.split()[0] for line in done.stdout.splitlines()[:2]] == ["missing", "new"]


def test_small_changes_are_shown_on_demand(tmp_path):
    files = (_board(tmp_path / "a.csv", 1.0), _board(tmp_path / "b.csv", 0.95))
    brief, full = rlbench("compare", *files), rlbench("compare", "--all", *files)
    assert (brief.exit_code, full.exit_code) == (0, 0)
    assert len(brief.stdout.splitlines()) == 1
    assert full.stdout.startswith("worse within")


def test_json_for_machines(tmp_path):
    done = rlbench("compare", "--json", _board(tmp_path / "a.csv", 1.0), _board(tmp_path / "b.csv", 0.5))
    assert done.exit_code == 1
    found = json.loads(done.stdout)
    assert (found["regressed"], found["counts"]) == (True, {"worse beyond": 1})
    assert found["rows"][0]["algorithm"] == "dqn"


@pytest.mark.parametrize(
    "content", [None, b"", b"a,b\n1,2\n", bytes(range(256))], ids=["none", "empty", "other", "binary"]
)
def test_bad_files_give_one_message_and_exit_code_2(process, tmp_path, content):
    bad = tmp_path / "bad.csv"
    if content is not None:
        bad.write_bytes(content)
    done = process("compare", _board(tmp_path / "a.csv", 1.0), bad)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("rlbench: ")
    assert "bad.csv" in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_one_file_is_wrong_use(process, tmp_path):
    done = process("compare", _board(tmp_path / "a.csv", 1.0))
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
