"""What asv's file of results says was measured."""

from __future__ import annotations

import math

import pytest

from rlbench_rec.perf.running import AsvRun, count

COLUMNS = ["result", "params", "version", "started_at", "duration"]
START = 1_000.0


def saved(*entries):
    return {"result_columns": COLUMNS, "results": {str(place): list(entry) for place, entry in enumerate(entries)}}


def test_each_choice_of_parameters_counts_and_earlier_runs_do_not():
    now, before = 1_000_500, 900_000
    results = saved(
        ([1.0, None, math.nan, 2.0], [["1", "2"], ["'a'", "'b'"]], "v", now, 1.0),
        (None, [["1", "2", "3"]], "v", now, 1.0),
        ([5.0], [], "v", now),
        (None, [], "v", before, 1.0),
    )
    assert count(results, START) == (3, 4)


@pytest.mark.parametrize(("measured", "failed", "code"), [(3, 0, 0), (3, 1, 2), (0, 1, 2), (0, 0, 3)])
def test_exit_codes(measured, failed, code):
    assert AsvRun(None, measured, failed).exit_code == code
