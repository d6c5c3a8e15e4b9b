"""`rlbench perf` on a tiny repository, whose package is measured at two commits."""

from __future__ import annotations

import importlib.util
import json
import subprocess
from collections import defaultdict

import pytest

from rlbench_rec.extras import install_command
from rlbench_rec.perf import Repository
from rlbench_rec.perf.side import Side

SUITE = """
import tiny

class Work:
    params = ["small", "large"]
    number, repeat, warmup_time = 1, 1, 0

    def track_cost(self, size):
        return tiny.cost(size)

    def time_call(self, size):
        tiny.cost(size)

class Broken:
    def setup_cache(self):
        return tiny.shared()

    def track_shared(self, cache):
        return cache

class Nothing:
    def setup(self):
        raise NotImplementedError

    def track_nothing(self):
        return 1.0
"""
PACKAGE = """
def cost(size):
    return {large} if size == "large" else 1.0

def shared():
    {shared}
"""
CONFIG = {
    "version": 1,
    "project": "tiny",
    "repo": ".",
    "branches": ["main"],
    "benchmark_dir": "benches",
    "environment_type": "virtualenv",
}


def git(folder, *arguments):
    subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)


def commit(folder, tag, **code):
    (folder / "tiny" / "__init__.py").write_text(PACKAGE.format(**code))
    git(folder, "add", "--all")
    git(folder, "-c", "user.name=t", "-c", "user.email=t@localhost", "commit", "--quiet", "-m", tag)
    git(folder, "tag", tag)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """Commits `first`, `slow` (a large one costs 1.5 times as much), and `broken` (a shared set-up fails)."""
    folder = tmp_path_factory.mktemp("tiny")
    git(folder, "init", "--quiet", "--initial-branch=main")
    for name in ("tiny", "benches"):
        (folder / name).mkdir()
    (folder / "benches" / "__init__.py").touch()
    (folder / "benches" / "bench_tiny.py").write_text(SUITE)
    config = CONFIG | {"results_dir": ".asv/results", "env_dir": ".asv/env", "html_dir": ".asv/html"}
    (folder / "asv.conf.json").write_text(json.dumps(config))
    (folder / ".gitignore").write_text(".asv\n__pycache__\n")
    commit(folder, "first", large=2.0, shared="return 4.0")
    commit(folder, "slow", large=3.0, shared="return 4.0")
    commit(folder, "broken", large=2.0, shared="raise ValueError('no luck')")
    return folder


@pytest.fixture
def inside(tiny, monkeypatch, tmp_path):
    monkeypatch.chdir(tiny)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tiny


@pytest.fixture
def measured_twice(monkeypatch) -> None:
    """From the third round on, a benchmark that always gives the same starts no process: one takes long."""
    measure, known = Side.measure, defaultdict(list)

    def of_a_side(side, benchmark):
        values = known[side.name, benchmark.id]
        if len(values) < 2:
            values.append(measure(side, benchmark))
        return values[-1]

    monkeypatch.setattr(Side, "measure", of_a_side)


@pytest.mark.usefixtures("measured_twice")
def test_what_costs_more_is_called_slower_and_each_commit_runs_its_own_package(rlbench, inside):
    code, out, err = rlbench("perf", "compare", "first", "slow", "--bench", "cost.*large")
    assert code == 1
    assert "slower    bench_tiny.Work.track_cost('large')  2 -> 3 unit  x 1.5 (1.5 to 1.5)" in out
    assert "1 benchmarks: 1 slower." in out
    assert "again 1/1" in err


def test_a_failure_names_the_commit_and_the_error(rlbench, inside):
    code, out, _ = rlbench("perf", "compare", "first", "broken", "--bench", "shared", "--json")
    assert code == 2
    answer = json.loads(out)
    (row,) = answer["rows"]
    assert (row["outcome"], row["note"], row["ratio"]) == ("failed", "at broken: ValueError: no luck", None)
    assert answer["exit_code"] == 2


def test_what_skips_itself_is_not_measured(rlbench, inside):
    code, out, _ = rlbench("perf", "compare", "first", "slow", "--bench", "nothing", "--all")
    assert code == 3
    assert "skipped   bench_tiny.Nothing.track_nothing" in out


def test_nothing_that_matches_is_nothing_measured(rlbench, inside):
    code, out, _ = rlbench("perf", "compare", "first", "slow", "--bench", "nonesuch")
    assert code == 3
    assert "none matches 'nonesuch'" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("first", "nowhere"), "There is no commit 'nowhere'"),
        (("--", "--upload-pack=x", "first"), "There is no commit '--upload-pack=x'"),
        (("first", "slow", "--bench", "["), "bench: '[' is not a regular expression"),
        (("first", "slow", "--rounds", "5"), "rounds: It is 5, and must be at least 6"),
        (("first", "slow", "--factor", "0.9"), "factor: It is 0.9"),
        (("first", "slow", "--factor", "nan"), "factor: It is nan"),
    ],
)
def test_wrong_use_is_refused_before_anything_is_measured(rlbench, inside, arguments, message):
    code, _, err = rlbench("perf", "compare", *arguments)
    assert code == 2
    assert message in err


def test_a_changed_file_is_refused_where_head_is_measured(rlbench, inside):
    file = inside / "tiny" / "__init__.py"
    before = file.read_text()
    try:
        file.write_text(before + "\n")
        for arguments in (("run",), ("compare", "first", "HEAD"), ("compare", "broken", "slow")):
            code, _, err = rlbench("perf", *arguments)
            assert code == 2
            assert "tracked file(s) differ from HEAD (tiny/__init__.py)" in err and "Commit or stash" in err
    finally:
        file.write_text(before)


def test_outside_of_a_checkout_with_a_suite(rlbench, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, _, err = rlbench("perf", "run")
    assert (code, "not in a git checkout" in err) == (2, True)
    git(tmp_path, "init", "--quiet")
    code, _, err = rlbench("perf", "run")
    assert (code, "There is no asv.conf.json here" in err) == (2, True)


def test_without_asv_the_extra_is_named(rlbench, inside, monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: None if name == "asv" else find(name, *rest))
    for arguments in (("run",), ("compare", "first", "slow")):
        code, _, err = rlbench("perf", *arguments)
        assert (code, "Measuring speed needs asv" in err and install_command("perf") in err) == (2, True)


def test_run_saves_under_the_commit_and_counts(rlbench, inside):
    code, out, _ = rlbench("perf", "run", "--bench", "cost|nothing")
    assert code == 0
    assert "2 measured, 0 failed: " in out
    head = Repository.around(inside).commit("HEAD")
    (file,) = inside.glob(f".asv/results/*/{head[:8]}-*.json")
    assert json.loads(file.read_text())["commit_hash"] == head


def test_a_package_that_would_come_from_elsewhere_is_refused(rlbench, tmp_path, monkeypatch):
    """A built-in module of that name would be measured on both sides."""
    for name in ("time", "benches"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").touch()
    (tmp_path / "asv.conf.json").write_text(json.dumps(CONFIG))
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", "--all")
    git(tmp_path, "-c", "user.name=t", "-c", "user.email=t@localhost", "commit", "--quiet", "-m", "x")
    monkeypatch.chdir(tmp_path)
    code, _, err = rlbench("perf", "compare", "HEAD", "HEAD")
    assert code == 2
    assert "not the commit's own files" in err
