"""`rlbench ope FOLDER` of a log that is read in parts."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest

from rlbench_rec.ope.scorecard.streamed import score


@pytest.fixture
def run(rlbench, monkeypatch, tmp_path):
    """The command in a folder that holds `log/` of three parts: exit code, stdout, stderr."""
    rng = np.random.default_rng(0)
    logging, evaluated = np.array([0.5, 0.3, 0.2]), np.array([0.3, 0.3, 0.4])
    items = rng.choice(3, 6_000, p=logging)
    frame = pd.DataFrame(
        {
            "click": (rng.random(6_000) < np.array([0.1, 0.2, 0.4])[items]).astype(float),
            "propensity": logging[items],
            "target_propensity": evaluated[items],
            "user": rng.integers(0, 1_500, 6_000),
            "revenue": (rng.random(6_000) < 0.3) * 9.0,
        }
    )
    (tmp_path / "log").mkdir()
    for part in range(3):
        frame[part::3].to_parquet(tmp_path / "log" / f"{part}.parquet", index=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(score, "ROWS", 2_000)
    return lambda *arguments: rlbench("ope", "log", "--reward", "click", *arguments)


def test_the_screen_and_the_decision_are_those_of_the_whole_log(run):
    code, out, err = run("--stream", "--guardrail", "revenue:0.1")
    assert code == 0 and err.endswith("rlbench: 2 of 3 parts.\nrlbench: 3 of 3 parts.\n")
    assert "note: The log was read in parts: intervals are Student's" in out
    assert "Hidden confounding: no band of a log that was read in parts" in out
    whole = run("--interval", "normal", "--guardrail", "revenue:0.1")[1]
    figures = out.index("behaviour policy"), whole.index("behaviour policy")
    assert out[figures[0] :].partition("(exit code 0)")[0] == whole[figures[1] :].partition("(exit code 0)")[0]
    code, out, _ = run("--stream", "--lower-is-better")
    assert code == 1 and "WORSE" in out
    assert run("--stream", "--min-lift", "0.5")[0] == 3


def test_json_out_and_a_page(run, tmp_path):
    code, out, _ = run("--stream", "--json", "--out", "result.json", "--html", "card.html")
    record = json.loads(out)
    assert code == 0 and record == json.loads((tmp_path / "result.json").read_text())
    assert record["decision"]["outcome"] == "better" and record["confounding"]["breaking_factor"] is None
    assert record["reward"]["estimates"][0]["interval"] == "normal" and record["log"]["users"] == 1_474
    assert "1,474" in (tmp_path / "card.html").read_text()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["card.html", "log", "result.json"]


def test_large_parquet_is_read_in_parts_unless_it_is_not_wanted(run, monkeypatch):
    assert "read in parts" not in run()[1]
    monkeypatch.setattr(score, "LARGE", 5_999)
    assert "read in parts" in run()[1]
    assert "read in parts" not in run("--no-stream")[1]
    code, out, err = run("--by", "user")
    assert code == 2 and not out
    assert err.startswith("rlbench: --by: It needs the whole log, which is read in parts. Leave it out, or read")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--explain",), "--explain: It needs the whole log"),
        (("--plan", "5%"), "--plan: It needs the whole log"),
        (("--ratio", "click/revenue"), "--ratio: It needs the whole log"),
        (("--plot", "x.png"), "--plot: It needs the whole log"),
        (("--target", "target_propensity,propensity"), "--target: It needs the whole log"),
        (("--interval", "bootstrap"), "--interval: 'bootstrap' needs the whole log"),
        (("--no-stream", "--ray", "local"), "--ray: A cluster reads a log in parts"),
        (("--estimators", "magic"), "'magic' needs the whole log at once"),
        (("--propensity", "revenue"), "column 'revenue'"),
    ],
)
def test_what_needs_the_whole_log_is_refused_in_a_line(run, tmp_path, arguments, expected):
    code, out, err = run(*(() if "--no-stream" in arguments else ("--stream",)), *arguments)
    assert code == 2 and not out and expected in err and err.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["log"]


def test_options_of_a_file(run, tmp_path):
    (tmp_path / "options.toml").write_text('stream = true\nuser = "none"\n')
    code, out, _ = run("--config", "options.toml")
    assert code == 0 and "read in parts" in out and "6,000 decisions\n" in out


@pytest.mark.slow
def test_sigterm_leaves_no_temporary_files(run, tmp_path):
    """Amid the dealing: its files stand beside --out, and vanish."""
    for number in range(3, 60):
        os.link(tmp_path / "log" / "0.parquet", tmp_path / "log" / f"{number}.parquet")
    code = "from rlbench_rec.ope.scorecard.streamed import score\nscore.ROWS = 2_000\n"
    code += "from rlbench_rec.cli.app import main\nmain()"
    arguments = ["ope", "log", "--reward", "click", "--stream", "--out", "result.json"]
    process = subprocess.Popen([sys.executable, "-c", code, *arguments], stderr=subprocess.PIPE)
    for _ in range(600):
        if any(path.name.startswith(".result") and list(path.iterdir()) for path in tmp_path.iterdir()):
            break
        time.sleep(0.1)
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 128 + signal.SIGTERM
    assert [path.name for path in tmp_path.iterdir()] == ["log"]
