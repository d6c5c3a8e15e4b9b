"""The rates of the strata: of a log, worked by hand, and as the documentation has them."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from rlbench_rec import tasks
from studies.strata_rates import as_markdown, measure, rates

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "results" / "studies" / "strata_rates.csv"


@pytest.fixture(scope="module")
def rows():
    with TABLE.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_rates_by_hand():
    task = tasks.make("recommend-v1", 1)
    data = task.log(episodes=10, seed=1)
    data.metrics[:] = 0.0
    data.rewards[:] = 0.0
    # Four clicks, two of them to the cart, one of these bought.
    data.metrics[:4, 0], data.metrics[0, 1] = 1.0, 1.0
    data.rewards[:4] = [1 + 2 + 4, 1 + 2, 1, 1]
    found = rates(task, data)
    assert found["click_rate"] == pytest.approx(4 / len(data)) == found["rows_that_earn"]
    assert (found["conversion"], found["abandonment"]) == (0.25, 0.5)
    assert found["turns"] == len(data) / 10


def test_the_table_has_every_stratum(rows):
    known = {(name, stratum) for name in tasks.TASKS for stratum in tasks.TASKS[name].strata}
    assert {(row["task"], row["stratum"]) for row in rows} == known


def test_the_documentation_shows_the_table(rows):
    text = (ROOT / "docs" / "strata.md").read_text(encoding="utf-8")
    missing = [line for line in as_markdown(rows) if line not in text]
    assert not missing, "python studies/strata_rates.py --out results/studies/strata_rates.csv prints it"


@pytest.mark.parametrize(("task", "stratum"), [("recommend-v1", "real"), ("ads-v1", "real"), ("cart-v1", "delayed")])
def test_the_table_is_what_a_log_says(rows, task, stratum):
    kept = next(row for row in rows if (row["task"], row["stratum"], row["variant"]) == (task, stratum, ""))
    again = measure(task, stratum, None, 0, 4_000, 0.0)
    for name in ("click_rate", "conversion", "turns", "rows_that_earn"):
        assert float(kept[name]) == pytest.approx(again[name], rel=1e-3), name


@pytest.mark.parametrize(
    ("task", "rate", "least", "most"),
    [
        ("recommend-v1", "click_rate", 0.0035, 0.03),
        ("recommend-v1", "conversion", 0.015, 0.04),
        ("recommend-v1", "abandonment", 0.55, 0.80),
        ("recommend-myopic-v1", "click_rate", 0.0035, 0.03),
        ("sequence-v1", "click_rate", 0.0035, 0.03),
        ("sequence-v1", "conversion", 0.01, 0.04),
        ("ads-v1", "click_rate", 0.0035, 0.035),
        ("ads-v1", "conversion", 0.02, 0.04),
        ("cart-v1", "abandonment", 0.55, 0.80),
        ("pricing-v1", "conversion", 0.015, 0.04),
        ("retention-v1", "conversion", 0.015, 0.05),
        ("offers-v1", "turns", 2.0, 12.0),
    ],
)
def test_real_shops_have_rates_in_the_published_range(rows, task, rate, least, most):
    values = np.array([float(row[rate]) for row in rows if (row["task"], row["stratum"]) == (task, "real")])
    assert len(values) == 5 and (values >= least).all() and (values <= most).all()


def test_rewards_of_clicks_are_on_about_a_percent_of_the_rows(rows):
    for task in ("recommend-v1", "sequence-v1", "ads-v1"):
        plain = next(row for row in rows if (row["task"], row["stratum"]) == (task, "real"))
        assert float(plain["rows_that_earn"]) <= 0.0105, task
