"""The three jobs of docs/tutorials run as written, in an empty folder; boards are trained for fewer steps here."""

from __future__ import annotations

import glob
import re
import shlex
import sys
from pathlib import Path

import pytest

from rlbench_rec.plugins import KINDS, LOADED, registry
from rlbench_rec.suite import request

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "tutorials"
BLOCK = re.compile(r"^```(python|sh)\n(.*?)^```$", flags=re.DOTALL | re.MULTILINE)
FEW_STEPS = {"frontier": ["--steps", "5"], "run": []}
"""What is added to a command that trains: the pages' own steps are for results."""
ANSWERS = {"own-shop": [0, 0, 0, 0, 3, 0], "paper": [0, 0, 0, 0, 0], "ci-guard": [0, 0, 0, 0, 1]}
"""Exit codes of a page's commands: 1 is the regression that the guard has to see, 3 a policy too far from its log."""


@pytest.fixture
def one_learner(monkeypatch, in_this_process, without_pictures):
    """The frontier of a card seeks among one learner."""
    load_suite = request.load_suite

    def smaller(name):
        suite = load_suite(name)
        some = [spec for spec in suite.algorithms if spec.id == "dqn"] if name == "frontier" else suite.algorithms
        return suite.model_copy(update={"algorithms": some})

    monkeypatch.setattr(request, "load_suite", smaller)


@pytest.fixture
def forgotten(monkeypatch):
    """What a page registers is forgotten after it, and so is its module."""
    for kind in KINDS:
        for attribute in ("_targets", "modules"):
            monkeypatch.setattr(registry(kind), attribute, dict(getattr(registry(kind), attribute)))
    before = dict(LOADED)
    yield
    for name in set(LOADED) - set(before):
        del LOADED[name]
        sys.modules.pop(name, None)


def as_a_shell_would(word):
    """The files that a word with an asterisk stands for."""
    return sorted(glob.glob(word)) if "*" in word else [word]


@pytest.mark.parametrize("job", ANSWERS)
def test_a_job_runs_as_written(job, tmp_path, monkeypatch, rlbench, one_learner, forgotten, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    codes, printed = [], ""
    for language, block in BLOCK.findall((FOLDER / f"{job}.md").read_text(encoding="utf-8")):
        if language == "python":
            exec(compile(block, job, "exec"), {})
        else:
            (command,) = block.splitlines()
            words = [part for word in shlex.split(command)[1:] for part in as_a_shell_would(word)]
            added = ["--jobs", "1", "--device", "cpu"] if words[0] in ("run", "frontier") else []
            code, out, errors = rlbench(*words, *added, *FEW_STEPS.get(words[0], []))
            codes.append(code)
            printed += out
            assert code in (0, 1, 3), errors
    assert codes == ANSWERS[job], printed
    assert {"own-shop": "0.5", "paper": "identical", "ci-guard": "worse beyond"}[job] in printed


def test_every_tutorial_is_in_the_index():
    index = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert all(f"]({page.name})" in index for page in FOLDER.glob("[!R]*.md"))
