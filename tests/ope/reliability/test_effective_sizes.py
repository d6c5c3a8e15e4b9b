"""Figures of events and their sizes: on paper, and unchanged where the error is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtri

from rlbench_rec.ope.reliability.effective_sizes import (
    balanced_events,
    events_of,
    largest_size,
    log_normal_evenness,
    median,
    spread_of_sizes,
)
from rlbench_rec.ope.reliability.weight_sums import Magnitudes


def test_on_paper():
    assert Magnitudes.of(np.array([1.0, -1.0, 0.0, 1.0])).balanced_number == pytest.approx(3)
    assert Magnitudes.of(np.array([2.0, 1.0])).balanced_number == pytest.approx(125 / 81)
    assert Magnitudes.of(np.zeros(3)).balanced_number == Magnitudes.of(np.zeros(0)).balanced_number == 0
    spread = spread_of_sizes(np.array([1.0, 4.0, 4.0]), limit=8.0)
    assert (spread.effective, spread.largest, spread.known) == pytest.approx((81 / 33, 2, 33 / 64 / 3))
    assert spread_of_sizes(np.array([1.0, 4.0]), counts=np.array([1.0, 2.0])).effective == pytest.approx(81 / 33)
    assert largest_size((-1.0, 3.0), 0.0) == 3 and largest_size((-1.0, 3.0), 2.5) == 3.5
    assert largest_size(None, 0.0) is None


def test_weights_that_no_event_met_could_have_met_one():
    assert balanced_events(90.0, 400.0, 0.1) == pytest.approx(40)
    assert balanced_events(10.0, 400.0, 0.1) == pytest.approx(20)
    assert balanced_events(0.0, 400.0, 0.0) == 0


@pytest.mark.parametrize(
    ("rewards", "events"),
    [
        (np.repeat([0.0, 1.0], [97, 3]), 3),
        (np.repeat([-1.0, 1.0], [97, 3]), 3),
        (np.repeat([0.0, 1.0], [3, 97]), 3),
        (np.repeat([7.3, 7.3 * (1 + 1e-15)], 50), 0),
        (np.append(np.linspace(-1e-9, 1e-9, 97), [10.0, 20.0, 30.0]), 3),
        (np.full(10, 1e200), 0),
    ],
    ids=["clicks", "a loss of 1 in place of 0", "mostly clicks", "a fee", "rounding", "huge"],
)
def test_an_event_is_what_differs_from_the_usual_reward(rewards, events):
    found = events_of(rewards)
    assert len(found.rows) == events and found.median == median(rewards, np.ones(len(rewards)))


def test_a_thinned_log_has_the_median_of_the_whole():
    """Of 90 rows without a click every tenth was kept, and stands for ten."""
    rewards, weights = np.repeat([0.0, 1.0], [9, 10]), np.repeat([10.0, 1.0], [9, 10])
    assert median(rewards) == 1 and median(rewards, weights) == 0


def test_evenness_of_log_normal_sizes():
    """About what samples show in the middle of many."""
    rng = np.random.default_rng(0)
    for sigma in (0.3, 1.0, 1.5):
        samples = [rng.lognormal(0, sigma, 1_000) for _ in range(200)]
        shown = np.median([Magnitudes.of(sizes).balanced_number / 1_000 for sizes in samples])
        told = np.median([log_normal_evenness(_ratio(sizes), 1_000) for sizes in samples])
        assert 0.5 * shown < told < 1.7 * shown
    assert log_normal_evenness(1.0, 50) == pytest.approx(1, abs=0.01)


def _ratio(sizes):
    return (sizes.sum() ** 2 / (sizes**2).sum()) / (np.sqrt(sizes).sum() ** 2 / sizes.sum())


def test_without_a_known_range_no_sizes_are_known_to_be_even():
    """Nor within a wide one: an order of 60 may be unseen where all that were seen are of 1."""
    clicks = np.ones(50)
    assert spread_of_sizes(clicks, limit=60.0).evenness == 0.33
    assert spread_of_sizes(clicks).evenness == 0.33 and spread_of_sizes(clicks).known == 0
    assert spread_of_sizes(clicks, limit=1.0).evenness == spread_of_sizes(clicks, limit=1.0).known == 1
    assert spread_of_sizes(clicks[:0]).evenness == 0


@given(st.integers(0, 10_000), st.floats(-1e3, 1e3), st.floats(-100, 100))
@settings(max_examples=50, deadline=None)
def test_a_constant_and_a_factor_change_nothing(seed, constant, exponent):
    rng = np.random.default_rng(seed)
    rewards = rng.lognormal(0, 1, 200) * (rng.random(200) < rng.uniform(0.02, 1))
    plain, moved = events_of(rewards), events_of((rewards + constant) * 10.0**exponent)
    assert (moved.rows == plain.rows).all()
    one, two = spread_of_sizes(plain.sizes), spread_of_sizes(moved.sizes)
    assert (two.effective, two.evenness, two.largest) == pytest.approx((one.effective, one.evenness, one.largest))


def test_a_longer_log_sees_more_of_the_tail():
    sizes = spread_of_sizes(np.exp(0.8 * ndtri((np.arange(400) + 0.5) / 400)))
    assert sizes.of_longer(1.0) == sizes
    assert sizes.of_longer(4.0).evenness == log_normal_evenness(sizes.ratio, 1600) < sizes.evenness
    assert sizes.of_longer(4.0, errors=1.0).evenness < sizes.of_longer(4.0).evenness
    clicks = spread_of_sizes(np.ones(30))
    assert clicks.of_longer(5.0, errors=3.0) == clicks, "equal sizes are known without error"


def test_the_error_of_the_ratio_is_that_of_samples():
    rng, count, sigma = np.random.default_rng(0), 400, 0.5
    logs = np.log([spread_of_sizes(rng.lognormal(0.0, sigma, count)).ratio for _ in range(400)])
    sizes = spread_of_sizes(np.exp(sigma * ndtri((np.arange(count) + 0.5) / count)))
    # With 1 / times = 0 all of the error is this log's: from the ratio one error lower, back to the error.
    lower = replace(sizes, ratio=sizes.ratio * np.exp(-np.std(logs)))
    known = sizes.of_longer(1e9, errors=1.0)
    assert known.evenness == pytest.approx(lower.of_longer(1e9).evenness, rel=0.1)
