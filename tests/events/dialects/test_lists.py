"""Lines that hold several rows: each element is read, and every line is accounted for."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from rlbench_rec import events
from rlbench_rec.errors import InputError
from rlbench_rec.testing.datasets import check_log

HOUR = 3_600_000
BIG = 2**53 + 1


def test_otto(raw):
    folder = raw("otto")
    log = events.load("otto/train", folder)
    check_log(log)
    # By line: 4 events, 4, none, no list, no list, 3 elements, 1, blank, no object, 1, cut off.
    assert log.report == events.LoadReport(19, 8, {"malformed": 9, "missing_user": 1, "unknown_event": 1})
    frame = log.to_pandas()
    # Events of one millisecond keep their order in the line; an hour's pause ends a session.
    assert frame["user_id"].tolist() == [1, 5, 7, 0, 0, 0, 0, 1]
    assert frame["session_id"].tolist() == [0, 1, 2, 3, 3, 3, 3, 4]
    assert frame["item_id"].tolist() == [5, 1, -1, BIG, 2, 2, 2, 6]
    assert frame["event"].tolist() == ["view", "view", "view", "view", "view", "cart", "purchase", "view"]
    quarantine = pd.read_parquet(log.quarantine)
    assert quarantine["line"].tolist() == [2, 2, 3, 4, 5, 6, 6, 7, 8, 9, 11]
    assert json.loads(quarantine["text"][0]) == {"aid": 7, "ts": HOUR // 2, "type": "wishlist"}, "the element alone"
    lines = (folder / "otto-recsys-train.jsonl").read_text().splitlines()
    assert quarantine["text"][2] == lines[2], "the whole line"


def test_a_line_of_many_events_is_kept_in_order(tmp_path):
    count = 30_000
    path = tmp_path / "train.jsonl"
    rows = [{"aid": i, "ts": 1_659_304_800_000, "type": "clicks"} for i in range(count)]
    lines = [{"session": 1, "events": rows}, {"session": 2, "events": [{"aid": 1, "ts": 2, "type": "carts"}]}]
    path.write_text("\n".join(map(json.dumps, lines)))
    log = events.load("otto/train", path)
    assert log.report == events.LoadReport(count + 1, count + 1, {})
    assert log.to_pandas()["item_id"].tolist() == [1, *range(count)]


def test_otto_asks_which_log(tmp_path):
    with pytest.raises(InputError, match="otto/train, otto/test"):
        events.load("otto", tmp_path)


def test_rl4rs_pages_become_nine_rows_with_their_place_and_price(raw):
    log = events.load("rl4rs/b-rl", raw("rl4rs"))
    check_log(log)
    assert log.report.rows_read == 9 + 9 + 1 + 1 + 9 + 1
    assert log.report.set_aside == {"malformed": 4, "unknown_event": 1}
    assert log.report.lookups == {"price": {"read": 5, "taken": 3, "other": 0, "repeated": 1, "malformed": 1}}
    frame = log.to_pandas()
    seven = frame[frame["session_id"] == 7]
    assert seven["position"].tolist() == [*range(1, 10)] * 2
    assert seven["item_id"].tolist() == [*range(11, 20)] * 2
    assert seven["slate_id"].tolist() == [2] * 9 + [3] * 9
    assert seven["event"].tolist() == ["purchase", *["impression"] * 2, "purchase", *["impression"] * 14]
    assert seven["price"].fillna(-1).tolist()[:4] == [7.5, 3.0, -1, 9.0]
    assert frame["policy"].unique().tolist() == ["b-rl"]
    # The reward of the papers: the sum of the prices of what was bought.
    assert seven.loc[seven["event"] == "purchase", "price"].sum() == 16.5
    assert frame.loc[frame["session_id"] == 10, "position"].tolist() == [1, 2, 3, 6, 7, 8, 9]


def test_queries_become_impressions_and_clicks(raw):
    log = events.load("diginetica-queries", raw("diginetica-queries"))
    check_log(log)
    assert log.report.set_aside == {"malformed": 2, "other_log": 2}
    assert log.report.rows_read == 10
    frame = log.to_pandas()
    assert frame["slate_id"].tolist() == [5, 1, 1, 1, 2, 2]
    assert frame["position"].tolist() == [1, 1, 2, 3, 1, 2]
    assert frame["event"].tolist() == ["click", "impression", "click", *["impression"] * 3]
    assert frame["category"].fillna(0).tolist() == [0, 0, 4, 0, 4, 0]
    assert log.report.lookups["event"] == {"read": 4, "taken": 3, "other": 0, "repeated": 1, "malformed": 0}
