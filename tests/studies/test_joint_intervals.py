"""The table of docs/ope-command.md is that of the study, and intervals hold all at once as far as 300 logs can tell."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NOMINAL, ERROR = 0.95, (0.95 * 0.05 / 300) ** 0.5


@pytest.fixture(scope="module")
def rows():
    with (ROOT / "results/studies/joint_intervals.csv").open() as stream:
        return list(csv.DictReader(stream))


def test_all_hold_but_for_what_chance_explains(rows):
    assert len(rows) == 9 and all(row["logs"] == "300" for row in rows)
    for kind in ("values", "lifts", "differences", "trusted_lifts"):
        shares = [float(row[kind]) for row in rows]
        # Of nine shops the least lucky may be 2.7 standard errors off by chance, all together one of .0042.
        assert min(shares) >= NOMINAL - 2.7 * ERROR and sum(shares) / 9 >= NOMINAL - 2.7 * ERROR / 3, kind
    assert sum(float(row["called_better_wrongly"]) for row in rows) == 0


def test_the_page_has_the_figures(rows):
    page = (ROOT / "docs/ope-command.md").read_text()
    for row in rows:
        cells = [f"{float(row[kind]):.3f}"[1:] for kind in ("values", "lifts", "differences")]
        assert f"| {row['shop']} | {' | '.join(cells)} |" in page
