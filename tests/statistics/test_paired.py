"""Paired gains: mean, test and detectable gain by hand."""

import math

import numpy as np
import pytest

from rlbench_rec.statistics.paired import PairedGain, paired_gain


def test_by_hand():
    gain = paired_gain([1.0, 2.0, 3.0])
    # Mean 2, standard deviation 1, standard error 1 / sqrt(3); t = 3.464 with two degrees of freedom.
    assert gain.value == 2.0
    assert gain.std_error == pytest.approx(1 / math.sqrt(3))
    assert gain.p == pytest.approx(0.0371, abs=1e-4)
    # Student's .95 and .8 quantiles of two degrees are 2.920 and 1.061.
    assert gain.interval() == pytest.approx((2 - 2.920 / math.sqrt(3), 2 + 2.920 / math.sqrt(3)), abs=1e-3)
    assert gain.detectable() == pytest.approx((2.920 + 1.061) / math.sqrt(3), abs=1e-3)


def test_the_interval_and_the_test_agree():
    rng = np.random.default_rng(0)
    for _ in range(20):
        gain = paired_gain(rng.normal(0.3, 1.0, 8))
        assert (gain.interval()[0] > 0) == (gain.p < 0.05)


def test_one_replicate_shows_nothing():
    gain = paired_gain([5.0, float("nan")])
    assert (gain.value, gain.n) == (5.0, 1)
    assert all(math.isnan(number) for number in (gain.p, gain.detectable(), *gain.interval()))
    assert math.isnan(paired_gain([]).value)


def test_the_detectable_gain_is_detected_four_times_in_five():
    rng = np.random.default_rng(1)
    n, std = 10, 2.0
    true = PairedGain(0.0, std / math.sqrt(n), n).detectable()
    shown = [paired_gain(rng.normal(true, std, n)).p <= 0.05 for _ in range(1_000)]
    assert np.mean(shown) == pytest.approx(0.8, abs=0.04)
