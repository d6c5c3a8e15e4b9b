"""The real samples give the counts that were measured on them by other means."""

from __future__ import annotations

import numpy as np
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
    assert (frame.groupby("session_id")["user_id"].nunique() == 1).all()


def test_rees46(shared_data):
    log = events.load("rees46", shared_data / "rees46" / "2019-Oct-sample.csv")
    assert log.report.rows_read == log.n_rows == 1_000
    category = log.to_pandas()["category"]
    assert category.dtype == np.int64 and (category > 2**53).all()


def test_retailrocket(shared_data):
    log = events.load("retailrocket", shared_data / "retailrocket")
    assert log.report == events.LoadReport(70, 70, {})
    assert log.counts == {"view": 59, "cart": 10, "purchase": 1}


@pytest.mark.parametrize("name", ["taobao", "rees46/2019-Oct-sample.csv", "retailrocket"])
def test_they_are_all_that_a_log_must_be(shared_data, name):
    check_log(events.load(name.partition("/")[0], shared_data / name))
