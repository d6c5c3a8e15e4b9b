"""The table of ablations: what is varied, and that a stopped run goes on."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pandas as pd
import pytest

from studies import ablations
from tests.markdown_tables import table_cells


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


def test_the_table_of_the_findings_is_that_of_the_file():
    root = Path(__file__).resolve().parents[2]
    page = (root / "docs" / "findings.md").read_text(encoding="utf-8")
    section = page[page.index("## 16. ") : page.index("## 17. ")]
    shown = table_cells(section)
    made = pd.read_csv(root / "results" / "studies" / "ablations.csv", keep_default_na=False)
    columns = ["learner", "task", "shop"]
    values = made.pivot_table(index=["factor", "level"], columns=columns, values="value").sort_index(axis=1)
    base = values.loc[("base", "")]
    assert len(shown) == 10 and len(made) == 162 and not values.isna().any(axis=None)
    policies = [(learner, task) for learner in ("dqn", "cql") for task in ablations.TASKS]
    for (factor, level, _), (_, *cells) in zip(ablations.settings(), shown[1:], strict=True):
        row = values.loc[(factor, str(level))]
        for cell, (learner, task) in zip(cells, policies, strict=True):
            shops = row[learner, task] if factor == "base" else row[learner, task] - base[learner, task]
            numbers = [float(number) for number in re.findall(r"[+-]?\d+", cell.replace("\N{MINUS SIGN}", "-"))]
            assert numbers == [round(shops.mean()), round(shops.min()), round(shops.max())], (
                factor,
                level,
                learner,
                task,
            )
