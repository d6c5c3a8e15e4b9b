"""Files and folders appear whole or not at all."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from rlbench_rec import files
from rlbench_rec.errors import MissingFileError, OutputError


def test_a_new_folder_takes_its_name_when_all_is_written(tmp_path):
    target = tmp_path / "deep" / "target"
    with files.new_folder(target) as partial:
        (partial / "a.txt").write_text("a")
        assert not target.exists()
    assert (target / "a.txt").read_text() == "a"
    assert [path.name for path in target.parent.iterdir()] == ["target"]


def test_a_new_folder_leaves_nothing_where_writing_fails(tmp_path):
    with pytest.raises(KeyError), files.new_folder(tmp_path / "target") as partial:
        (partial / "a.txt").write_text("a")
        raise KeyError
    assert not list(tmp_path.iterdir())


def test_what_is_there_is_never_overwritten(tmp_path):
    (tmp_path / "target").mkdir()
    with pytest.raises(OutputError, match="something here already"), files.new_folder(tmp_path / "target"):
        pass


@pytest.mark.parametrize(("make", "call"), [(files.new_folder, "mkdir"), (files.new_file, "open")])
def test_an_interruption_right_after_it_is_made_leaves_nothing(tmp_path, monkeypatch, make, call):
    made = getattr(os, call)

    def interrupted(path, *arguments):
        made(path, *arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(os, call, interrupted)
    with pytest.raises(KeyboardInterrupt), make(tmp_path / "target"):
        pass
    monkeypatch.undo()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("make", [files.new_folder, files.new_file])
def test_a_name_that_somebody_else_has_taken_stays_theirs(tmp_path, monkeypatch, make):
    names = iter(["00000000", "00000000", "11111111"])
    monkeypatch.setattr(files.secrets, "token_hex", lambda size: next(names))
    with pytest.raises(KeyError), make(tmp_path / "target") as theirs:
        with make(tmp_path / "target") as ours:
            assert "00000000" in theirs.name and "11111111" in ours.name
        assert theirs.exists() and (tmp_path / "target").exists()
        raise KeyError


@pytest.mark.parametrize("make", [files.new_folder, files.temporary_folder])
def test_a_place_that_cannot_be_written_is_named(tmp_path, make):
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="Cannot write here") as error, make(tmp_path / "file" / "target"):
        pass
    assert str(tmp_path / "file" / "target") in str(error.value)


KILLED = """
import os, signal, sys, threading
from pathlib import Path
from rlbench_rec import files
with getattr(files, sys.argv[1])(Path(sys.argv[2])) as partial:
    print("writing", flush=True)
    signal.pause()
"""


def writer(make: str, target: Path) -> subprocess.Popen:
    """Another process in the midst of writing."""
    process = subprocess.Popen([sys.executable, "-c", KILLED, make, str(target)], stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"writing\n"
    return process


@pytest.mark.skipif(files.fcntl is None, reason="this system has no locks to tell who is gone")
@pytest.mark.parametrize("make", ["new_file", "new_folder", "temporary_folder"])
def test_what_a_killed_process_left_goes_with_the_next_one(tmp_path, make):
    target = tmp_path / "target"
    alive, dead, other = writer(make, target), writer(make, target), writer(make, tmp_path / "other")
    for process in (dead, other):
        process.kill()
        process.wait()
    mine = tmp_path / ".target-backup.rlbench-part"
    mine.touch()
    assert len(list(tmp_path.iterdir())) == 4
    files.write_text(target, "done") if make == "new_file" else _use(make, target)
    left = [path.name for path in tmp_path.iterdir() if path.suffix == files.SUFFIX]
    assert len([name for name in left if name.startswith(".target-")]) == 2 and mine.exists(), "the living one's stays"
    assert len([name for name in left if name.startswith(".other-")]) == 1, "another name's stays"
    alive.kill()
    alive.wait()


def _use(make: str, target: Path) -> None:
    with getattr(files, make)(target) as folder:
        (folder / "a").touch()


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="only Linux says what a handle is of")
def test_what_was_written_is_on_the_disk_before_it_bears_its_name(tmp_path, monkeypatch):
    steps, sync, replace = [], os.fsync, os.replace
    named = "/proc/self/fd/{}".format
    monkeypatch.setattr(os, "fsync", lambda handle: (steps.append(Path(os.readlink(named(handle))).name), sync(handle)))
    monkeypatch.setattr(os, "replace", lambda old, new: (steps.append("rename"), replace(old, new)))
    files.write_text(tmp_path / "a", "a")
    assert steps[0].startswith(".a-") and steps[1:] == ["rename", tmp_path.name]
    steps.clear()
    with files.new_folder(tmp_path / "folder") as partial:
        (partial / "inner").mkdir()
        (partial / "inner" / "b").write_text("b")
    before = steps[: steps.index("rename")]
    assert {"b", "inner"} < set(before) and any(name.startswith(".folder-") for name in before)
    assert steps[-1] == tmp_path.name


@pytest.mark.parametrize("errno", [28, 30, 122])
def test_a_disk_that_takes_no_more_leaves_nothing(tmp_path, monkeypatch, errno):
    (tmp_path / "a").write_text("before")
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(errno, os.strerror(errno))))
    with pytest.raises(OutputError, match=r"cannot be written \("):
        files.write_text(tmp_path / "a", "after")
    with pytest.raises(OutputError, match=r"Cannot write here \("):
        _use("new_folder", tmp_path / "folder")
    assert [path.name for path in tmp_path.iterdir()] == ["a"] and (tmp_path / "a").read_text() == "before"


def test_a_device_is_written_to_and_not_replaced(tmp_path):
    if not hasattr(os, "mkfifo"):
        pytest.skip("this system has no pipes by name")
    os.mkfifo(tmp_path / "pipe")
    reader = subprocess.Popen(["cat", str(tmp_path / "pipe")], stdout=subprocess.PIPE)
    files.write_text(tmp_path / "pipe", "through")
    assert reader.communicate()[0] == b"through" and not (tmp_path / "pipe").is_file()


@pytest.mark.parametrize("name", ["x" * 255, "é" * 120, "a b'[*]", "-"])
def test_every_name_that_a_disk_takes_can_be_written(tmp_path, name):
    files.write_text(tmp_path / name, "a")
    with files.temporary_folder(tmp_path / name) as folder:
        assert folder.is_dir()
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_an_error_of_the_callers_own_is_not_the_folders(tmp_path):
    with pytest.raises(ZeroDivisionError), files.temporary_folder(tmp_path / "a"):
        raise ZeroDivisionError
    with pytest.raises(MissingFileError), files.new_folder(tmp_path / "a"):
        raise MissingFileError("no card")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("make", [files.new_folder, files.temporary_folder])
def test_what_fails_leaves_no_folder_that_was_not_there(tmp_path, make):
    (tmp_path / "there").mkdir()
    for target in (tmp_path / "a" / "b" / "c", tmp_path / "there" / "c"):
        with pytest.raises(KeyError), make(target):
            raise KeyError
    assert [path.name for path in tmp_path.iterdir()] == ["there"] and not list((tmp_path / "there").iterdir())
    with pytest.raises(KeyError), make(tmp_path / "a" / "c"):
        (tmp_path / "a" / "mine").touch()
        raise KeyError
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["mine"], "what is not empty stays"
