"""Worker processes: what a killed, hung or broken one costs, and that none is left behind."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
import warnings
from collections import deque
from pathlib import Path
from types import SimpleNamespace

import pytest

from rlbench_rec.errors import DataWarning, InputError
from rlbench_rec.suite.workers import execute_all, next_batch, worker_count

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals to send")
WORK = """
import os, signal, sys, tempfile, time, warnings
from pathlib import Path
from rlbench_rec.errors import DataWarning

def work(batch):
    return [one(*job) for job in batch]

def one(what, value=None):
    if what == "add":
        return value + 1
    if what == "kill":
        os.kill(os.getpid(), value)
    if what == "exit":
        os._exit(value)
    if what == "leave":
        sys.exit(value)
    if what == "print":
        print("a job prints")
        os.write(1, b"and so does its library")
    if what == "ask":
        return repr(sys.stdin.read())
    if what == "unpicklable":
        return lambda: None
    if what == "write":
        Path(tempfile.mkdtemp(), "big").write_text("big")
        return tempfile.gettempdir()
    if what == "fork":
        if os.fork() == 0:
            time.sleep(30)
            os._exit(0)
        os.kill(os.getpid(), signal.SIGKILL)
    if what == "pid":
        return os.getpid()
    if what == "warn":
        warnings.warn(value, DataWarning)
        return value
    if what == "hang":
        Path(value).write_text(str(os.getpid()))
        while True:
            time.sleep(0.01)
    if what == "threads":
        import numpy, scipy.linalg, sklearn
        if value:
            import torch
            assert torch.get_num_threads() == 1
        import threadpoolctl
        return [pool["num_threads"] for pool in threadpoolctl.threadpool_info()]
"""


@pytest.fixture
def work(tmp_path, monkeypatch):
    (tmp_path / "work_of_test.py").write_text(WORK)
    monkeypatch.syspath_prepend(tmp_path)
    import importlib

    yield importlib.import_module("work_of_test").work
    sys.modules.pop("work_of_test", None)


def lost(job, reason, seconds):
    assert seconds >= 0
    return f"lost: {reason}"


def run(work, jobs, workers=1, **options):
    """Results in the order of the jobs."""
    options = {"lost": lost, "trains": False} | options
    done = dict(execute_all(work, [(job,) for job in jobs], workers, **options))
    assert len(done) == len(jobs)
    return [done[(job,)][0] for job in jobs]


@POSIX
def test_whatever_ends_a_worker_costs_its_own_job_alone(work):
    jobs = [
        ("kill", signal.SIGKILL),
        ("add", 1),
        ("kill", signal.SIGSEGV),
        ("exit", 0),
        ("exit", 3),
        ("leave", 4),
        ("unpicklable",),
        ("add", 2),
    ]
    results = run(work, jobs, workers=2)
    assert results[1] == 2 and results[7] == 3
    assert "killed by signal 9 (SIGKILL" in results[0] and "memory" in results[0]
    assert "killed by signal 11 (SIGSEGV)" in results[2]
    assert "exit code 0" in results[3] and "exit code 3" in results[4]
    assert results[5] == "lost: SystemExit: 4" and results[6].startswith("lost: ") and "pickle" in results[6].lower()


@POSIX
def test_a_dead_worker_is_seen_even_while_its_child_holds_the_pipe(work):
    began = time.monotonic()
    assert "signal 9" in run(work, [("fork",)])[0]
    assert time.monotonic() - began < 20


def test_one_worker_does_job_after_job(work):
    assert len(set(run(work, [("pid", n) for n in range(5)]))) == 1


def test_a_hung_job_ends_at_its_time_and_the_others_go_on(work, tmp_path):
    jobs = [("hang", str(tmp_path / "pid")), ("add", 1), ("add", 2), ("add", 3)]
    assert run(work, jobs, workers=2, job_timeout=1.0) == ["lost: ran past 1 s", 2, 3, 4]
    assert not _lives(int((tmp_path / "pid").read_text()))


def test_a_batch_has_the_time_of_all_its_jobs(work, tmp_path):
    began = time.monotonic()
    batch = (("hang", str(tmp_path / "pid")), ("add", 1))
    ((_, results),) = execute_all(work, [batch], 1, lost=lost, trains=False, job_timeout=1.0)
    assert results == ["lost: ran past 1 s"] * 2 and time.monotonic() - began > 2


def test_what_a_job_reads_and_prints_stays_out_of_the_results(work, capfd):
    assert run(work, [("print",), ("ask",)]) == [None, "''"]
    assert "a job prints" in capfd.readouterr().err


def test_temporary_files_go_with_the_run(work):
    (folder,) = run(work, [("write",)])
    assert "rlbench-" in folder and not Path(folder).exists()


@pytest.mark.parametrize("trains", [False, True])
def test_every_pool_of_threads_has_one(work, trains, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "4")
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    (threads,) = run(work, [("threads", trains)], trains=trains)
    assert threads and set(threads) == {1}
    assert os.environ["OMP_NUM_THREADS"] == "4"


def test_closing_kills_the_workers_at_once(work, tmp_path):
    began = time.monotonic()
    with contextlib.closing(
        execute_all(work, [(("hang", str(tmp_path / "pid")),), (("add", 1),)], 2, lost=lost, trains=False)
    ) as results:
        next(results)
        while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
            time.sleep(0.01)
    assert not _lives(int((tmp_path / "pid").read_text())) and time.monotonic() - began < 20


PARENT = """
import sys
sys.path.insert(0, {folder!r})
from work_of_test import work
from rlbench_rec.suite.workers import execute_all
for _ in execute_all(work, [(("hang", {folder!r} + "/" + name),) for name in "ab"], 2, lost=None, trains=False):
    pass
"""
PORTABLE = """
from rlbench_rec.suite import worker_process
def main(parent):
    worker_process.sys = __import__("types").SimpleNamespace(platform="darwin")
    worker_process.main(parent)
"""


@POSIX
@pytest.mark.parametrize(
    ("number", "portable"),
    [(signal.SIGKILL, True), *[(n, False) for n in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)]],
)
def test_workers_end_with_their_parent(work, tmp_path, number, portable):
    # The main program has no guard against being imported: workers never run it.
    code = PARENT.format(folder=str(tmp_path))
    if portable:
        # As on a system where the kernel does not see to it.
        (tmp_path / "portable.py").write_text(PORTABLE)
        code = code.replace(
            "\nfor", "\nimport portable, rlbench_rec.suite.local_worker as w; w.main = portable.main\nfor"
        )
    process = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.DEVNULL)
    pids = [_wait_for(tmp_path / name) for name in "ab"]
    process.send_signal(number)
    process.wait(timeout=20)
    end = time.monotonic() + 10
    while any(map(_lives, pids)) and time.monotonic() < end:
        time.sleep(0.02)
    assert not any(map(_lives, pids))


@POSIX
def test_a_signal_to_the_whole_group_is_the_parents_matter(work, tmp_path):
    """A SIGTERM or a Ctrl-C reaches the workers too; were they to die of it, their jobs would count as failed."""
    with contextlib.closing(
        execute_all(work, [(("hang", str(tmp_path / "pid")),)], 1, lost=lost, trains=False, job_timeout=3.0)
    ) as results:
        waiter = threading.Thread(target=lambda: [os.kill(_wait_for(tmp_path / "pid"), n) for n in (15, 2, 1)])
        waiter.start()
        assert next(results)[1] == ["lost: ran past 3 s"]
        waiter.join()


def test_a_plugin_that_a_worker_cannot_import_is_refused(work, tmp_path):
    with pytest.raises(InputError, match="nowhere_to_be_found"):
        run(work, [("add", 1)], plugins=["nowhere_to_be_found"])


@pytest.mark.parametrize(
    ("asked", "device", "jobs", "count"), [(4, "cpu", 2, 2), (1, "cpu", 9, 1), (None, "cuda:0", 9, 1), (3, "cpu", 0, 1)]
)
def test_how_many(asked, device, jobs, count):
    assert worker_count(asked, device, jobs) == count


def _wait_for(path: Path) -> int:
    while not (path.exists() and path.read_text()):
        time.sleep(0.01)
    return int(path.read_text())


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # Nobody has asked for its exit code yet.
    stat = Path(f"/proc/{pid}/stat")
    return not (stat.exists() and stat.read_text().rpartition(")")[2].split()[0] == "Z")


def test_what_several_workers_say_of_the_data_is_said_once(work, capfd):
    batches = [[("warn", "a hole")], [("warn", "a hole")], [("warn", "a crack"), ("add", 1)]]
    with warnings.catch_warnings(record=True) as shown:
        warnings.simplefilter("default")
        results = [result for _, result in execute_all(work, batches, 2, lost=lost, trains=False)]
    assert sorted(results, key=str) == [["a crack", 2], ["a hole"], ["a hole"]]
    assert sorted(str(warning.message) for warning in shown) == ["a crack", "a hole"]
    assert {warning.category for warning in shown} == {DataWarning}
    assert not capfd.readouterr().err


def taken(waiting, *at, home=lambda batch: batch[0]):
    """What the first of the workers gets, and what is left; each is at the batch that is given."""
    pool = [SimpleNamespace(batch=batch) for batch in at]
    queue = deque(waiting)
    return next_batch(queue, home, pool[0], pool), list(queue)


def test_a_worker_stays_at_home_then_takes_a_home_that_nobody_is_at():
    assert taken(["b1", "a2", "c1"], "a1", "b0") == ("a2", ["b1", "c1"])
    assert taken(["b1", "c1", "c2"], "a1", "b0") == ("c1", ["b1", "c2"])
    # At the end it helps another, and a new one begins where nobody is.
    assert taken(["b1", "b2"], "a1", "b0") == ("b1", ["b2"])
    assert taken(["a2", "b1"], "", "a1") == ("b1", ["a2"])
    assert taken(["b1", "a2"], "a1", home=None) == ("b1", ["a2"])
