"""Verdicts on synthetic times: noise, drift and bursts raise no alarm, and a slow-down is caught through them."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from rlbench_rec.perf.comparing import ALPHA, BenchmarkRow, SpeedComparison, judged
from rlbench_rec.perf.side import BenchmarkFailed


def noisy(rng, factor=1.0, sd=0.1, bursts=0.05):
    """Pairs whose log has a normal error, a drift that both share, and now and then a burst of other work."""
    drift = [0.0]

    def measure():
        drift[0] += rng.normal(0, 0.05)
        noise = rng.normal(0, sd, 2) + np.log(3) * (rng.random(2) < bursts)
        old, new = np.exp(drift[0] + noise) * [1.0, factor]
        return float(old), float(new)

    return measure


def outcomes(measurements, factor=1.1, rounds=6):
    return {row.benchmark: row for row in judged(measurements, factor, rounds, lambda text: None)}


@pytest.mark.parametrize("sd", [0.02, 0.1, 0.4])
def test_a_commit_against_itself_raises_no_alarm(sd):
    rng = np.random.default_rng(5)
    for _ in range(10):
        rows = outcomes({f"b{place}": noisy(rng, sd=sd) for place in range(30)})
        assert "slower" not in {row.outcome for row in rows.values()}


def test_at_the_factor_itself_false_alarms_of_a_comparison_stay_below_their_level():
    rng = np.random.default_rng(6)
    alarms = sum(
        "slower" in {row.outcome for row in outcomes({str(b): noisy(rng, 1.1) for b in range(5)}).values()}
        for _ in range(200)
    )
    assert alarms <= 200 * ALPHA + 3 * math.sqrt(200 * ALPHA)


@pytest.mark.parametrize("others", [0, 40])
def test_half_as_slow_again_is_caught_through_noise_and_bursts(others):
    rng = np.random.default_rng(7)
    for _ in range(15):
        rows = outcomes({"slow": noisy(rng, 1.5), **{str(b): noisy(rng) for b in range(others)}})
        assert rows["slow"].outcome == "slower"
        assert rows["slow"].rounds >= 12 and "earlier rounds" in rows["slow"].note


@pytest.mark.parametrize(("exact", "outcome"), [(1.11, "slower"), (1.09, "same"), (1.0, "same"), (0.8, "faster")])
def test_figures_without_noise_are_judged_by_the_factor(exact, outcome):
    row = outcomes({"b": lambda: (2.0, 2.0 * exact)})["b"]
    assert row.outcome == outcome
    assert row.ratio == pytest.approx(exact)


def test_a_bad_start_that_does_not_come_again_is_no_slow_down():
    pairs = iter([(1.0, 2.0)] * 6 + [(1.0, 1.0)] * 12)
    row = outcomes({"b": lambda: next(pairs)})["b"]
    assert (row.outcome, row.ratio, row.rounds) == ("same", 1.0, 12)


def test_noise_that_could_hide_a_slow_down_is_called_unclear():
    pairs = iter([(1.0, 1.3), (1.0, 0.8)] * 3)
    assert outcomes({"b": lambda: next(pairs)})["b"].outcome == "unclear"


def test_with_many_suspects_more_rounds_are_measured_so_that_each_can_be_called():
    rows = outcomes({str(b): lambda: (1.0, 1.5) for b in range(300)})
    assert {row.outcome for row in rows.values()} == {"slower"}


def test_a_suspect_that_stays_uncertain_is_measured_again_and_then_called_unclear():
    pairs, counts = itertools.cycle([(1.0, 3.0), (1.0, 1.5), (1.0, 0.7)]), []

    def measure():
        counts.append(1)
        return next(pairs)

    row = outcomes({"b": measure})["b"]
    assert row.outcome == "unclear" and row.ratio > 1.1
    assert (len(counts), row.rounds) == (6 + 12 + 24 + 48, 48)


@pytest.mark.parametrize("good", [0, 3, 8])
def test_a_failure_in_any_round_is_a_failure(good):
    pairs = iter([(1.0, 2.0)] * good)

    def measure():
        for pair in pairs:
            return pair
        raise BenchmarkFailed("at b: ValueError: no")

    row = outcomes({"b": measure, "c": lambda: (1.0, 1.0)})["b"]
    assert (row.outcome, row.note) == ("failed", "at b: ValueError: no")


@pytest.mark.parametrize("pair", [(math.nan, math.nan), (math.nan, 1.0), (0.0, 1.0), (1.0, -2.0), (1.0, math.inf)])
def test_what_has_no_ratio_is_skipped(pair):
    assert outcomes({"b": lambda: pair})["b"].outcome == "skipped"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ((), 3),
        (("skipped", "only new", "only old"), 3),
        (("same", "faster", "unclear", "only new"), 0),
        (("same", "slower"), 1),
        (("slower", "failed", "same"), 2),
        (("failed",), 2),
    ],
)
def test_exit_codes(given, code):
    assert SpeedComparison(tuple(BenchmarkRow(outcome, outcome) for outcome in given)).exit_code == code
