"""The study of false alarms: what it says of arrays is what `compare` says of tables, and the page has its figures."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from rlbench_rec.results.comparison.compare import compare
from rlbench_rec.results.leaderboard import leaderboard
from studies import compare_alarms
from studies.compare_alarms import EFFECTS, FILE, REPLICATES, Draw, Pool
from studies.compare_pool import FILE as POOL
from studies.compare_pool import TASKS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "compare.md"


@pytest.fixture(scope="module")
def pool():
    return pd.read_csv(POOL)


@pytest.mark.parametrize("replicates", [5, 20])
def test_arrays_and_tables_have_one_answer(pool, replicates):
    drawn = Draw.of(TASKS, pool["shop"].nunique(), replicates, np.random.default_rng(replicates))
    old, new = drawn.tables(pool)
    row, loss = ("media-v1", "dqn", "mlp/greedy"), 2.0
    is_row = (new["task"] == row[0]) & (new["algorithm"] == row[1]) & (new["variant"] == row[2])
    new = new.assign(**{name: new[name] - loss * is_row for name in ("value", "ci_low", "ci_high")})
    boards = Pool.of(pool).boards(drawn).with_drop(row, loss)
    for found, of_tables in (
        (boards.worse_by_pairs(), compare(old, new)),
        (boards.worse_by_margin(), compare(leaderboard(old), leaderboard(new))),
    ):
        worse = of_tables.rows[of_tables.rows["change"] == "worse beyond"]
        names = worse[["dataset", "task", "algorithm", "variant", "metric", "estimator", "q"]]
        assert {key for key, yes in zip(boards.keys, found, strict=True) if yes} == set(map(tuple, names.to_numpy()))
    assert row in {key[1:4] for key, yes in zip(boards.keys, boards.worse_by_pairs(), strict=True) if yes}


def test_boards_of_a_pair_differ_in_their_trainings_alone(pool):
    old, new = Draw.of(TASKS, pool["shop"].nunique(), 10, np.random.default_rng(0)).tables(pool)
    keys = ["task", "replicate", "dataset_sha256", "algorithm", "variant", "estimator"]
    assert old[keys].sort_values(keys, ignore_index=True).equals(new[keys].sort_values(keys, ignore_index=True))
    both = old.merge(new, on=keys)
    assert (both["value_x"] != both["value_y"]).mean() > 0.9


def test_the_table_has_every_design_and_few_false_alarms():
    table = pd.read_csv(FILE)
    designs = set(zip(table["replicates"], table["effect"], strict=True))
    assert designs == {(replicates, effect) for replicates in REPLICATES for effect in EFFECTS}
    assert (table["pairs"] == compare_alarms.PAIRS).all()
    assert (table.loc[table["effect"] == 0, "alarms"] <= 16).all()


def test_the_page_has_the_figures_of_the_table():
    table = pd.read_csv(FILE).pivot_table(
        index="replicates", columns="effect", values=["alarms", "found", "alarms_by_margin", "found_by_margin"]
    )
    part = PAGE.read_text().split("## How often it is right")[1].split("\n## ")[0]
    rows = [
        [cell.strip() for cell in line.split("|")[1:-1]] for line in part.splitlines() if re.match(r"\| \d+ \|", line)
    ]
    assert len(rows) == len(REPLICATES)
    for cells in rows:
        replicates = int(cells[0])
        of_pairs, of_margin = (
            [
                f"{table.loc[replicates, (f'alarms{end}', 0.0)]:.0f}",
                *(
                    f"{table.loc[replicates, (f'found{end}', effect)] / 200:.0%}".replace("%", " %")
                    for effect in EFFECTS[1:]
                ),
            ]
            for end in ("", "_by_margin")
        )
        assert cells[1:] == [*of_pairs, *of_margin]
