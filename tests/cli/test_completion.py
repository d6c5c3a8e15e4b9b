"""What a shell offers: names of the kind that an argument takes, and files; nothing heavy is imported for it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from rlbench_rec.cli import completion
from rlbench_rec.errors import InputError
from tests.test_package import HEAVY


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("run comm", ["commerce", "commerce-others"]),
        ("run --dataset retail", ["retailrocket"]),
        ("tune comm", ["commerce", "commerce-others"]),
        ("frontier recommend-m", ["recommend-myopic-v1"]),
        ("data show retail", ["retailrocket"]),
        ("tasks show car", ["cart-v1"]),
        ("ope log.csv --estimators ips,snip", ["ips,snips"]),
        ("compare a b --only algorithm=cq", ["algorithm=cql"]),
        ("table a --only est", ["estimator="]),
    ],
)
def test_a_command_offers_names_of_the_kind_that_it_takes(words, offered, monkeypatch, tmp_path, rlbench):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["rlbench"])
    monkeypatch.setenv("_RLBENCH_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", f"rlbench {words}")
    monkeypatch.setenv("COMP_CWORD", str(len(words.split())))
    assert rlbench()[1].split() == offered


def test_files_of_the_kind_are_offered_too(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    for name in ("mine.toml", "mine.csv"):
        (tmp_path / name).touch()
    (tmp_path / "mines").mkdir()
    assert completion.suites("mi") == completion.cards("mi") == ["mine.toml", "mines/"]
    assert "mines/" not in completion.suites("") and "mine.toml" in completion.suites("")


def test_a_package_that_is_broken_is_not_spoken_of(monkeypatch):
    def broken(kind):
        raise InputError("Its task cannot be imported.")

    monkeypatch.setattr("rlbench_rec.plugins.registry", broken)
    assert completion.tasks("c") == []
    assert completion.row_filters("nothing=") == []


def test_nothing_heavy_is_imported():
    code = (
        "import sys; from rlbench_rec.cli import completion as c; "
        "[f('') for f in (c.suites, c.cards_and_tasks, c.loops, c.estimators)]; c.row_filters('algorithm='); "
        f"print([name for name in {HEAVY!r} + ('pandas',) if name in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=os.environ)
    assert shown.stdout == "[]\n", shown.stderr
