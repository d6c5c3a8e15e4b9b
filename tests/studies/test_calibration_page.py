"""docs/calibration.md says of the round trips what their table says."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.markdown_tables import table_cells

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "calibration.md").read_text(encoding="utf-8")
SECTION = PAGE[PAGE.index("## Do the intervals hold the truth?") : PAGE.index("## Winners")]
TEXT = " ".join(SECTION.split())


@pytest.fixture(scope="module")
def trips() -> pd.DataFrame:
    table = pd.read_csv(ROOT / "results" / "studies" / "calibration_round_trips.csv")
    truth, sign = table["truth"], table["sign"].map({"better": 1.0, "worse": -1.0})
    return table.assign(
        held=(table["low"] <= truth) & (truth <= table["high"]),
        signed=sign.notna(),
        wrong=sign.notna() & (sign != np.sign(truth)),
        first_wrong=np.sign(table["first"]) != np.sign(truth),
        width=table["high"] - table["low"],
    )


def test_a_hundred_trips_of_ten_kinds_hold_nine_truths_in_ten(trips):
    assert trips["trip"].nunique() == 100 and set(trips.groupby("kind")["trip"].nunique()) == {10}
    assert trips["held"].mean() >= 0.9 and trips.groupby("policy")["held"].mean().min() >= 0.9


def test_the_table(trips):
    shown = table_cells(SECTION)
    counts = ["held", "signed", "wrong", "first_wrong"]
    found = {str(name): rows for name, rows in trips.groupby("policy")} | {"all": trips}
    assert {row[0] for row in shown[1:]} == set(found)
    for name, of_trips, *cells, width in shown[1:]:
        assert int(of_trips) == found[name]["trip"].nunique()
        assert [int(cell.split(" of ")[0]) for cell in cells] == list(found[name][counts].sum()), name
        assert width == f"{found[name]['width'].median():.2f}"


def test_the_sentences(trips):
    inside, outside = (
        f"{rows['held'].sum()} of {len(rows)}"
        for rows in (trips[trips["representable"]], trips[~trips["representable"]])
    )
    assert f"{inside} where it can" in TEXT and f"{outside} (91 % [88, 94]) where it cannot" in TEXT
    kinds = trips.groupby("kind")["held"].sum()
    said = re.search(r"strong satiation has (\d+) of 70, hard bait (\d+) and `recommend-myopic-v1` (\d+)", TEXT)
    assert said and [int(number) for number in said.groups()] == list(
        kinds[["strong satiation", "hard bait", "no future"]]
    )
    assert not trips[(trips["kind"] == "no future") & (trips["policy"] == "honest")]["held"].any()
    assert (trips.groupby("trip")["held"].sum() == 7).sum() == 80
    signs = trips[trips["signed"]].groupby(["policy", "sign"]).size().to_dict()
    assert signs == {("caring", "better"): 28, ("random", "worse"): 2}
