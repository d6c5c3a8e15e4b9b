"""Metrics that are computed of a log: columns beside those that were recorded."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rlbench_rec.errors import InputError, UnknownNameError
from rlbench_rec.results.metrics import METRICS, Metric, with_metrics
from rlbench_rec.testing.toy_logs import toy_logs


@pytest.fixture
def log(monkeypatch):
    computed = {
        "twice": lambda data: 2 * data.rewards,
        "short": lambda data: data.rewards[1:],
        "nan": lambda data: data.rewards * np.nan,
        "CTR": lambda data: data.rewards + 7,
    }
    for label, compute in computed.items():
        monkeypatch.setitem(METRICS._targets, label, Metric(label, True, "outcome", "Made up.", compute))
    return toy_logs()["sessions"]


def test_a_column_is_added_where_it_is_missing(log):
    data = with_metrics(log, ["twice", "CTR", "revenue"])
    assert data.metric_names == ("CTR", "revenue", "twice")
    assert np.array_equal(data.metrics[:, :2], log.metrics), "recorded outcomes stay as they are"
    assert np.array_equal(data.metrics[:, 2], 2 * log.rewards)
    assert with_metrics(log, []) is log
    bare = with_metrics(replace(log, metrics=None, metric_names=()), ["twice"])
    assert bare.metrics.shape == (len(log), 1)


def test_bad_columns_are_refused(log):
    with pytest.raises(InputError, match=r"metric short: It gives the shape \(119,\) for 120"):
        with_metrics(log, ["short"])
    with pytest.raises(InputError, match="metrics"):
        with_metrics(log, ["nan"])
    with pytest.raises(UnknownNameError, match="Did you mean 'twice'"):
        with_metrics(log, ["twise"])
