"""The figures of docs/deciding.md are those of the study."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def rows():
    with (ROOT / "results/studies/plan_power.csv").open() as stream:
        return list(csv.DictReader(stream))


def test_the_promised_power_is_within_three_points(rows):
    powers = [row for row in rows if row["what"] in ("log", "test")]
    assert len(powers) == 9 and all(int(row["draws"]) >= 2_000 for row in powers)
    for row in powers:
        assert abs(float(row["came_out"]) - float(row["promised"])) <= 0.03, row


def test_the_chance_of_success_is_too(rows):
    chances = [row for row in rows if row["what"] == "assurance"]
    assert len(chances) == 6
    for row in chances:
        assert abs(float(row["came_out"]) - float(row["promised"])) <= 0.03, row


def test_the_page_says_how_rare_an_outcome_may_be():
    page = (ROOT / "docs/deciding.md").read_text()
    with (ROOT / "results/studies/plan_rare.csv").open() as stream:
        rare = list(csv.DictReader(stream))
    for events in ("50", "200", "1000"):
        cells = []
        for what in ("log", "plan"):
            shares = [float(row["came_out"]) for row in rare if (row["what"], row["pilot_events"]) == (what, events)]
            assert len(shares) == 4
            cells.append(f"{min(shares):.2f} to {max(shares):.2f}".replace("0.", "."))
        assert f"| {int(events):,} events | {' | '.join(cells)} |" in page
    trusted = sorted(float(row["came_out"]) for row in rare if row["what"] == "trust")
    assert len(trusted) == 14 and trusted[0] >= 0.83 and "planned to be trusted in .80 of cases, .83 or more" in page


def test_the_table_of_the_page_is_that_of_the_study(rows):
    page = (ROOT / "docs/deciding.md").read_text()
    table = [line.split(" | ")[2:] for line in page.splitlines() if line.startswith("| ") and " | 0." in line]
    shown = sorted((float(promised), float(came_out.rstrip(" |"))) for promised, came_out in table)
    made = sorted((round(float(row["promised"]), 3), round(float(row["came_out"]), 3)) for row in rows)
    assert shown == made
