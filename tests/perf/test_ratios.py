"""The sign test and the interval of a median: against scipy, against all outcomes of coins, and by symmetries."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from rlbench_rec.perf.ratios import p_value, pairs_needed, ratio


@pytest.mark.parametrize("n", [6, 9, 24])
@pytest.mark.parametrize("factor", [1.0, 1.3])
def test_p_is_that_of_the_sign_test(n, factor):
    rng = np.random.default_rng(n)
    old, new = rng.lognormal(0, 0.3, n), rng.lognormal(0.2, 0.3, n)
    beyond = int((new / old > factor).sum())
    assert p_value(old, new, factor) == pytest.approx(binomtest(beyond, n, alternative="greater").pvalue, abs=1e-12)


def test_over_all_flips_of_sign_p_is_at_most_alpha_in_at_most_alpha_of_them():
    sizes = np.random.default_rng(3).standard_cauchy(10)
    ps = np.array([p_value(np.ones(10), np.exp(sizes * signs), 1.0) for signs in itertools.product([-1, 1], repeat=10)])
    for alpha in (0.02, 0.06, 0.3):
        assert 0 < np.mean(ps <= alpha) <= alpha


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(1e-6, 1e3), min_size=6, max_size=14), st.floats(0.1, 10), st.integers(0, 99))
def test_a_ratio_scales_and_lies_in_its_interval(old, scale, seed):
    old = np.array(old)
    new = old * np.random.default_rng(seed).lognormal(0, 0.2, len(old))
    plain, scaled = ratio(old, new), ratio(old, scale * new)
    assert plain.low <= plain.median <= plain.high
    assert (scaled.low, scaled.high) == pytest.approx((scale * plain.low, scale * plain.high))


@pytest.mark.parametrize("n", [6, 12, 25])
def test_the_interval_holds_the_median_as_often_as_it_says(n):
    rng = np.random.default_rng(n)
    intervals = [ratio(np.ones(n), np.exp(np.clip(rng.standard_cauchy(n), -9, 9))) for _ in range(2_000)]
    assert 0.94 <= np.mean([interval.low <= 1 <= interval.high for interval in intervals]) <= 0.99


def test_six_pairs_give_the_whole_range_as_the_interval_and_more_give_less():
    new = np.array([0.9, 1.1, 1.2, 1.0, 1.4, 1.3])
    six, twelve = ratio(np.ones(6), new), ratio(np.ones(12), np.repeat(new, 2))
    assert (six.low, six.high) == (0.9, 1.4)
    assert (twelve.low, twelve.high) == (1.0, 1.3)
    assert six.median == twelve.median == pytest.approx(1.15)


def test_identical_measurements_have_the_ratio_one_and_no_alarm():
    old = np.array([3.0, 4.0, 5.0, 6.0, 7.0, 8.0])
    result = ratio(old, old)
    assert (result.low, result.median, result.high) == (1, 1, 1)
    assert p_value(old, old, 1.0) == 1


@pytest.mark.parametrize("hypotheses", [1, 7, 200])
def test_pairs_needed_leave_room_for_one_bad_pair_and_no_more(hypotheses):
    n = pairs_needed(hypotheses, 0.01)
    new = np.full(n, 2.0)
    new[3] = 0.5
    assert p_value(np.ones(n), new, 1.0) * hypotheses <= 0.01
    assert p_value(np.ones(n - 1), new[1:], 1.0) * hypotheses > 0.01
