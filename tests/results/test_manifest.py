"""What a run records of itself."""

import json
import subprocess

import pytest

from rlbench_rec.results import manifest as module
from rlbench_rec.results.data_identity import DataHashes
from rlbench_rec.results.manifest import code_identity, manifest


def test_the_manifest_says_what_it_takes_to_repeat_a_run():
    found = manifest({"name": "quick"}, DataHashes({"shop": "ab"}, {"shop": "cd"}), ["rlbench", "run"], "cpu", True)
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert set(found) == {
        "schema_version",
        "complete",
        "code",
        "config",
        "versions",
        "plugins",
        "python",
        "machine",
        "device",
        "threads_per_worker",
        "determinism",
        "data_sha256",
        "card_sha256",
        "command_line",
        "executable",
    }
    assert found["versions"]["d3rlpy"] == "2.8.1"
    assert (found["config"], found["data_sha256"]) == ({"name": "quick"}, {"shop": "ab"})
    assert found["card_sha256"] == {"shop": "cd"}


def test_where_nothing_trained_torch_is_not_asked(monkeypatch):
    monkeypatch.setattr(module, "_torch", lambda: 1 / 0)
    found = manifest({}, DataHashes({}, {}), None, "cpu", True, trains=False)
    assert found["machine"]["gpu"] is None and found["versions"]["torch"]
    assert found["determinism"]["deterministic_algorithms"] is found["determinism"]["cudnn_benchmark"] is None


def test_without_git_there_is_no_commit(monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert module._commit() == {"commit": None, "dirty": None}


def test_a_package_that_is_not_installed_has_no_version():
    assert module.package_version("no-such-package-anywhere") is None


def test_the_home_folder_is_not_named(monkeypatch, tmp_path):
    home = tmp_path / "alice"
    monkeypatch.setattr(module.Path, "home", lambda: home)
    config = {"sources": [{"data": f"{home}/shop", "steps": 5}, {"data": f"{home}2/shop"}]}
    found = manifest(config, DataHashes({}, {}), ["rlbench", "run", f"--data={home}/shop"], "cpu", True)
    assert found["config"] == {"sources": [{"data": "~/shop", "steps": 5}, {"data": f"{home}2/shop"}]}
    assert found["command_line"] == ["rlbench", "run", "--data=~/shop"]


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A repository with a package of one module, from which the code runs; runs git in it."""

    def git(*arguments):
        identity = ["-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", *identity, *arguments], cwd=tmp_path, check=True, capture_output=True)

    module_file = tmp_path / "rlbench_rec" / "results" / "manifest.py"
    module_file.parent.mkdir(parents=True)
    module_file.write_text("x = 1\n")
    (tmp_path / "README.md").write_text("one\n")
    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "first")
    monkeypatch.setattr(module, "__file__", str(module_file))
    return git


def test_a_commit_of_documents_leaves_the_code_what_it_was(checkout, tmp_path):
    first = code_identity()
    assert first["commit"] and first["files"] is None
    (tmp_path / "README.md").write_text("two\n")
    assert code_identity() == first
    checkout("commit", "-qam", "words")
    assert code_identity() == first
    (tmp_path / "rlbench_rec" / "new.py").write_text("")
    checkout("add", ".")
    checkout("commit", "-qm", "code")
    assert code_identity()["commit"] not in (first["commit"], None)


@pytest.mark.parametrize("name", ["results/manifest.py", "untracked.py"])
def test_code_that_no_commit_holds_goes_by_what_is_in_it(checkout, tmp_path, name):
    clean = code_identity()
    identities = []
    for text in ("x = 2\n", "x = 3\n", "x = 2\n"):
        (tmp_path / "rlbench_rec" / name).write_text(text)
        identities.append(code_identity())
    assert identities[0] == identities[2] != identities[1]
    assert all(found["commit"] is None and found["files"] for found in identities) and clean not in identities


def test_code_outside_a_checkout_goes_by_what_is_in_it(checkout, monkeypatch):
    inside = code_identity()
    monkeypatch.setenv("PATH", "")
    found = code_identity()
    assert found["commit"] is None and found["files"] and found["version"] == inside["version"]
