"""Tests of lifts, and Holm's adjustment."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from rlbench_rec.statistics.hypotheses import holm, tail, two_sided


@pytest.mark.parametrize(("value", "against"), [(1.0, 0.0), (-0.3, 0.2), (0.5, 0.5)])
def test_tails_are_students(value, against):
    assert tail(value, 0.4, 12, against) == pytest.approx(stats.t.sf((value - against) / 0.4, 11), rel=1e-12)


def test_two_sided_by_scipy():
    sample = np.array([0.2, 1.4, -0.3, 0.9, 0.8])
    error = sample.std(ddof=1) / np.sqrt(5)
    assert two_sided(sample.mean(), error, 5) == pytest.approx(stats.ttest_1samp(sample, 0).pvalue, rel=1e-12)


def test_what_does_not_vary_is_known_and_what_is_undefined_stays_so():
    assert (tail(1.0, 0.0, 9), tail(0.0, 0.0, 9), tail(-1.0, 0.0, 9)) == (0, 1, 1)
    assert tail(0.3, 0.0, 9, against=0.3) == 1 and two_sided(0.0, 0.0, 9) == 1
    assert all(map(np.isnan, (tail(np.nan, 1, 9), tail(1, np.nan, 9), tail(1, 1, 1), two_sided(1, 1, 1))))


def test_holm_by_hand():
    # Sorted: .01 x 4, .02 x 3, .03 x 2 (raised to .06 by the one before), .5 x 1.
    np.testing.assert_allclose(holm(np.array([0.03, 0.01, 0.5, 0.02])), [0.06, 0.04, 0.5, 0.06], rtol=1e-15)


def test_holm_leaves_out_what_is_not_defined_and_stops_at_one():
    np.testing.assert_array_equal(holm(np.array([np.nan, 0.6, 0.7])), [np.nan, 1.0, 1.0])
    assert holm(np.array([])).shape == (0,)
    assert np.isnan(holm(np.array([np.nan]))).all()
