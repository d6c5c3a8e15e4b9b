"""`rlbench doctor`: what it finds on this machine, and what it says of a machine that is not ready."""

import json
import sys
from importlib import metadata

import pytest
from typer.testing import CliRunner

from rlbench_rec.cli.app import app
from rlbench_rec.extras import install_command
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


@pytest.fixture
def requires(monkeypatch):
    """Pretend that these are the package's requirements."""
    wanted = [
        "numpy>=2.0",
        'd3rlpy==2.8.1; extra == "train"',
        'torch<2.14,>=2.5; extra == "train"',
        'rlbench-rec[train]; extra == "online"',
        'd3rlpy==2.8.1; extra == "online"',
        'stable-baselines3>=2.9; extra == "online"',
        'pytest>=8; extra == "test"',
    ]
    monkeypatch.setattr(machine_checks.metadata, "requires", lambda name: wanted)


@pytest.mark.parametrize(
    ("package", "version", "advice"),
    [
        ("numpy", "1.26.4", 'pip install "numpy>=2.0"'),
        ("numpy", None, 'Install it: pip install "numpy>=2.0".'),
        ("d3rlpy", "1.0.0", 'pip install "d3rlpy==2.8.1"'),
    ],
)
def test_a_wrong_or_missing_package_fails_with_what_to_do(requires, versions, package, version, advice):
    versions(**{package: version})
    done = CliRunner().invoke(app, ["doctor", "--json"])
    assert done.exit_code == 1
    (row,) = (row for row in json.loads(done.stdout) if row["state"] == "FAIL")
    assert (row["check"], row["what to do"]) == (package, advice)


def test_a_base_install_is_ready_and_is_told_what_it_lacks(requires, versions):
    versions(d3rlpy=None, torch=None, **{"stable-baselines3": None})
    done = CliRunner().invoke(app, ["doctor", "--json"])
    assert done.exit_code == 0
    rows = {row["check"]: row for row in json.loads(done.stdout)}
    assert rows["extra [train]"]["state"] == "WARN", "`rlbench run` trains"
    assert rows["extra [train]"]["found"] == "not installed: d3rlpy, torch"
    assert install_command("train") in rows["extra [train]"]["what to do"]
    assert rows["extra [online]"]["state"] == "OK", "nobody needs every extra"
    assert rows["extra [online]"]["found"] == "not installed: stable-baselines3"
    assert rows["device"]["found"] == "cpu (torch is not installed)"
    assert "pytest" not in str(rows)


def test_half_an_extra_shows_what_is_there_and_what_is_not(requires, versions):
    versions(d3rlpy=None, torch="2.13.0")
    rows = {row["check"]: row for row in machine_checks.examine()}
    assert (rows["torch"]["state"], rows["torch"]["found"]) == ("OK", "2.13.0")
    assert rows["extra [train]"]["found"] == "not installed: d3rlpy"
    assert [row["check"] for row in machine_checks.examine()].count("torch") == 1


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
