"""The real samples give the counts that were measured on them by other means."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from rlbench_rec import events
from rlbench_rec.testing.datasets import check_log


def test_taobao(shared_data):
    log = events.load("taobao", shared_data / "taobao")
    assert log.report == events.LoadReport(64_095, 64_066, {"outside_window": 29})
    assert (log.n_rows, log.n_sessions, log.n_users) == (64_066, 10_477, 600)
    frame = log.to_pandas(["session_id", "event", "timestamp", "user_id"])
    lengths = frame.groupby("session_id").size()
    assert lengths.max() == 130
    assert frame.loc[frame["event"] == "purchase", "session_id"].nunique() == 1_031
    assert (frame.groupby("session_id")["user_id"].nunique()).max() == 1


def test_rees46(shared_data):
    log = events.load("rees46", shared_data / "rees46" / "2019-Oct-sample.csv")
    assert log.report.rows_read == log.n_rows == 1_000
    category = log.to_pandas()["category"]
    assert category.dtype == np.int64 and (category > 2**53).all()


def test_retailrocket(shared_data):
    log = events.load("retailrocket", shared_data / "retailrocket")
    assert (log.report.rows_read, log.report.rows_kept, log.report.set_aside) == (70, 70, {})
    assert log.counts == {"view": 59, "cart": 10, "purchase": 1}


def test_retailrocket_category_tree(shared_data):
    log = events.load("retailrocket", shared_data / "retailrocket")
    account = {"read": 1_669, "taken": 1_669, "other": 0, "repeated": 0, "malformed": 0}
    assert log.report.lookups == {"parent_category": account}


def test_yoochoose(shared_data):
    log = events.load("yoochoose", shared_data / "yoochoose" / "yoochoose-clicks.csv")
    assert log.report == events.LoadReport(4_299, 4_299, {})
    assert log.counts == {"view": 4_299} and log.n_sessions == 1_283
    category = log.to_pandas()["category"]
    assert (category == "S").sum() == 2_583 and category.isna().sum() == 227
    with pytest.warns(UserWarning, match=r"yoochoose-buys\.\* is not here"):
        assert events.load("yoochoose", shared_data / "yoochoose").n_rows == 4_299


def test_diginetica(shared_data):
    log = events.load("diginetica", shared_data / "diginetica")
    assert (log.report.rows_read, log.report.set_aside) == (12_391 + 18_025, {})
    assert log.counts == {"purchase": 18_025, "view": 12_391} and log.n_sessions == 15_478
    frame = log.to_pandas()
    assert frame["category"].notna().all()
    # Whatever was taken for the session's first day: every event falls on the date the log gives it, or a day before.
    views = pd.read_csv(shared_data / "diginetica" / "sample_train-item-views.csv", sep=";")
    views["day"] = pd.to_datetime(views["eventdate"])
    ours = frame[frame["event"] == "view"].assign(day=lambda f: pd.to_datetime(f["timestamp"], unit="ms").dt.floor("D"))
    both = views.merge(ours, left_on=["session_id", "item_id"], right_on=["session_id", "item_id"])
    late = (both["day_x"] - both["day_y"]).dt.days
    assert len(both) >= len(views) and set(late) <= {0, 1}
    assert ours.groupby("session_id")["timestamp"].apply(lambda t: t.is_monotonic_increasing).all()


@pytest.mark.parametrize(
    ("variant", "file", "rows", "sessions"),
    [
        ("train", "train_sample", 862, 144),
        ("train", "train_sessions", 743, 119),
        ("test", "test_sessions", 8, 8),
        ("test", "test_sessions_full", 19, 8),
    ],
)
def test_otto(shared_data, variant, file, rows, sessions):
    log = events.load(f"otto/{variant}", shared_data / "otto" / f"{file}.jsonl")
    assert log.report == events.LoadReport(rows, rows, {})
    assert log.n_sessions == sessions
    first = json.loads((shared_data / "otto" / f"{file}.jsonl").read_text().splitlines()[0])
    own = log.to_pandas().query(f"user_id == {first['session']}")
    assert own["item_id"].tolist() == [event["aid"] for event in first["events"]]


def test_kuairand(shared_data):
    log = events.load("kuairand/1k-random", shared_data / "kuairand")
    assert log.report == events.LoadReport(54, 54, {})
    assert log.counts == {"impression": 42, "click": 12}
    assert (log.n_sessions, log.n_users) == (54, 5)


def test_rl4rs_items(shared_data, raw):
    folder = raw("rl4rs")
    (folder / "item_info.csv").write_bytes((shared_data / "rl4rs" / "item_info.csv").read_bytes())
    log = events.load("rl4rs/b-rl", folder)
    account = {"read": 283, "taken": 283, "other": 0, "repeated": 0, "malformed": 0}
    assert log.report.lookups == {"price": account}
    assert log.to_pandas()["price"].notna().all()


SAMPLES = [
    ("taobao", "taobao"),
    ("rees46", "rees46/2019-Oct-sample.csv"),
    ("retailrocket", "retailrocket"),
    ("yoochoose", "yoochoose/yoochoose-clicks.csv"),
    ("diginetica", "diginetica"),
    ("otto/train", "otto/train_sample.jsonl"),
    ("kuairand/1k-random", "kuairand"),
]


@pytest.mark.parametrize(("name", "path"), SAMPLES)
def test_they_are_all_that_a_log_must_be(shared_data, name, path):
    check_log(events.load(name, shared_data / path))
