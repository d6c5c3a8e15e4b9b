"""The shipped sample: pinned numbers, and the same rows as the original CSVs."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from rlbench_rec import events
from rlbench_rec.events.event_log import COLUMNS
from rlbench_rec.testing.datasets import check_log

FACTS = {
    # clicks, items, least and largest propensity
    "random-all": (38, 80, 1 / 80, 1 / 80),
    "random-men": (46, 34, 1 / 34, 1 / 34),
    "random-women": (46, 46, 1 / 46, 1 / 46),
    "bts-all": (42, 80, 4.5e-05, 0.95424),
    "bts-men": (69, 34, 0.000165, 0.72529),
    "bts-women": (46, 46, 1e-06, 0.9628),
}


@pytest.fixture(scope="module", params=FACTS)
def sample(request):
    return events.load(f"open-bandit-sample/{request.param}")


def test_counts_and_propensities_are_those_published(sample):
    check_log(sample)
    clicks, items, least, largest = FACTS[sample.variant]
    assert sample.report == events.LoadReport(10_000, 10_000, {})
    assert (sample.n_rows, sample.n_sessions, sample.n_users) == (10_000, 10_000, 0)
    assert sample.counts == {"impression": 10_000 - clicks, "click": clicks}
    assert sample.catalogue == tuple(range(items))
    propensity = sample.to_pandas(["propensity"])["propensity"]
    assert (propensity.min(), propensity.max()) == (least, largest)


def test_columns_are_those_of_the_design(sample):
    frame = sample.to_pandas()
    items = len(sample.catalogue)
    context = [f"user_feature_{i}" for i in range(4)] + [f"user-item_affinity_{i}" for i in range(items)]
    first = [*COLUMNS, "propensity", "position", "policy"]
    assert list(frame) == [*first, *context]
    assert sample.context_columns == tuple(context)
    for name in ("session_id", "timestamp", "item_id", "position"):
        assert frame[name].dtype == np.int64, name
    assert (frame["session_id"] == np.arange(10_000)).all()
    assert frame["timestamp"].is_monotonic_increasing
    assert set(frame["position"]) == {1, 2, 3}
    assert set(frame["policy"]) == {sample.variant.partition("-")[0]}
    assert frame["price"].isna().all() and frame["user_id"].isna().all()


def test_the_parquet_files_give_the_rows_of_the_csv_files(sample, shared_data):
    original = events.load(f"open-bandit/{sample.variant}", shared_data / "open_bandit" / "obd")
    assert original.to_arrow().equals(sample.to_arrow())
    assert original.counts == sample.counts and original.catalogue == sample.catalogue
    assert original.source_sha256 != sample.source_sha256


def test_every_number_is_the_one_in_the_csv(sample, shared_data):
    policy, campaign = sample.variant.split("-")
    path = shared_data / "open_bandit" / "obd" / policy / campaign / f"{campaign}.csv"
    with path.open(newline="") as stream:
        rows = sorted(csv.DictReader(stream), key=lambda row: row["timestamp"])
    frame = sample.to_pandas()
    assert frame["propensity"].tolist() == [float(row["propensity_score"]) for row in rows]
    assert frame["item_id"].tolist() == [int(row["item_id"]) for row in rows]
    assert (frame["event"] == "click").tolist() == [row["click"] == "1" for row in rows]
    last = f"user-item_affinity_{len(sample.catalogue) - 1}"
    assert frame[last].tolist() == [float(row[last]) for row in rows]
    assert frame["user_feature_2"].tolist() == [row["user_feature_2"] for row in rows]
