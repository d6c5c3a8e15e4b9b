"""From an export to a board: the tutorials run as written, in an empty folder, and print what they show; boards are
trained for fewer steps and algorithms here."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from rlbench_rec.results.read import load_runs
from rlbench_rec.suite import request

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "tutorials"
PAGES = [FOLDER / name for name in ("ga4.md", "gbk.md", "orders.md")]
BLOCK = re.compile(r"^```(python|sh|text)\n(.*?)^```$", flags=re.DOTALL | re.MULTILINE)
FEW_STEPS = ("--steps", "5", "--jobs", "1", "--device", "cpu", "--out", "out")


@pytest.fixture
def small_board(monkeypatch, in_this_process, without_pictures):
    load_suite = request.load_suite

    def smaller(name):
        suite = load_suite(name)
        some = [spec for spec in suite.algorithms if spec.id in ("popularity", "bc")]
        return suite.model_copy(update={"algorithms": some, "fqe_steps": 5, "n_resamples": 100})

    monkeypatch.setattr(request, "load_suite", smaller)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_tutorial_runs_and_prints_what_it_shows(page, tmp_path, monkeypatch, rlbench, small_board):
    monkeypatch.chdir(tmp_path)
    text = page.read_text(encoding="utf-8")
    commands, printed = [], ""
    for language, block in BLOCK.findall(text):
        if language == "python":
            exec(compile(block, page.name, "exec"), {})
        elif language == "sh":
            (command,) = block.splitlines()
            words = shlex.split(command)[1:]
            commands.append(words[0] == "run")
            code, printed, errors = rlbench(*words, *(FEW_STEPS if words[0] == "run" else ()))
            assert code in (0, 1), errors
        elif commands[-1]:
            assert printed.splitlines()[0] == block.splitlines()[0]
            sections = [line for line in printed.splitlines() if line.startswith(("What to act on", "To learn what"))]
            assert len(sections) == 2 and set(sections) <= set(block.splitlines())
            ranks = [int(rank) for rank in re.findall(r"^ *(\d+) +[a-z] ", block, flags=re.MULTILINE)]
            assert len(ranks) > 20 and ranks == [1 + sum(other < rank for other in ranks) for rank in ranks]
        else:
            assert printed.splitlines() == block.splitlines()
            assert code == ("question" in block.splitlines()[0])
    assert commands == [False, False, True]
    runs = load_runs(tmp_path / "out" / "runs.csv")
    assert (runs["status"] == "ok").all() and {"popularity", "bc"} <= set(runs["algorithm"])
    # What stands first is what is typed below it.
    short, typed = (re.findall(rf"^{indent}(rlbench .+)$", text, flags=re.MULTILINE) for indent in ("    ", ""))
    assert short == [line.replace(" --overwrite", "") for line in typed[1:]]
