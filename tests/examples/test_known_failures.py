"""The known failures do what their table says: the naive interval misses the truth, and the gate says what it says."""

from __future__ import annotations

import importlib
import re
import runpy
import sys
from pathlib import Path

import pytest

from rlbench_rec import ope

FOLDER = Path(__file__).resolve().parents[2] / "examples" / "known_failures"
ROWS = re.findall(r"^\| \[(\w+)\]\(\1\.py\) \| (\S+) \| (\S+) \| (\w+) \|", (FOLDER / "README.md").read_text(), re.M)
SCRIPTS = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem != "case")


@pytest.fixture
def load(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    yield lambda name: importlib.import_module(name).case()
    for name in [*SCRIPTS, "case"]:
        sys.modules.pop(name, None)


def test_the_table_has_every_script():
    assert sorted(row[0] for row in ROWS) == SCRIPTS and len(SCRIPTS) == 6


@pytest.mark.parametrize(("name", "naive", "truth", "verdict"), ROWS, ids=[row[0] for row in ROWS])
def test_what_the_table_says(load, name, naive, truth, verdict):
    case = load(name)
    assert case.estimate.value == pytest.approx(float(naive), rel=5e-3)
    assert case.truth == pytest.approx(float(truth), rel=5e-3)
    assert case.estimate.verdict == verdict
    assert not case.estimate.ci_low <= case.truth <= case.estimate.ci_high


def test_the_band_finds_what_the_gate_cannot(load):
    case = load("hidden_confounder")
    assert case.estimate.verdict == "trusted"
    logging = case.log.rewards.mean()
    # The odds of the true propensities are 1.5 and 1 / 1.5 times the logged ones.
    (band,) = ope.analysis.sensitivity(case.log, [1.5])
    assert band.low <= logging + case.truth <= band.high
    assert ope.analysis.breaking_factor(case.log, float(logging)) < 1.5


@pytest.mark.parametrize("name", SCRIPTS)
def test_each_runs_and_its_log_is_read_back(load, name, tmp_path, monkeypatch, capsys):
    log, script = tmp_path / "log.csv", str(FOLDER / f"{name}.py")
    monkeypatch.setattr(sys, "argv", [script, str(log)])
    runpy.run_path(script, run_name="__main__")
    shown = capsys.readouterr().out
    verdict = next(row[3] for row in ROWS if row[0] == name)
    assert "naive" in shown and "truth" in shown and f"gate    {verdict}" in shown
    from rlbench_rec.ope import scorecard

    report = scorecard.score(scorecard.read_log(log), ["tis" if name == "long_sessions" else "snips"], n_resamples=200)
    assert (report.decision.exit_code == 0) == (verdict == "trusted")
