"""What is left when `rlbench run` is killed, told to end, or loses a worker?

    nice python studies/kill_runs.py                       # 20 kills, 10 times SIGTERM, 10 workers lost
    nice python studies/kill_runs.py --rounds kill=2 --seed 7

A small suite is run once in peace. Then, round by round, it is run again and, at a random moment after at least one job
has finished, one of these happens:

- `kill`: SIGKILL to the whole process group. `--resume` must end with the bytes of the run in peace.
- `term`: SIGTERM, to the process or to its group. It must end with exit code 143, its tables written; then resume as
  above.
- `worker`: SIGKILL to one of its workers. It must go on, end with exit code 1 and one failed job; then resume as above.

In no round may a process be left behind, or a traceback be printed. A round whose run had finished before its moment is
played again. Linux only. A script, not an asv benchmark: importing it does nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import pandas as pd

TRAINING = """
name = "small"
seeds = [0, 1]
estimators = ["snips", "dr"]
steps = 200
fqe_steps = 20
batch_size = 32
n_resamples = 100
truth_error = 0.2
sources = [{ task = "recommend-v1", episodes = 200 }]
algorithms = [{ id = "random" }, { id = "popularity" }, { id = "bc" }, { id = "dqn" }, { id = "cql" }]
"""
SCORING = """
kind = "estimators"
name = "small"
estimators = ["snips"]
episodes = [100]
logs = [16]
truth_error = 0.5
[[sources]]
task = "pricing-v1"
matched = ["careless"]
mismatched = ["farsighted-greedy"]
"""
SUITES = {"training": TRAINING, "scoring": SCORING}
TABLES = ("runs.csv", "leaderboard.csv", "curves.csv", "estimates.csv", "estimators.csv")
"""Those that a kind of suite writes must be the same bytes, whatever happened; times differ."""
ROUNDS = {"kill": 20, "term": 10, "worker": 10}
PATIENCE = 300.0
"""Seconds after which a run counts as hung."""


def main(arguments: list[str] | None = None) -> int:
    """Play all rounds, print what came of each, and give the number of faults."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", nargs="*", default=[], metavar="WAY=N", help="other numbers than 20, 10, 10")
    parser.add_argument("--suite", choices=SUITES, default="training", help="one that trains, or a quicker one")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args(arguments)
    rounds = ROUNDS
    if options.rounds:
        rounds = {way: int(number) for way, number in (text.split("=") for text in options.rounds)}
    rng, faults = random.Random(options.seed), Counter()
    with tempfile.TemporaryDirectory() as folder:
        ground = Ground(Path(folder), SUITES[options.suite], jobs=options.jobs)
        print(f"in peace: {ground.seconds:.1f} s, {ground.finished_jobs} jobs", flush=True)
        for way, number in rounds.items():
            for n in range(number):
                seconds, found = ground.play(way, rng)
                faults[way] += len(found)
                print(f"{way} {n + 1}/{number}: {'; '.join(found) or 'right'} ({seconds:.1f} s to end)", flush=True)
    print("  ".join(f"{way}: {number} rounds, {faults[way]} faults" for way, number in rounds.items()))
    return faults.total()


class Ground:
    """Where rounds are played: a folder, a suite in it, and what the suite gives in peace.

    Args:
        folder: an empty one.
        suite: text of the TOML file.
        jobs: worker processes.
    """

    def __init__(self, folder: Path, suite: str, jobs: int = 2):
        self.folder, self.jobs, self._count = folder, jobs, 0
        (folder / "suite.toml").write_text(suite)
        began = time.monotonic()
        run = self.start("peace")
        _, err = run.communicate(timeout=PATIENCE)
        if run.returncode:
            raise RuntimeError(f"The suite fails in peace: {err}")
        self.seconds = time.monotonic() - began
        self.finished_jobs = len(list((folder / "peace" / "jobs").glob("*.json")))
        self.job_seconds = pd.read_csv(folder / "peace" / "timings.csv")["seconds"].mean()
        self.right = tables(folder / "peace")

    def start(self, out: str, *options: str) -> subprocess.Popen:
        """`rlbench run` in a process group of its own."""
        command = [sys.executable, "-m", "rlbench_rec", "run", "suite.toml", "--out", out, "--device", "cpu"]
        return subprocess.Popen(
            [*command, "--jobs", str(self.jobs), *options],
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def play(self, way: str, rng: random.Random) -> tuple[float, list[str]]:
        """One round.

        Returns:
            How long the run took to end after what happened to it, and what was wrong.
        """
        while True:
            self._count += 1
            out = f"{way}-{self._count}"
            run = self.start(out)
            done = rng.randrange(1, self.finished_jobs - 1)
            while run.poll() is None and len(list((self.folder / out / "jobs").glob("*.json"))) < done:
                time.sleep(0.01)
            time.sleep(rng.uniform(0.0, self.job_seconds))
            victim = _victim(way, run, rng)
            if victim is not None and run.poll() is None:
                return self._happens(way, run, victim, out)
            run.communicate()

    def _happens(self, way: str, run: subprocess.Popen, victim: int, out: str) -> tuple[float, list[str]]:
        began, group = time.monotonic(), run.pid
        os.kill(victim, signal.SIGTERM if way == "term" else signal.SIGKILL)
        err = run.communicate(timeout=PATIENCE)[1]
        seconds = time.monotonic() - began
        faults = [f"process {pid} is left" for pid in _left(group)]
        if "Traceback" in err:
            faults.append(f"a traceback: {err}")
        expected = {"kill": (-9,), "term": (143,), "worker": (0, 1)}[way]
        if run.returncode not in expected:
            faults.append(f"exit code {run.returncode}: {err}")
        if way != "kill":
            faults += self._tables_of(way, out, run.returncode)
        if way == "term" and "--resume" not in err and not self._is_complete(out):
            faults.append("it does not say how to go on")
        # One worker: the bytes do not depend on how many there are.
        code, err = self.resume(out)
        if code or tables(self.folder / out) != self.right:
            faults.append(f"--resume gives other bytes (exit code {code}): {err}")
        return seconds, faults

    def resume(self, out: str) -> tuple[int, str]:
        """Exit code and stderr of the rest of a run."""
        again = self.start(out, "--resume", "--jobs", "1")
        err = again.communicate(timeout=PATIENCE)[1]
        return again.returncode, err

    def _is_complete(self, out: str) -> bool:
        path = self.folder / out / "manifest.json"
        return path.is_file() and json.loads(path.read_text())["complete"]

    def _tables_of(self, way: str, out: str, code: int) -> list[str]:
        """What is wrong with the tables of a run that was broken off, or lost a worker."""
        written = [name for name in self.right if (self.folder / out / name).is_file()]
        if len(written) < len(self.right):
            return [f"only {written} were written"]
        first = pd.read_csv(self.folder / out / next(iter(self.right)))
        failed = first.loc[first["status"] != "ok", "status"]
        # A worker without a job is not a loss.
        right = 0 if way == "term" or code == 0 else 1
        if len(failed) != right or not failed.str.contains("killed by signal 9").all():
            return [f"{len(failed)} failed jobs: {list(failed)}"]
        return []


def tables(folder: Path) -> dict[str, bytes]:
    """The tables of a run that must be the same, whatever happened."""
    return {name: (folder / name).read_bytes() for name in TABLES if (folder / name).is_file()}


def _victim(way: str, run: subprocess.Popen, rng: random.Random) -> int | None:
    """What to send the signal to: a process, or a group as a negative number; None where no worker is left."""
    if way == "worker":
        workers = [pid for pid in _left(run.pid, patience=0.0) if pid != run.pid and _parent(pid) == run.pid]
        return rng.choice(workers) if workers else None
    return -run.pid if way == "kill" or rng.random() < 0.5 else run.pid


def _left(group: int, patience: float = 5.0) -> list[int]:
    """Processes of a group that live, once those that are about to end have had time for it."""
    end = time.monotonic() + patience
    while True:
        alive = [pid for pid in map(int, filter(str.isdigit, os.listdir("/proc"))) if _stat(pid)[2:3] == [str(group)]]
        if not alive or time.monotonic() >= end:
            return alive
        time.sleep(0.05)


def _parent(pid: int) -> int:
    return int(_stat(pid)[1]) if _stat(pid) else 0


def _stat(pid: int) -> list[str]:
    """State, parent, group and more of a process; empty for one that has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
    return [] if fields[0] == "Z" else fields


if __name__ == "__main__":
    sys.exit(min(main(), 1))
