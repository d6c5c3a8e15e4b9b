"""Logs spread over files of different shapes: each row by the rule of its own file, all rows in one order."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from rlbench_rec import events, mdp
from rlbench_rec.errors import InputError
from rlbench_rec.testing.datasets import check_log


@pytest.fixture
def yoochoose(raw):
    return raw("yoochoose")


@pytest.fixture
def diginetica(raw):
    return raw("diginetica")


def test_yoochoose_clicks_stand_before_buys_of_the_same_instant(yoochoose):
    log = events.load("yoochoose", yoochoose)
    check_log(log)
    assert log.report == events.LoadReport(13, 8, {"malformed": 4, "missing_session": 1})
    frame = log.to_pandas()
    assert frame["session_id"].tolist() == [420368, 420368, 281626, *[420374] * 4, 999999]
    # Within a file ties keep its order; between files the order is the card's, though "buys" sorts before "clicks".
    assert frame["item_id"].tolist()[:2] == [214853702, 214853701]
    assert frame["event"].tolist()[3:7] == ["view", "view", "purchase", "purchase"]
    assert frame["item_id"].tolist()[3:7] == [214537888, 214537850, 214537888, 214537850]
    assert frame["category"].fillna("missing").tolist()[:4] == ["1078723871", "3", "missing", "S"]
    assert frame["price"].fillna(-1).tolist()[3:] == [-1, -1, 12462, -1, 500]
    assert frame["quantity"].fillna(-1).tolist() == [-1, -1, -1, -1, -1, 2, -1, 1]
    quarantine = pd.read_parquet(log.quarantine)
    assert quarantine[["file", "line", "reason"]].to_numpy().tolist() == [
        ["yoochoose-clicks.dat", 6, "malformed"],
        ["yoochoose-clicks.dat", 7, "missing_session"],
        ["yoochoose-clicks.dat", 8, "malformed"],
        ["yoochoose-buys.dat", 4, "malformed"],
        ["yoochoose-buys.dat", 5, "malformed"],
    ]


def test_the_order_of_the_rows_does_not_depend_on_the_order_of_lines_in_other_files(yoochoose):
    first = events.load("yoochoose", yoochoose).to_pandas()
    path = yoochoose / "yoochoose-clicks.dat"
    lines = path.read_text().splitlines(keepends=True)
    # Sessions of different users change places; the rows of each keep their own order.
    path.write_text("".join([*lines[3:7], *lines[:3], lines[7]]))
    pd.testing.assert_frame_equal(events.load("yoochoose", yoochoose).to_pandas(), first)


def test_one_of_the_files_can_be_read_alone_and_says_what_it_is(yoochoose):
    assert events.load("yoochoose", yoochoose / "yoochoose-buys.dat").counts == {"purchase": 3}
    (yoochoose / "yoochoose-buys.dat").unlink()
    with pytest.warns(UserWarning, match=r"yoochoose-buys\.\* is not here"):
        assert events.load("yoochoose", yoochoose).counts == {"view": 5}
    (yoochoose / "yoochoose-clicks.dat").rename(yoochoose / "mine.csv")
    with pytest.raises(InputError, match=r"Which of the files.*mine\.csv|mine\.csv.*Which of the files"):
        events.load("yoochoose", yoochoose / "mine.csv")


def test_revenue_is_price_times_quantity(yoochoose):
    log = events.load("yoochoose", yoochoose)
    data = mdp.build(log, mdp.MDPConfig(decisions="every-event", train_fraction=0.5, reward="revenue"))
    frame = log.to_pandas()
    expected = (frame["price"].fillna(0) * frame["quantity"].fillna(1).astype(float)).sum()
    assert data.metrics[:, data.metric_names.index("revenue")].sum() == data.rewards.sum() == expected == 25_424


DAY = 86_400_000
NINTH, SIXTH = 1462752000000, 1462492800000


@pytest.mark.parametrize("spelling", ["camel", "snake"])
def test_diginetica_times_run_from_the_day_on_which_the_session_began(diginetica, spelling):
    if spelling == "snake":
        path = diginetica / "train-item-views.csv"
        path.write_text(path.read_text().replace("sessionId;userId;itemId", "session_id;user_id;item_id"))
    log = events.load("diginetica", diginetica)
    check_log(log)
    assert (log.report.rows_read, log.report.rows_kept, log.report.set_aside) == (11, 8, {"malformed": 3})
    frame = log.to_pandas()
    assert frame["session_id"].tolist() == [9, 2, 2, 2, 1, 1, 1, 1]
    # The view of 526309 ms stands in the file before that of 31018 ms; purchases of one order share its instant.
    assert frame["item_id"].tolist() == [175874, 32118, 32119, 32120, 31331, 81766, 25911, 25912]
    # Session 2 began late on the 9th: a day later it is the 11th already, and still 24 hours have passed.
    since = [17100868, 3000, DAY, 90000000, 31018, 526309, 526309, 526309]
    assert frame["timestamp"].tolist() == [SIXTH + since[0], *(NINTH + ms for ms in since[1:])]
    assert frame["user_id"].isna().tolist() == [False, False, False, False, True, True, True, True]
    # Of two categories of one item the later in the file counts.
    assert frame["category"].fillna(0).tolist() == [0, 8, 0, 0, 0, 1096, 0, 0]
    assert log.report.lookups == {"category": {"read": 4, "taken": 2, "other": 0, "repeated": 1, "malformed": 1}}


def test_a_session_that_began_late_keeps_its_pauses_whatever_its_first_row(tmp_path):
    """Every row of a session is on its true day, or seems to begin a day late; the earliest is right."""
    rng = np.random.default_rng(0)
    rows, truth = [], {}
    for session in range(200):
        start, times = int(rng.integers(0, DAY)), np.sort(rng.integers(0, 5 * DAY, 6))
        times[0] = rng.integers(0, 1000) if start < DAY - 1000 else 0
        for ms in rng.permutation(times):
            date = pd.Timestamp(NINTH + start + int(ms), unit="ms").date()
            rows.append(f"{session};NA;1;{ms};{date}")
        truth[session] = (NINTH + times).tolist()
    (tmp_path / "train-item-views.csv").write_text("sessionId;userId;itemId;timeframe;eventdate\n" + "\n".join(rows))
    frame = events.load("diginetica", tmp_path / "train-item-views.csv").to_pandas()
    assert frame.groupby("session_id")["timestamp"].apply(list).to_dict() == truth
