"""studies.constant_floor: the differences by hand, and what the committed table shows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from rlbench_rec import tasks
from studies.constant_floor import CONTROL, FIXED, LEARNT, PAIRS, SHOPS, TASKS, lines, shuffled, summary

TABLE = Path(__file__).resolve().parents[2] / "results" / "studies" / "constant_floor.csv"


@pytest.fixture(scope="module")
def table():
    return pd.read_csv(TABLE)


@pytest.fixture(scope="module")
def differences(table):
    return summary(table).set_index(["task", "policy", "minus"])


def test_a_difference_by_hand():
    names = {name for pair in PAIRS for name in pair}
    rows = [{"task": "t", "shop": shop, "policy": name, "value": 2.0} for shop in (1, 2) for name in names]
    frame = pd.DataFrame(rows)
    frame.loc[(frame["policy"] == "constant") & (frame["shop"] == 1), "value"] = 3.0
    row = summary(frame).set_index(["policy", "minus"]).loc[("constant", "dqn")]
    # +50 and 0 per cent: mean 25, standard error 25, and Student's t of one degree of freedom is 12.706.
    assert row["mean"] == 25.0
    assert row["high"] == pytest.approx(25.0 + 12.706 * 25.0, rel=1e-4)
    assert row["above 0"] == "1 of 2"


def test_the_control_sees_the_same_rewards_elsewhere():
    train = tasks.make("pricing-v1").log(50).split()[0]
    control = shuffled(train, 0)
    assert np.array_equal(np.sort(control.rewards), np.sort(train.rewards))
    assert not np.array_equal(control.rewards, train.rewards)
    assert np.array_equal(control.actions, train.actions)


def test_the_table_is_whole(table):
    shops = table.groupby("task")["shop"].unique()
    assert {task: sorted(shops[task]) for task in TASKS} == dict.fromkeys(TASKS, SHOPS)
    assert set(table["policy"]) == {"behaviour", *FIXED, *LEARNT, CONTROL}
    assert len(table) == len(TASKS) * len(SHOPS) * (len(FIXED) + len(LEARNT) + 2)


def test_the_control_loses_where_looking_ahead_pays(differences):
    assert differences.loc[("recommend-v1", CONTROL, "dqn"), "high"] < 0
    assert differences.loc[("recommend-myopic-v1", CONTROL, "dqn"), "high"] < 0


@pytest.mark.parametrize("task", ["pricing-v1", "recommend-myopic-v1"])
def test_a_constant_beats_what_is_in_service_and_dqn_is_not_shown_to_beat_it(differences, task):
    assert differences.loc[(task, "constant", "behaviour"), "low"] > 0
    assert differences.loc[(task, "constant", "dqn"), "high"] > 0


def test_a_constant_is_below_what_learns_in_recommend(differences):
    assert differences.loc[("recommend-v1", "constant", "dqn"), "high"] < 0


def test_the_page_quotes_the_table(table):
    page = (TABLE.parents[2] / "docs" / "findings.md").read_text(encoding="utf-8")
    for line in lines(table):
        assert line in page
