"""How long an A/B test of a run's advice takes, by hand from the tables that it rests on."""

from __future__ import annotations

import dataclasses
import math

import pytest

from rlbench_rec.report.run_tables import read_run
from rlbench_rec.report.sections.ab_test_length import ab_test_of
from rlbench_rec.report.sections.to_test import _estimate, to_test

from .conftest import QUICK


@pytest.fixture(scope="module")
def quick():
    return read_run(QUICK)


def test_the_length_by_hand(quick):
    advice = quick.advised["recommend-v1"]
    lift = _estimate(advice.lift, 2_000)
    test = ab_test_of(quick, advice, lift)
    # runs.csv: on-policy 3.0904 [2.9820, 3.2049] of 2,000 sessions; the lift is 0.22125.
    spread = math.sqrt(2_000) * (3.204850 - 2.982042) / (2 * 1.959964)
    wanted = 4 * spread**2 * (1.959964 + 0.841621) ** 2 / 0.2212528**2
    assert test.units == test.episodes == pytest.approx(wanted, rel=0.002) and test.unit == "sessions"
    # The lift is known to 0.019, the test to 0.079: it succeeds where a normal of mean 2.8 exceeds 1.96.
    error = spread * 2 / math.sqrt(test.units)
    away = (0.2212528 - 1.959964 * error) / math.hypot(error, lift.std_error)
    assert test.assurance == pytest.approx(0.5 * math.erfc(-away / math.sqrt(2)), abs=0.002)


def test_nothing_is_planned_where_nothing_is_to_be_tested_or_known(quick):
    advice = quick.advised["open-bandit-sample/bts-all"]
    assert not advice.step and ab_test_of(quick, advice, _estimate(advice.lift, 5_000)) is None
    advised = quick.advised["recommend-v1"]
    unknown = dataclasses.replace(quick, runs=quick.runs[quick.runs["algorithm"] != "behaviour"])
    assert ab_test_of(unknown, advised, _estimate(advised.lift, 2_000)) is None


def test_the_section_says_it_in_a_sentence_and_in_the_table(quick):
    section = to_test(quick)
    sentence, table = section.blocks[0].text, section.blocks[2]
    assert sentence.endswith("takes about 4,100 sessions, half of them treated.")
    assert [row.cells[-1].text for row in table.rows] == ["4,100 sessions (79%)", *[""] * 6]
