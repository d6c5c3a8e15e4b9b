"""The script behind results/references.csv: seeds side by side, nothing made twice, exact shops only when asked for."""

from __future__ import annotations

import sys

from rlbench_rec.suite.reference_policies.best_known import read_references
from studies import reference_values

SUITE = """
name = "shops"
seeds = [0]
truth_error = 0.05
estimators = ["snips"]

[[sources]]
task = "{task}"
episodes = 100

[[algorithms]]
id = "bc"
"""


def measured(tmp_path, monkeypatch, task, *options):
    """What the script's table has of a task, after PPO of a few steps with these options."""
    suite, out = tmp_path / "shops.toml", tmp_path / "references.csv"
    suite.write_text(SUITE.format(task=task))
    asked = ["--suite", str(suite), "--learners", "ppo", "--steps", "8200", "--relative-error", "0.1"]
    monkeypatch.setattr(sys, "argv", ["reference_values.py", *asked, "--out", str(out), *options])
    assert reference_values.main() == 0
    return read_references(out) if out.is_file() else None


def test_every_training_has_rows_of_its_own_and_none_is_made_twice(tmp_path, monkeypatch, capsys):
    rows = measured(tmp_path, monkeypatch, "cart-v1", "--train-seeds", "2")
    assert list(rows["form"]) == ["greedy", "greedy/seed-1", "stochastic", "stochastic/seed-1"]
    assert rows["seed"].tolist() == [0, 1, 0, 1] and rows["value"].nunique() == 4
    assert "2 contenders to measure" in capsys.readouterr().out
    assert measured(tmp_path, monkeypatch, "cart-v1", "--train-seeds", "2").equals(rows)
    assert "0 contenders to measure" in capsys.readouterr().out


def test_where_the_optimum_is_known_ppo_plays_only_when_asked(tmp_path, monkeypatch):
    assert measured(tmp_path, monkeypatch, "offers-v1") is None
    rows = measured(tmp_path, monkeypatch, "offers-v1", "--gap", "-1")
    assert list(rows["form"]) == ["greedy", "stochastic"] and (rows["value"] < rows["upper_bound"]).all()
