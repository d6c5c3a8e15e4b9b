"""`rlbench compare` as a user meets it."""

import json
import subprocess
import sys

import pandas as pd
import pytest

from rlbench_rec.results.schema import LEADERBOARD
from rlbench_rec.results.write import write_table


def _board(path, value, algorithm="dqn", **cells):
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
    row |= cells
    write_table(pd.DataFrame([row]), LEADERBOARD, path)
    return path


def test_nothing_changed(rlbench, tmp_path):
    code, out, err = rlbench("compare", _board(tmp_path / "a.csv", 1.0), _board(tmp_path / "b.csv", 1.0))
    assert code == 0
    assert out.startswith("1 rows: 0 worse beyond, 0 missing")
    assert err == ""


def test_a_regression(tmp_path):
    """In a process of its own, as scripts read it."""
    files = [str(_board(tmp_path / "a.csv", 1.0)), str(_board(tmp_path / "b.csv", 0.5))]
    command = [sys.executable, "-m", "rlbench_rec", "compare", *files]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=120)
    assert done.returncode == 1
    line = "worse beyond   shop  dqn mlp/greedy  reward snips  1 -> 0.5 (-0.5, margin 0.1414)  trusted"
    assert done.stdout.splitlines()[0] == line


def test_imitation_is_called_so(rlbench, tmp_path):
    choices = {"metric": "NDCG@10", "estimator": "ranking", "identification": "imitation", "verdict": "weak"}
    files = (_board(tmp_path / "a.csv", 1.0, **choices), _board(tmp_path / "b.csv", 0.5, **choices))
    _, out, _ = rlbench("compare", *files)
    assert "NDCG@10 ranking (imitation)  1 -> 0.5" in out


def test_a_missing_row_is_a_regression_and_a_new_one_is_not(rlbench, tmp_path):
    files = (_board(tmp_path / "a.csv", 1.0), _board(tmp_path / "b.csv", 1.0, algorithm="cql"))
    code, out, _ = rlbench("compare", *files)
    assert code == 1
    assert [line.split()[0] for line in out.splitlines()[:2]] == ["missing", "new"]


def test_small_changes_are_shown_on_demand(rlbench, tmp_path):
    files = (_board(tmp_path / "a.csv", 1.0), _board(tmp_path / "b.csv", 0.95))
    code, out, _ = rlbench("compare", *files)
    assert code == 0 and len(out.splitlines()) == 1
    code, out, _ = rlbench("compare", "--all", *files)
    assert code == 0 and out.startswith("worse within")


def test_json_for_machines(rlbench, tmp_path):
    code, out, _ = rlbench("compare", "--json", _board(tmp_path / "a.csv", 1.0), _board(tmp_path / "b.csv", 0.5))
    assert code == 1
    found = json.loads(out)
    assert (found["regressed"], found["counts"]) == (True, {"worse beyond": 1})
    assert found["rows"][0]["algorithm"] == "dqn"


@pytest.mark.parametrize(
    "content", [None, b"", b"a,b\n1,2\n", bytes(range(256))], ids=["none", "empty", "other", "binary"]
)
def test_bad_files_give_one_message_and_exit_code_2(rlbench, tmp_path, content):
    bad = tmp_path / "bad.csv"
    if content is not None:
        bad.write_bytes(content)
    code, out, err = rlbench("compare", _board(tmp_path / "a.csv", 1.0), bad)
    assert code == 2
    assert out == ""
    assert err.startswith("rlbench: ")
    assert "bad.csv" in err
    assert "Traceback" not in err
    assert len(err.splitlines()) == 1


def test_one_file_is_wrong_use(rlbench, tmp_path):
    code, _, err = rlbench("compare", _board(tmp_path / "a.csv", 1.0))
    assert code == 2
    assert "Traceback" not in err


def test_formats(rlbench, tmp_path):
    files = _board(tmp_path / "a.csv", 1.0), _board(tmp_path / "b.csv", 0.5)
    code, out, _ = rlbench("compare", "--format", "markdown", *files)
    assert code == 1 and out.startswith("**Regression: 1 worse beyond**")
    code, out, _ = rlbench("compare", "--format", "csv", *files)
    assert code == 1 and out.startswith("schema_version,dataset,task,algorithm,")
    assert rlbench("compare", "--format", "json", *files)[1] == rlbench("compare", "--json", *files)[1]
    code, out, err = rlbench("compare", "--format", "markdow", *files)
    assert (code, out) == (2, "") and "Did you mean 'markdown'?" in err
    code, _, err = rlbench("compare", "--format", "csv", "--json", *files)
    assert code == 2 and "--json and --format csv ask for two formats" in err


def test_options(rlbench, tmp_path):
    files = _board(tmp_path / "a.csv", 1.0), _board(tmp_path / "b.csv", 0.5)
    assert rlbench("compare", "--min-effect", "60%", *files)[0] == 0
    assert rlbench("compare", "--min-effect", "40%", *files)[0] == 1
    assert rlbench("compare", "--only", "estimator=snips", "--only", "algorithm=d*", *files)[0] == 1
    code, _, err = rlbench("compare", "--only", "estimator=truth", *files)
    assert code == 2 and "There are: snips." in err
    code, _, err = rlbench("compare", "--min-effect", "lots", *files)
    assert code == 2 and "--min-effect: 'lots' is not an effect of 0 or more" in err


def test_folders(rlbench, tmp_path):
    for name, value in (("old", 1.0), ("new", 0.5)):
        (tmp_path / name).mkdir()
        _board(tmp_path / name / "leaderboard.csv", value)
    code, out, _ = rlbench("compare", tmp_path / "old", tmp_path / "new")
    assert code == 1 and out.startswith("worse beyond")
