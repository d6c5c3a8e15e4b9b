"""docs/results.md lists every column as the schemas have it."""

from pathlib import Path

import pytest

from rlbench_rec.results.schema import (
    AGAINST_PUBLISHED,
    CURVES,
    ESTIMATES,
    ESTIMATORS,
    FRONTIER,
    HISTORY,
    LEADERBOARD,
    NEEDS_RL,
    NORMALISED,
    PAIRWISE,
    PROFILES,
    RANKING,
    REFERENCES,
    RUNS,
    SCALE,
    SELECTION,
    SUMMARY,
    TIMINGS,
    USEFUL,
    VARIANCE,
)

PAGE = Path(__file__).parents[2] / "docs" / "results.md"


@pytest.mark.parametrize(
    ("title", "schema"),
    [
        ("leaderboard.csv", LEADERBOARD),
        ("history.csv", HISTORY),
        ("runs.csv", RUNS),
        ("frontier.csv", FRONTIER),
        ("ranking.csv", RANKING),
        ("needs_rl.csv", NEEDS_RL),
        ("curves.csv", CURVES),
        ("timings.csv", TIMINGS),
        ("estimators.csv", ESTIMATORS),
        ("estimates.csv", ESTIMATES),
        ("normalised.csv", NORMALISED),
        ("selection.csv", SELECTION),
        ("published.csv", AGAINST_PUBLISHED),
        ("references.csv", REFERENCES),
        ("useful.csv", USEFUL),
        ("summary.csv", SUMMARY),
        ("pairwise.csv", PAIRWISE),
        ("profiles.csv", PROFILES),
        ("variance.csv", VARIANCE),
        ("scale.csv", SCALE),
    ],
)
def test_every_column_is_described_as_in_the_schema(title, schema):
    section = PAGE.read_text().split(f"\n## {title}\n")[1].split("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| `")]
    assert rows == [f"| `{name}` | {meaning} |" for name, (_, meaning) in schema.items()]
