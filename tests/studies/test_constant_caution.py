"""studies.constant_caution: what each rule chooses, and the committed table."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from rlbench_rec import tasks
from studies.constant_caution import CAUTIONS, SHRINKAGES, choices_of, summary

TABLE = Path(__file__).resolve().parents[2] / "results" / "studies" / "constant_caution.csv.gz"


def test_every_rule_chooses_an_action():
    task = tasks.make("offers-v1", 0, variant="train")
    chosen = list(choices_of(task.log(100, seed=1)))
    assert [parameter for _, parameter, _ in chosen] == [*CAUTIONS, *SHRINKAGES]
    assert {action for *_, action in chosen} <= set(range(task.action_count))


def test_the_page_quotes_the_table():
    rows = pd.read_csv(TABLE)
    assert len(rows) == 2 * 30 * 9 * (len(CAUTIONS) + len(SHRINKAGES))
    means = summary(rows).mean(axis=1)
    page = (TABLE.parents[2] / "docs" / "baselines.md").read_text(encoding="utf-8")
    for variant in ("train", "judge"):
        cells = [f"{means[variant, 'caution', caution]:.3f}".lstrip("0") for caution in CAUTIONS]
        assert f"| {' | '.join(cells)} |" in page
