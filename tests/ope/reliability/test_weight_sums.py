"""Sums of weights: those of a log are those of its parts put together."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlbench_rec import ope
from rlbench_rec.ope.reliability.log_overlap import LogOverlap
from rlbench_rec.ope.reliability.weight_sums import Magnitudes


def sums_of(rewards, weights, clusters=None, **fields):
    """Of a log with such importance weights."""
    log = ope.EvaluationLog(rewards, np.full(4, 0.25), 0.25 * np.array(weights), clusters=clusters, **fields)
    return LogOverlap(log).sums("reward")[0]


def test_on_paper():
    sums = sums_of([1, 0, 0, 2], [1.0, 2.0, 0.0, 1.0])
    assert sums.weights.effective_number == 16 / 6 and sums.largest_share == 0.5 and sums.positive == 3
    assert sums.mean_weight == 1 and sums.mean_error == pytest.approx(np.sqrt(2 / 3 / 4)) and sums.mean_weight_z == 0
    assert sums.effective_events == 9 / 5 and sums.events.units == 2


def test_users_on_paper():
    """One of three rows with weights 1, 2, 0, one of one row with weight 1."""
    sums = sums_of([1, 0, 0, 2], [1.0, 2.0, 0.0, 1.0], clusters=[0, 0, 0, 1])
    assert (sums.units, sums.weights.effective_number, sums.largest_share) == (2, 16 / 10, 3 / 4)
    assert sums.mean_weight == 1 and sums.mean_error == 0 and sums.effective_users == 16 / 10
    assert sums.effective_events == 9 / 5 and sums.events.weights.balanced_number == 2
    assert sums.positive == 3 and sums.max_weight == 2
    apart = sums_of([1, 0, 0, 2], [1.0, 2.0, 0.0, 0.5], clusters=[0, 0, 0, 1])
    # Sums less their numbers: 0 and -1/2; the mean -1/8 off.
    assert apart.mean_weight == 7 / 8
    assert apart.mean_error == pytest.approx(np.sqrt(2 * ((3 / 8) ** 2 + (-1 / 2 + 1 / 8) ** 2)) / 4)


@given(st.integers(0, 10_000), st.integers(1, 49), st.floats(-300, 300))
@settings(max_examples=50, deadline=None)
def test_parts_of_any_size_and_magnitude(seed, cut, exponent):
    values = np.random.default_rng(seed).lognormal(0, 2, 50)
    values[:cut] *= 10.0**exponent
    whole, parts = Magnitudes.of(values), Magnitudes.of(values[:cut]).merged(Magnitudes.of(values[cut:]))
    assert parts.effective_number == pytest.approx(whole.effective_number, rel=1e-12)
    assert parts.largest / parts.total == pytest.approx(whole.largest / whole.total, rel=1e-12)


def test_infinite_values_count_each_for_one():
    finite, infinite = np.array([1.0, 2.0]), np.array([np.inf, 3.0, np.inf])
    assert Magnitudes.of(infinite).effective_number == 2
    assert Magnitudes.of(finite).merged(Magnitudes.of(infinite)).effective_number == 2


def test_what_is_not_known_of_a_part_is_not_known_of_the_whole():
    one, known = (sums_of([1, 0, 0, 2], [1.0, 2.0, 0.0, 1.0], unsupported_mass=mass) for mass in (None, [0.1] * 4))
    assert known.merged(known).unsupported_mass == pytest.approx(0.1)
    assert np.isnan(known.merged(one).unsupported_mass)
