"""docs/calibration.md says of winners what the table of ten round trips says."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from tests.markdown_tables import table_cells

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "calibration.md").read_text(encoding="utf-8")
SECTION = PAGE[PAGE.index("## Winners") :].split("\n## ")[0]
TEXT = " ".join(SECTION.split())


@pytest.fixture(scope="module")
def trips() -> pd.DataFrame:
    table = pd.read_csv(ROOT / "results" / "studies" / "calibration_winners.csv")
    assert len(table) == 10 and table["kind"].nunique() == 10 and set(table["draws"]) == {20}
    held = (table["low"] <= table["true_lift"]) & (table["true_lift"] <= table["high"])
    return table.assign(held=held, right=table["first"] == table["best"])


def test_the_table(trips):
    shown = [[cell.replace("`", "") for cell in row] for row in table_cells(SECTION)[1:]]
    assert len(shown) == len(trips)
    for cells, row in zip(shown, trips.itertuples(), strict=True):
        assert cells == [
            row.kind,
            f"{row.first}, {row.first_in}",
            row.best,
            f"{row.regret:.0%}".replace("%", " %"),
            f"{row.true_lift:+.0%}".replace("%", " %"),
            f"{row.low:+.0%} to {row.high:+.0%}".replace("%", " %"),
            row.estimator,
            row.best_estimator,
            f"{100 * row.error:.1f}, {100 * row.least_error:.1f}",
        ]


def test_the_sentences(trips):
    named = trips["first"].value_counts().to_dict()
    assert named == {"cql": 9, "dqn": 1} and "CQL is named in nine trips" in TEXT
    assert (trips["best"] == "cql").sum() == 4 and "would have been right in four" in TEXT
    assert f"is the best in {trips['right'].sum()} of the ten shops" in TEXT
    mean, most = (round(100 * figure) for figure in (trips["regret"].mean(), trips["regret"].max()))
    assert f"on average costs {mean} % of what the behaviour policy earns" in TEXT and f"up to {most} %" in TEXT
    assert f"first in {trips['first_in'].min()} to {trips['first_in'].max()} of the 20 draws" in TEXT
    assert (trips["true_lift"] > 0.0).all() and round(trips["true_lift"].min(), 2) == 0.07
    missed = trips[~trips["held"]]
    assert f"hold its true lift in {10 - len(missed)} of ten" in TEXT and (missed["true_lift"] < missed["low"]).all()


def test_the_estimators(trips):
    right = (trips["estimator"] == trips["best_estimator"]).sum()
    assert f"**The estimator that is named is the best in {right} of ten**" in TEXT
    costs = 100 * trips["estimator_regret"]
    assert f"costs {costs.mean():.1f} points of the value on average, {costs.max():.1f} at most" in TEXT
    assert (trips["estimator"] == "dm").sum() == 6 and (trips["best_estimator"] == "dm").sum() == 3
