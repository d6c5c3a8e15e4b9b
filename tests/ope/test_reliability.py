"""Figures of units, events and skewness: on paper, and unchanged where the error is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlbench_rec.ope.reliability import (
    balanced_events,
    balanced_number,
    balanced_weights,
    event_sizes,
    median,
    skewness,
    spread_of_sizes,
)


def test_on_paper():
    assert balanced_number(np.array([1.0, -1.0, 0.0, 1.0])) == pytest.approx(3)
    assert balanced_number(np.array([2.0, 1.0])) == pytest.approx(125 / 81)
    assert balanced_number(np.zeros(3)) == 0
    # ESS 8/3 of 4 units.
    assert balanced_weights(np.array([1.0, 2.0, 0.0, 1.0])) == pytest.approx((16 / 6) ** 3 / 16)
    assert skewness(np.array([2.0, -1.0, -1.0])) == pytest.approx(6 / 6**1.5) and skewness(np.zeros(2)) == 0
    spread = spread_of_sizes(np.array([0.0, 1.0, 4.0, 4.0]), cap=8.0)
    assert (spread.events, spread.largest, spread.capped) == (3, 2, 33 / 64)
    assert spread.evenness == pytest.approx(((81 / 33) / (25 / 9)) ** 4)


def test_events_are_no_more_than_units_with_an_event():
    """Weights that the events did not meet could have met them."""
    weights = np.array([1.0, 1.0, 1.0, 100.0])
    happened = np.array([True, True, True, False])
    met = balanced_events(weights * happened, weights, happened)
    assert met == pytest.approx(0.75 * balanced_number(weights)) and balanced_number(weights * happened) == 3


@pytest.mark.parametrize(
    ("rewards", "events"),
    [
        (np.repeat([0.0, 1.0], [97, 3]), 3),
        (np.repeat([-1.0, 1.0], [97, 3]), 3),
        (np.repeat([0.0, 1.0], [3, 97]), 3),
        (np.repeat([7.3, 7.3 * (1 + 1e-16)], 50), 0),
        (np.append(np.linspace(-1e-9, 1e-9, 97), [1.0, 2.0, 3.0]), 3),
        (np.full(10, 1e200), 0),
    ],
    ids=["clicks", "a loss of 1 in place of 0", "mostly clicks", "a fee", "noise of a counter", "huge"],
)
def test_an_event_is_what_differs_from_the_usual_reward(rewards, events):
    sizes, middle = event_sizes(rewards)
    assert np.count_nonzero(sizes) == events == spread_of_sizes(sizes).events
    assert middle == median(rewards, np.ones(len(rewards)))


def test_a_thinned_log_has_the_events_of_the_whole():
    """Of 90 rows without a click every tenth was kept, and stands for ten."""
    rewards, weights = np.repeat([0.0, 1.0], [9, 10]), np.repeat([10.0, 1.0], [9, 10])
    assert median(rewards) == 1 and event_sizes(rewards, weights)[1] == 0


def test_evenness_of_log_normal_sizes():
    sizes = np.random.default_rng(0).lognormal(0, 1, 200_000)
    assert spread_of_sizes(sizes).evenness == pytest.approx(np.exp(-3), rel=0.1)


@given(st.integers(0, 10_000), st.floats(-1e3, 1e3), st.floats(-100, 100))
@settings(max_examples=50, deadline=None)
def test_a_constant_and_a_factor_change_nothing(seed, constant, exponent):
    rng = np.random.default_rng(seed)
    rewards = rng.lognormal(0, 1, 200) * (rng.random(200) < rng.uniform(0.02, 1))
    plain = spread_of_sizes(event_sizes(rewards)[0])
    moved = spread_of_sizes(event_sizes((rewards + constant) * 10.0**exponent)[0])
    assert (moved.events, moved.largest) == (plain.events, plain.largest)
    assert moved.evenness == pytest.approx(plain.evenness, rel=1e-6)
