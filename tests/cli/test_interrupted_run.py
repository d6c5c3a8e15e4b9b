"""Ctrl-C in the middle of a run: what finished is kept, and the message says how to go on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from rlbench_rec.results.schema import read_leaderboard

SUITE = """
name = "tiny"
seeds = [0]
estimators = ["snips"]
steps = 20
batch_size = 32
n_resamples = 100
truth_error = 0.2
sources = [{ task = "recommend-v1", episodes = 120 }]
algorithms = [{ id = "random" }, { id = "popularity" }, { id = "dqn" }, { id = "cql" }]
"""


def _run(folder, *options):
    return subprocess.Popen(
        [
            sys.executable,
            "-m",
            "rlbench_rec",
            "run",
            "tiny.toml",
            "--out",
            "out",
            "--device",
            "cpu",
            "--jobs",
            "1",
            *options,
        ],
        cwd=folder,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no process groups to interrupt")
def test_what_finished_is_kept_and_resume_runs_the_rest(tmp_path):
    (tmp_path / "tiny.toml").write_text(SUITE)
    run = _run(tmp_path)
    while not list(tmp_path.glob("out/jobs/*.json")):
        assert run.poll() is None, run.stderr.read()
        time.sleep(0.02)
    os.killpg(run.pid, signal.SIGINT)
    _, err = run.communicate(timeout=60)
    assert run.returncode == 130 and "Traceback" not in err
    assert "interrupted. out keeps what finished; --out out --resume runs the rest" in err
    done = set(read_leaderboard(tmp_path / "out" / "leaderboard.csv")["algorithm"])
    assert done and done < {"behaviour", "random", "popularity", "dqn", "cql"}

    again = _run(tmp_path, "--resume")
    again.communicate(timeout=120)
    assert again.returncode == 0
    finished = set(read_leaderboard(tmp_path / "out" / "leaderboard.csv")["algorithm"])
    assert finished == {"behaviour", "random", "popularity", "dqn", "cql"}
