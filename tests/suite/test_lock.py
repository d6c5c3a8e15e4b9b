"""One process per folder."""

from __future__ import annotations

import errno
import json
import os
import re
import signal
import subprocess
import sys
import threading

import pytest

from rlbench_rec.errors import InputError, OutputError
from rlbench_rec.suite import lock
from rlbench_rec.suite.lock import LOCK_FILE, hold
from rlbench_rec.suite.store import is_empty

HOLDER = """
import sys, time
from pathlib import Path
from rlbench_rec.suite.lock import hold
with hold(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path):
    process = subprocess.Popen([sys.executable, "-c", HOLDER, tmp_path / "out"], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_a_second_process_is_told_who_holds_the_folder(holder, tmp_path):
    with pytest.raises(InputError) as error, hold(tmp_path / "out"):
        pass
    assert re.search(rf"process {holder.pid} on \S+, since 20\d\d-\d\d-\d\dT", str(error.value))
    # The refusal takes nothing of the other's away.
    assert (tmp_path / "out" / LOCK_FILE).is_file()


def test_a_process_that_was_killed_holds_nothing(holder, tmp_path):
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    assert (tmp_path / "out" / LOCK_FILE).is_file()
    with hold(tmp_path / "out"):
        assert json.loads((tmp_path / "out" / LOCK_FILE).read_text())["pid"] == os.getpid()


def test_a_folder_that_stays_empty_is_removed_with_those_that_were_made_for_it(tmp_path):
    with hold(tmp_path / "a" / "b"):
        assert (tmp_path / "a" / "b").is_dir()
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "mine").mkdir()
    with pytest.raises(ZeroDivisionError), hold(tmp_path / "mine"):
        raise ZeroDivisionError
    assert list(tmp_path.rglob("*")) == [tmp_path / "mine"]
    with hold(tmp_path / "c" / "d"):
        (tmp_path / "c" / "d" / "result").write_text("")
    assert {path.name for path in (tmp_path / "c").rglob("*")} == {"d", "result"}


@pytest.mark.parametrize("name", [".lock", "lock", "run.lock"])
def test_a_file_of_the_users_own_stays_as_it_is(tmp_path, name):
    (tmp_path / name).write_text("precious")
    with hold(tmp_path):
        assert not is_empty(tmp_path)
    assert (tmp_path / name).read_text() == "precious"


@pytest.fixture
def restless():
    """Threads that are switched as often as can be, so that each comes between two steps of another."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def test_of_many_at_once_one_is_in_at_a_time(tmp_path, restless):
    inside, most, refused = [], [], []

    def enter():
        for _ in range(200):
            try:
                with hold(tmp_path / "above" / "out"):
                    inside.append(1)
                    most.append(len(inside))
                    inside.pop()
            except InputError:
                refused.append(1)

    threads = [threading.Thread(target=enter) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(most) == {1} and len(most) + len(refused) == 800


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": 1}', "[" * 999])
def test_whatever_the_file_says_the_lock_decides(tmp_path, text):
    (tmp_path / LOCK_FILE).write_text(text)
    with hold(tmp_path):
        pass
    (tmp_path / LOCK_FILE).write_text(text)
    handle = os.open(tmp_path / LOCK_FILE, os.O_RDWR)
    fcntl = pytest.importorskip("fcntl")
    fcntl.flock(handle, fcntl.LOCK_EX)
    with pytest.raises(InputError, match="Another process"), hold(tmp_path):
        pass
    os.close(handle)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has another lock")
def test_where_the_disk_has_no_locks_a_living_process_counts(holder, tmp_path, monkeypatch):
    def no_locks(*arguments):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(lock.fcntl, "flock", no_locks)
    with pytest.raises(InputError, match=f"process {holder.pid} "), hold(tmp_path / "out"):
        pass
    holder.kill()
    holder.wait()
    with hold(tmp_path / "out"):
        pass


def test_a_folder_that_cannot_be_made_or_is_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="not a folder"), hold(tmp_path / "file"):
        pass
    with pytest.raises(OutputError, match="cannot be written"), hold(tmp_path / "file" / "out"):
        pass
