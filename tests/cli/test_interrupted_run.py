"""Ctrl-C, kills and a second process in the middle of a run: what finished is kept, and it is said how to go on."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rlbench_rec.results.read import load_leaderboard
from rlbench_rec.suite import run_suite
from studies.kill_runs import SCORING, Ground

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are looked up in /proc")

SUITE = """
name = "tiny"
seeds = [0]
estimators = ["snips"]
steps = {steps}
batch_size = 32
n_resamples = 100
truth_error = 0.2
sources = [{{ task = "recommend-v1", episodes = 120 }}]
algorithms = [{{ id = "random" }}, {{ id = "popularity" }}, {{ id = "dqn" }}, {{ id = "cql" }}]
"""


def _run(folder: Path, *options: str) -> subprocess.Popen:
    command = [
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
    ]
    return subprocess.Popen([*command, *options], cwd=folder, stderr=subprocess.PIPE, text=True, start_new_session=True)


def _wait_for_a_job(folder: Path, run: subprocess.Popen) -> None:
    while not list(folder.glob("out/jobs/*.json")):
        assert run.poll() is None, run.stderr.read()
        time.sleep(0.02)


def test_what_finished_is_kept_and_resume_runs_the_rest(tmp_path, rlbench, monkeypatch):
    # A user who trains for an hour does not wait an hour for the end.
    (tmp_path / "tiny.toml").write_text(SUITE.format(steps=1_000_000))
    run = _run(tmp_path)
    _wait_for_a_job(tmp_path, run)
    monkeypatch.chdir(tmp_path)
    code, _, err = rlbench("run", "tiny.toml", "--out", "out", "--device", "cpu", "--jobs", "1", "--resume")
    assert code == 2 and f"Another process works in this folder: process {run.pid} on " in err
    began = time.monotonic()
    os.killpg(run.pid, signal.SIGINT)
    _, err = run.communicate(timeout=60)
    assert run.returncode == 130 and "Traceback" not in err and time.monotonic() - began < 30
    assert "interrupted. out keeps what finished; --out out --resume runs the rest" in err
    done = set(load_leaderboard(tmp_path / "out" / "leaderboard.csv")["algorithm"])
    assert done and done < {"behaviour", "random", "popularity", "dqn", "cql"}
    assert not list(tmp_path.glob("out/.*"))


def test_a_job_that_takes_too_long_is_a_failed_row(tmp_path, rlbench, monkeypatch, without_pictures):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny.toml").write_text(SCORING.replace("[16]", "[2]"))
    code, _, err = rlbench("run", "tiny.toml", "--out", "out", "--jobs", "1", "--job-timeout", "0.001")
    assert code == 1 and "Traceback" not in err
    assert (tmp_path / "out" / "estimates.csv").read_text().count("failed: ran past 0.001 s") == 2


class GroundOfTest(Ground):
    """Takes runs up in this process: only what is broken off must be one of its own."""

    def resume(self, out: str) -> tuple[int, str]:
        finished = run_suite(self.folder / "suite.toml", self.folder / out, device="cpu", workers=1, resume=True)
        return len(finished.failures), "; ".join(failed.status for failed in finished.failures)


@pytest.fixture(scope="module")
def ground(tmp_path_factory):
    return GroundOfTest(tmp_path_factory.mktemp("ground"), SCORING)


@pytest.mark.parametrize("way", ["kill", "term", "worker"])
def test_after_any_end_resume_gives_the_same_bytes(ground, way, in_this_process, without_pictures):
    """One round of each kind that `studies/kill_runs.py` plays more often."""
    # After four jobs of sixteen: a run that ends before its moment is played again.
    _, faults = ground.play(way, random.Random(4))
    assert faults == []
