"""The table of ablations: what is varied, and that a stopped run goes on."""

from __future__ import annotations

import sys

import pandas as pd
import pytest

from studies import ablations


def test_one_factor_at_a_time_and_the_base_once():
    chosen = list(ablations.settings())
    assert [factor for factor, _, _ in chosen].count("base") == 1 and len(chosen) == 9
    for factor, level, settings in chosen[1:]:
        changed = {name for name, value in settings.items() if value != ablations.BASE[name]}
        assert changed == {factor} and settings[factor] == level


def test_a_policy_is_valued_against_the_shops_own_behaviour_policy_whatever_logged():
    small = dict(ablations.BASE) | {"steps": 20, "episodes": 300, "logging": "random"}
    row = ablations.row("offers-v1", 9, "dqn", small, error=0.05)
    assert row["value"] > 0 and 0 < row["logged"] < 100 and row["value_error"] < 10


def test_rows_that_are_there_are_not_made_again(tmp_path, monkeypatch):
    made = []

    def row(name, shop, learner, chosen):
        made.append((name, chosen["steps"]))
        return {"value": 1.0}

    monkeypatch.setattr(ablations, "row", row)
    out = tmp_path / "ablations.csv"
    monkeypatch.setattr(sys, "argv", ["ablations", "--tasks", "offers-v1", "--out", str(out)])
    ablations.main()
    assert len(made) == 9
    pd.read_csv(out, keep_default_na=False).iloc[:-1].to_csv(out, index=False)
    ablations.main()
    assert len(made) == 10 and len(pd.read_csv(out)) == 9


@pytest.mark.parametrize("name", ablations.TASKS)
def test_every_task_can_log_what_is_asked(name):
    from rlbench_rec import tasks

    task = tasks.make(name, seed=50, variant="judge")
    assert {"behaviour", *task.behaviour_policies()} >= set(ablations.LEVELS["logging"])
