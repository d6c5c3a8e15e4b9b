"""How long a board takes on many workers, by hand; and that overhead is measured of jobs that are done."""

import pytest

from studies.many_workers import curve, makespan, overhead

TWO_SHOPS = [("a", 3.0), ("a", 1.0), ("b", 2.0), ("b", 2.0), ("b", 2.0)]


def test_one_worker_takes_the_sum_and_two_stay_at_home():
    assert makespan(TWO_SHOPS, 1, start=5.0) == 5 + 10
    # One does a's 3 and 1, then helps with the last of b: 5 + 3 + 1 + 2, unless b's own worker comes to it first.
    assert makespan(TWO_SHOPS, 2, start=5.0) == 5 + 6


def test_more_workers_than_batches_change_nothing():
    assert makespan(TWO_SHOPS, 5, start=0.0) == makespan(TWO_SHOPS, 50, start=0.0) == 3.0


def test_the_curve_says_what_share_is_used():
    table = curve([(number, 10.0) for number in range(64)]).set_index("workers")
    assert table.loc[1, "seconds"] == 645 and table.loc[64, "seconds"] == 15
    assert table.loc[64, "share_used"] == pytest.approx(640 / 15 / 64)


def test_overhead_is_of_jobs_that_are_done():
    row = overhead(jobs=6, workers=1, cluster=None)
    assert row["where"] == "processes" and row["seconds_to_first"] > row["seconds_a_job"] > 0
