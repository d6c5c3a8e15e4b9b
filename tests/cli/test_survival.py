"""Full disks, missing homes, odd paths and signals: one message, exit code 2 (or the signal's), nothing half made."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from rlbench_rec.testing.algorithms import toy_shop
from rlbench_rec.training import fit

CARD = """
id = "shop"
title = "A shop"
licence = "own"
citation = "none"
time_unit = "s"
action_source = "choice"
propensity = "none"
reward_weights = { view = 1.0 }
files = [{ pattern = "log.csv" }]
columns = { timestamp = "time", item = "item", event = "what", user = "user" }
events = { view = "view" }
"""
SAMPLE = "open-bandit-sample/random-men"


def in_another_process(code: str, *calls: tuple, **options) -> tuple[list[int], str]:
    """Some commands, one after another, in a process that runs `code` first: their exit codes, and stderr."""
    lines = [
        "import sys",
        code,
        "from rlbench_rec.cli.app import main",
        "codes = []",
        f"for sys.argv in {[['rlbench', *map(str, arguments)] for arguments in calls]!r}:",
        "    code = 0",
        "    try: main()",
        "    except SystemExit as stop: code = stop.code or 0",
        "    codes.append(code)",
        "print(codes)",
    ]
    command = [sys.executable, "-B", "-c", "\n".join(lines)]
    done = subprocess.run(command, capture_output=True, text=True, **options)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1]), done.stderr


def one_message(answer: tuple[int, str, str], *words: str) -> None:
    code, _, err = answer
    # A run may have said before what it checks.
    lines = [line for line in err.splitlines() if not line.startswith("rlbench: Checking ")]
    assert code == 2 and lines[0].startswith("rlbench: ") and len(lines) == 1, answer
    assert "unexpected" not in err and "Traceback" not in err and all(word in err for word in words), err


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("trained") / "model"
    fit(toy_shop(200, history=2), "dqn", steps=5, batch_size=32, device="cpu").save(folder)
    return folder


@pytest.fixture
def disk(tmp_path):
    """disk(kilobytes) mounts a disk of that size; only root may."""
    mounted = []

    def mount(size: int) -> Path:
        folder = tmp_path / f"disk{size}"
        folder.mkdir()
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}k", "tmpfs", folder], capture_output=True)
        if done.returncode:
            pytest.skip("this user may not mount a small disk")
        mounted.append(folder)
        return folder

    yield mount
    for folder in mounted:
        subprocess.run(["umount", folder], check=True)


@pytest.mark.skipif(sys.platform != "linux", reason="needs tmpfs")
@pytest.mark.parametrize("size", [16, 200, 500])
def test_a_full_disk_ends_a_build_with_one_message_and_nothing_left(rlbench, disk, size):
    folder = disk(size)
    one_message(rlbench("data", "build", SAMPLE, "--out", folder / "ds"))
    assert not list(folder.iterdir())


@pytest.mark.skipif(sys.platform != "linux", reason="needs tmpfs")
@pytest.mark.parametrize("name", ["policy.pt", "policy.onnx"])
def test_a_full_disk_ends_an_export_with_one_message_and_nothing_left(rlbench, disk, model, name):
    if name.endswith("onnx"):
        pytest.importorskip("onnxscript")
    folder = disk(16)
    kind = "onnx" if name.endswith("onnx") else "torchscript"
    one_message(rlbench("export", model, "--out", folder / name, "--format", kind), "No space left")
    assert not list(folder.iterdir())


@pytest.fixture
def no_large_files(monkeypatch):
    """No file that this process writes may grow beyond 16 KB."""
    resource = pytest.importorskip("resource")
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 14, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_limit_on_the_size_of_files_ends_like_a_full_disk(rlbench, model, tmp_path, no_large_files):
    """Where nobody may mount."""
    one_message(rlbench("data", "build", SAMPLE, "--out", tmp_path / "ds"), "File too large")
    one_message(rlbench("export", model, "--out", tmp_path / "policy.pt"), "File too large")
    assert not list(tmp_path.iterdir())


def test_a_user_without_home_and_name_can_do_everything(tmp_path, model):
    """As a container run under a number: no HOME, and the number is in no list of users."""
    nobody = "import pwd\ndef nobody(*_): raise KeyError('uid not found: 12345')\npwd.getpwuid = nobody"
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path), "OMP_NUM_THREADS": "1"}
    calls = (
        ("data", "show", SAMPLE, "--png", "a.png"),
        ("data", "build", SAMPLE, "--out", "ds"),
        ("export", model, "--out", "policy.pt"),
        ("data", "get", "taobao"),
    )
    codes, err = in_another_process(nobody, *calls, env=env, cwd=tmp_path)
    assert codes == [0, 0, 0, 2], err
    assert err.count("rlbench: ") == 1 and "rlbench-rec-" in err, "the place of the data is still said"


def test_no_place_for_temporary_files(rlbench, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.setattr("tempfile._candidate_tempdir_list", lambda: ["/nonexistent"])
    one_message(rlbench("data", "check", SAMPLE), "TMPDIR", "no place for temporary files")


ODD = {
    "too long": "x" * 300,
    "below a file": "file",
    "unreadable": "locked",
}


@pytest.mark.parametrize("kind", ODD)
def test_a_parent_folder_that_cannot_be_looked_into(rlbench, kind, tmp_path, model):
    parent = tmp_path / ODD[kind]
    if kind == "below a file":
        parent.touch()
    elif kind == "unreadable":
        if os.geteuid() == 0:
            pytest.skip("root may look into every folder")
        parent.mkdir(mode=0o000)
    for arguments in (
        ("ope", parent / "x.csv"),
        ("run", parent / "x.toml"),
        ("run", "quick", "--out", parent / "x"),
        ("data", "init", parent / "x.csv"),
        ("data", "show", parent / "x.toml"),
        ("data", "check", SAMPLE, "--data", parent / "x.csv"),
        ("data", "build", SAMPLE, "--out", parent / "x"),
        ("data", "show", SAMPLE, "--html", parent / "x.html"),
        ("export", parent / "x"),
        ("export", model, "--out", parent / "x.pt"),
        ("compare", parent / "x.csv", parent / "y.csv"),
    ):
        one_message(rlbench(*arguments))


def test_paths_that_are_not_utf8(rlbench, tmp_path, model):
    odd = os.path.join(os.fsencode(tmp_path), b"caf\xe9\x1b[2J")
    try:
        os.mkdir(odd)
    except OSError:
        pytest.skip("this disk takes UTF-8 alone")
    name = os.fsdecode(odd)
    assert rlbench("export", model, "--out", os.path.join(name, "policy.pt"))[0] == 0
    for arguments in (
        ("data", "build", SAMPLE, "--out", os.path.join(name, "ds")),
        ("data", "check", SAMPLE, "--data", name),
        ("ope", os.path.join(name, "x.csv")),
        ("run", os.path.join(name, "x.toml")),
        ("compare", os.path.join(name, "x.csv"), os.path.join(name, "y.csv")),
    ):
        answer = rlbench(*arguments)
        one_message(answer)
        assert "\x1b" not in answer[2]
    assert sorted(os.listdir(odd)) == [b"policy.pt", b"policy.pt.json"]


@pytest.fixture(scope="module")
def long_log() -> str:
    """A log of 200,000 rows, which takes a while to build."""
    rng, size = np.random.default_rng(0), 200_000
    columns = range(size), rng.integers(999, size=size).tolist(), rng.integers(9_999, size=size).tolist()
    rows = (f"{time},{item},view,{user}" for time, item, user in zip(*columns, strict=True))
    return "time,item,what,user\n" + "\n".join(rows) + "\n"


@pytest.fixture
def building(tmp_path, long_log):
    """A `data build` in the midst of its work."""
    (tmp_path / "log.csv").write_text(long_log)
    (tmp_path / "shop.toml").write_text(CARD)
    command = [sys.executable, "-m", "rlbench_rec", "data", "build", "shop.toml", "--out", "ds"]
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    while not list(tmp_path.glob(".ds-*")):
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.01)
    return process


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)])
def test_an_interrupted_build_leaves_nothing(building, tmp_path, name, code):
    building.send_signal(getattr(signal, name))
    _, err = building.communicate(timeout=60)
    assert building.returncode == code and not err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log.csv", "shop.toml"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
def test_what_a_killed_build_left_goes_with_the_next_one(rlbench, building, tmp_path):
    building.kill()
    building.wait()
    building.stderr.close()
    assert list(tmp_path.glob(".ds-*"))
    (tmp_path / "log.csv").write_text("time,item,what,user\n1,1,view,1\n2,1,view,1\n3,2,view,2\n")
    rlbench("data", "build", tmp_path / "shop.toml", "--out", tmp_path / "ds")
    assert not list(tmp_path.glob(".ds-*"))


@pytest.mark.parametrize("name", [b"caf\xe9", b"a$b^{c", b"\x1b[2J", b"a\nb", "日本".encode()])
def test_a_picture_takes_any_name(rlbench, tmp_path, name):
    odd = os.fsencode(tmp_path) + b"/" + name + b".csv"
    try:
        rows = [f"{i % 2},0.5,{0.4 + 0.2 * (i % 2)}" for i in range(300)]
        Path(os.fsdecode(odd)).write_text("reward,propensity,target_propensity\n" + "\n".join(rows) + "\n")
    except OSError:
        pytest.skip("this disk takes UTF-8 alone")
    code, out, err = rlbench("ope", os.fsdecode(odd), "--plot", tmp_path / "a.png", "--out", tmp_path / "a.json")
    assert code in (0, 1, 3) and (tmp_path / "a.png").is_file() and "\x1b" not in out + err
    assert isinstance(json.loads((tmp_path / "a.json").read_text()), dict)
