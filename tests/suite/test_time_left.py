"""How long is left, by what is done."""

from __future__ import annotations

import pytest

from rlbench_rec.suite import time_left
from rlbench_rec.suite.time_left import TimeLeft, in_words


@pytest.fixture
def clock(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(time_left.time, "perf_counter", lambda: now[0])
    return now


def test_it_goes_by_what_jobs_were_expected_to_cost(clock):
    left = TimeLeft({"small": 1.0, "large": 9.0, "middle": 5.0})
    clock[0] += 60.0
    # A fifteenth of the work took a minute.
    assert left.after("small") == pytest.approx(14.0)
    clock[0] += 120.0
    assert left.after("middle") == pytest.approx(3 * 9 / 6)
    assert left.after("large") == 0.0


def test_a_job_that_was_expected_to_cost_nothing_tells_nothing(clock):
    left = TimeLeft({"free": 0.0, "b": 1.0})
    clock[0] += 5.0
    assert left.after("free") is None
    assert left.after("unheard of") is None


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        (None, ""),
        (0.0, ""),
        (0.3, "less than a minute left"),
        (2.6, "about 3 min left"),
        (119.0, "about 119 min left"),
        (180.0, "about 3 h left"),
    ],
)
def test_in_words(minutes, said):
    assert in_words(minutes) == said
