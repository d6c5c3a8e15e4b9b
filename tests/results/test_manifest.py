"""What a run records of itself."""

import json

from rlbench_rec.results import manifest as module
from rlbench_rec.results.manifest import manifest
from rlbench_rec.results.same_data import DataHashes


def test_the_manifest_says_what_it_takes_to_repeat_a_run():
    found = manifest({"name": "quick"}, DataHashes({"shop": "ab"}, {"shop": "cd"}), ["rlbench", "run"], "cpu", True)
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert set(found) == {
        "schema_version",
        "complete",
        "code",
        "config",
        "versions",
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


def test_without_git_there_is_no_commit(monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert module._commit() == {"commit": None, "dirty": None}


def test_a_package_that_is_not_installed_has_no_version():
    assert module._version("no-such-package-anywhere") is None


def test_the_home_folder_is_not_named(monkeypatch, tmp_path):
    home = tmp_path / "alice"
    monkeypatch.setattr(module.Path, "home", lambda: home)
    config = {"sources": [{"data": f"{home}/shop", "steps": 5}, {"data": f"{home}2/shop"}]}
    found = manifest(config, DataHashes({}, {}), ["rlbench", "run", f"--data={home}/shop"], "cpu", True)
    assert found["config"] == {"sources": [{"data": "~/shop", "steps": 5}, {"data": f"{home}2/shop"}]}
    assert found["command_line"] == ["rlbench", "run", "--data=~/shop"]
