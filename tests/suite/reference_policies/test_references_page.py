"""docs/references.md says of references what results/references.csv and the scale of the board say."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from rlbench_rec.suite.reference_policies.best_known import read_references, table_file
from tests.markdown_tables import table_cells

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "references.md").read_text(encoding="utf-8")
SCALE = pd.read_csv(ROOT / "results" / "commerce" / "scale.csv")
UNCERTAIN = ["ads", "recommend", "media", "cart"]


def rows_under(title: str) -> list[list[str]]:
    """Cells of the first table under a heading, without its head."""
    section = PAGE[PAGE.index(f"## {title}") :].split("\n## ")[0]
    return [[cell.strip("`") for cell in row] for row in table_cells(section)[1:]]


def places(text: str) -> int:
    """Digits after the point of a number that is printed."""
    return len(text.partition(".")[2])


def test_the_first_shops_are_those_of_the_board():
    scale = SCALE[SCALE["replicate"] == 0].set_index("task")
    rows = rows_under("What was measured")
    assert {f"{row[0]}-v1" for row in rows} == set(scale.index)
    for task, _, reference, found, bound, _ in rows:
        shop = scale.loc[f"{task}-v1"]
        said = reference.split(" ± ")[0]
        assert float(said) == round(shop["hundred"], places(said)), task
        assert float(bound) == round(shop["upper_bound"], places(bound)), task
        assert found == shop["contender"] or {found, shop["contender"]} == {"planner", "optimum"}, task


def test_the_gaps_of_loose_bounds_are_those_of_ten_shops():
    said = re.findall(r"`([\w-]+)` \.(\d\d) to \.(\d\d) \((?:mean )?\.(\d\d)\)", PAGE)
    assert [task for task, *_ in said] == UNCERTAIN
    for task, *digits in said:
        gaps = SCALE[SCALE["task"] == f"{task}-v1"]["gap"]
        assert len(gaps) == 10
        assert [int(each) for each in digits] == [round(100 * each) for each in (gaps.min(), gaps.max(), gaps.mean())]


def test_what_ppo_reaches_of_the_reference_is_in_the_table():
    table = read_references(table_file())
    table = table[(table["contender"] == "ppo") & (table["variant"] == "judge")]
    scale = SCALE.set_index(["task", "replicate"])
    rows = rows_under("A second opinion")
    assert len(rows) == 11
    for task, shops, *said, _ in rows:
        own = table[(table["task"] == f"{task}-v1") & table["form"].str.startswith("greedy")]
        best = own.groupby("task_seed")["value"].max()
        assert (own.groupby("task_seed").size() == 3).all() and len(best) == int(shops)
        ends = scale.loc[f"{task}-v1"].loc[best.index]
        shares = 100 * (best - ends["zero"]) / (ends["hundred"] - ends["zero"])
        assert said == [", ".join(f"{share:.0f}" for share in shares)], task
