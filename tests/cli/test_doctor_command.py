"""`rlbench doctor`: what it finds on this machine, and what it says of a machine that is not ready."""

import json
import sys
from importlib import metadata

import pytest
from typer.testing import CliRunner

from rlbench_rec.cli.app import app
from rlbench_rec.suite import machine_checks


def test_this_machine_is_ready():
    done = CliRunner().invoke(app, ["doctor", "--json"])
    assert done.exit_code == 0
    found = {row["check"]: row for row in json.loads(done.stdout)}
    assert found["d3rlpy"]["found"] == "2.8.1"
    assert {"Python", "torch", "device", "cores", "memory", "dataset cards", "suites"} <= set(found)
    assert all(row["state"] in ("OK", "WARN") for row in found.values())


def test_people_get_a_table():
    done = CliRunner().invoke(app, ["doctor"])
    assert done.exit_code == 0
    assert "what to do" in done.stdout
    assert "d3rlpy" in done.stdout


@pytest.fixture
def versions(monkeypatch):
    """Pretend that packages have other versions; None: not installed."""
    real = metadata.version

    def pretend(**changed):
        def version(name):
            if name not in changed:
                return real(name)
            if changed[name] is None:
                raise metadata.PackageNotFoundError(name)
            return changed[name]

        monkeypatch.setattr(machine_checks.metadata, "version", version)

    return pretend


@pytest.mark.parametrize("version", ["1.0.0", None])
def test_a_wrong_or_missing_package_fails_with_what_to_do(versions, version):
    versions(d3rlpy=version)
    done = CliRunner().invoke(app, ["doctor", "--json"])
    assert done.exit_code == 1
    (row,) = (row for row in json.loads(done.stdout) if row["state"] == "FAIL")
    assert row["check"] == "d3rlpy"
    assert 'pip install "d3rlpy==2.8.1"' in row["what to do"]


def test_without_torch_it_still_answers(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    (row,) = (row for row in machine_checks.examine() if row["check"] == "device")
    assert (row["state"], row["what to do"]) == ("FAIL", "Install torch again.")


def test_a_checkout_that_is_not_installed_is_told_so(monkeypatch):
    def requires(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(machine_checks.metadata, "requires", requires)
    (row,) = (row for row in machine_checks.examine() if row["state"] == "FAIL")
    assert (row["check"], row["found"]) == ("rlbench-rec", "not installed")


def test_extras_are_not_asked_for(versions):
    versions(asv=None, pytest=None)
    assert all(row["state"] != "FAIL" for row in machine_checks.examine())


def test_a_folder_that_cannot_be_written_is_a_warning(monkeypatch):
    monkeypatch.setattr(machine_checks.os, "access", lambda *_: False)
    (row,) = (row for row in machine_checks.examine() if row["check"] == "this folder")
    assert (row["state"], row["what to do"]) == ("WARN", "Give --out.")
