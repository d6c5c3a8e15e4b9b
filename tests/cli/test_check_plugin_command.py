"""`rlbench check-plugin`: what a module registers is held to the contract of its kind."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys

import pytest

from rlbench_rec.plugins import KINDS, LOADED, registry

HEAD = """
import numpy as np
import rlbench_rec as rb
from rlbench_rec.ope import ESTIMATORS, Estimator
from rlbench_rec.policies import Stateless
from rlbench_rec.results.metrics import Metric
"""
SOUND = '''
def last(train):
    """Always the last action."""
    return Stateless("last", np.eye(train.action_count)[-1])

rb.register("policies", "last", last)
rb.register("estimators", "my-ips", Estimator("my-ips", ESTIMATORS["ips"].compute))
rb.register("metrics", "spent", Metric("spent", False, "outcome", "What it cost.", lambda data: data.rewards))
'''
BROKEN = """
rb.register("policies", "odd", lambda train: 3)
rb.register("metrics", "vain", Metric("vain", True, "outcome", "What it brought."))
"""


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Write a module into the current folder; what it registers is forgotten afterwards."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    for kind in KINDS:
        known = registry(kind)
        monkeypatch.setattr(known, "_targets", dict(known._targets))
        monkeypatch.setattr(known, "modules", dict(known.modules))
    loaded_before = dict(LOADED)

    def module(code: str, name: str = "things_to_check.py") -> None:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(HEAD + code)
        importlib.invalidate_caches()

    yield module
    for name in [name for name in sys.modules if name.startswith(("things_to_check", "parts_to_check"))]:
        del sys.modules[name]
    LOADED.clear()
    LOADED.update(loaded_before)


def test_what_keeps_its_contract(write, rlbench):
    write(SOUND)
    code, out, err = rlbench("check-plugin", "things_to_check")
    assert code == 0 and "FAIL" not in out
    assert "checking last (policies)" in err
    code, out, _ = rlbench("check-plugin", "things_to_check", "--json", "--quiet")
    findings = json.loads(out)
    assert code == 0 and {finding["state"] for finding in findings} == {"pass"}
    assert {(finding["kind"], finding["name"]) for finding in findings} == {
        ("policies", "last"),
        ("estimators", "my-ips"),
        ("metrics", "spent"),
    }
    assert list(findings[0]) == ["kind", "name", "check", "state", "message"]
    assert len(findings) > 15


def test_what_breaks_it_says_what_to_do(write, rlbench):
    write(SOUND + BROKEN)
    code, out, _ = rlbench("check-plugin", "things_to_check", "--json")
    failures = [finding for finding in json.loads(out) if finding["state"] == "FAIL"]
    assert code == 1 and {finding["name"] for finding in failures} == {"odd", "vain"}
    messages = {finding["name"]: finding["message"] for finding in reversed(failures)}
    assert "made int; return an instance of a subclass of policies.Policy" in messages["odd"]
    assert messages["vain"].endswith("Give it `compute`, or put its label into the metric_names of a task.")


def test_a_package_whose_parts_register(write, rlbench):
    write("from . import policies", "parts_to_check/__init__.py")
    write(SOUND, "parts_to_check/policies.py")
    code, out, _ = rlbench("check-plugin", "parts_to_check", "--json")
    assert code == 0 and {finding["name"] for finding in json.loads(out)} == {"last", "my-ips", "spent"}


def test_a_module_that_imports_another_that_registers(write, rlbench):
    write(SOUND, "parts_to_check.py")
    write("import parts_to_check")
    code, out, _ = rlbench("check-plugin", "things_to_check", "--json")
    assert code == 0 and {finding["name"] for finding in json.loads(out)} == {"last", "my-ips", "spent"}


def test_what_is_not_what_it_is_registered_as(write, rlbench):
    write(
        'rb.register("estimators", "gone", "things_to_check:nothing")\nrb.register("tasks", "shop-v1", "no_such:Shop")'
    )
    code, out, _ = rlbench("check-plugin", "things_to_check", "--json")
    findings = json.loads(out)
    assert code == 1 and [finding["name"] for finding in findings] == ["gone", "shop-v1"]
    assert "has no attribute 'nothing'" in findings[0]["message"]
    assert "No module named 'no_such'" in findings[1]["message"]


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("", "The module registers nothing. Call rb.register"),
        ("1 / 0", "cannot be imported (ZeroDivisionError"),
        ('rb.register("policies", "random", 1)', "is registered already"),
        ('rb.register("policy", "mine", 1)', "Did you mean 'policies'"),
    ],
)
def test_what_cannot_be_checked(write, rlbench, code, message):
    write(code)
    exit_code, out, err = rlbench("check-plugin", "things_to_check")
    assert exit_code == 2 and not out and message in err


def test_no_module_and_no_log(write, rlbench):
    code, _, err = rlbench("check-plugin", "nowhere_to_be_found")
    assert code == 2 and "nowhere_to_be_found: The plugin cannot be imported" in err
    write(SOUND)
    code, _, err = rlbench("check-plugin", "things_to_check", "--dataset", "nowhere.toml")
    assert code == 2 and "nowhere.toml" in err
    code, _, err = rlbench("check-plugin", "things_to_check", "--data", "log.csv")
    assert code == 2 and "--data: --dataset must say which log lies there" in err


def test_policies_are_checked_on_a_log_of_ones_own(write, rlbench):
    write(
        """
def picky(train):
    assert train.provenance.source == "open-bandit-sample/random-men"
    return Stateless("picky", np.full(train.action_count, 1 / train.action_count))

rb.register("policies", "picky", picky)
"""
    )
    code, out, _ = rlbench("check-plugin", "things_to_check", "--json")
    assert code == 1
    code, out, _ = rlbench("check-plugin", "things_to_check", "--json", "--dataset", "open-bandit-sample/random-men")
    assert code == 0, out


def test_python_without_assertions_is_refused_since_every_check_would_pass(write):
    write(BROKEN)
    command = [sys.executable, "-O", "-m", "rlbench_rec", "check-plugin", "things_to_check"]
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.returncode == 2 and run.stdout == ""
    assert "Python runs without assertions" in run.stderr and "PYTHONOPTIMIZE" in run.stderr
