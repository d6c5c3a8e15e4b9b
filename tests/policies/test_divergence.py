"""How far a policy is from the base, and the tilt that is a given distance away."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from rlbench_rec.errors import InputError
from rlbench_rec.policies import DIVERGENCES, divergence, temperature_for, temperatures_for, tilt


def test_by_hand():
    base = np.array([[0.5, 0.5], [0.25, 0.75]])
    policy = np.array([[1.0, 0.0], [0.25, 0.75]])
    # log 2 in the first state, nothing in the second: log 2 / 2 a decision, four decisions a session.
    assert divergence(policy, base, 4.0) == pytest.approx(2.0 * math.log(2.0))
    assert divergence(base, base, 4.0) == 0.0
    assert divergence(base, policy, 4.0) == math.inf


def test_the_temperature_by_hand():
    # Two equally likely actions, a gap of 1: the better one has 1 / (1 + e^(-1/tau)).
    scores, base = np.array([[0.0, 1.0]]), np.array([[0.5, 0.5]])
    share = 1.0 / (1.0 + math.exp(-1.0 / 0.7))
    nats = share * math.log(2 * share) + (1 - share) * math.log(2 * (1 - share))
    assert temperature_for(scores, base, 3.0 * nats, 3.0) == pytest.approx(0.7, rel=1e-8)


def test_what_cannot_be_reached():
    scores, base = np.array([[0.0, 1.0, -np.inf]]), np.array([[0.3, 0.2, 0.5]])
    # What is ruled out takes half of the base's mass: log 2 nats even without a tilt.
    assert temperature_for(scores, base, math.log(2.0), 1.0) == math.inf
    assert 0.0 < temperature_for(scores, base, math.log(2.0) + 0.1, 1.0) < math.inf
    # The best action has a fifth of it: log 5 nats at most.
    assert temperature_for(scores, base, math.log(5.0), 1.0) == 0.0
    assert temperature_for(scores, base, 0.0, 1.0) == math.inf


def test_scores_that_prefer_nothing_leave_the_base():
    base = np.array([[0.3, 0.2, 0.5]])
    temperature = temperature_for(np.full((1, 3), 7.0), base, 0.3, 1.0)
    assert temperature == 0.0
    np.testing.assert_allclose(tilt(np.full((1, 3), 7.0), base, temperature), base)


def test_a_state_where_nothing_is_left_counts_as_no_nats():
    scores = np.array([[0.0, 1.0], [-np.inf, -np.inf]])
    base = np.array([[0.5, 0.5], [0.5, 0.5]])
    once = temperature_for(scores[:1], base[:1], 0.2, 1.0)
    assert temperature_for(scores, base, 0.1, 1.0) == pytest.approx(once, rel=1e-8)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((np.zeros((2, 3)), np.full((2, 2), 0.5), 0.1, 1.0), "the same are needed"),
        ((np.zeros((0, 2)), np.zeros((0, 2)), 0.1, 1.0), "a row at least"),
        ((np.array([[np.nan, 0.0]]), np.full((1, 2), 0.5), 0.1, 1.0), "neither a number nor minus infinity"),
        ((np.array([[np.inf, 0.0]]), np.full((1, 2), 0.5), 0.1, 1.0), "neither a number nor minus infinity"),
        ((np.zeros((1, 2)), np.full((1, 2), 0.5), -0.1, 1.0), "-0.1 nats"),
        ((np.zeros((1, 2)), np.full((1, 2), 0.5), math.nan, 1.0), "nan nats"),
        ((np.zeros((1, 2)), np.full((1, 2), 0.5), 0.1, 0.0), "decisions_per_episode"),
    ],
)
def test_what_is_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        temperature_for(*arguments)


def test_several_at_once_are_those_one_by_one():
    rng = np.random.default_rng(0)
    scores, base = rng.normal(size=(50, 6)), rng.dirichlet(np.ones(6), size=50)
    single = tuple(temperature_for(scores, base, each, 5.0) for each in DIVERGENCES)
    assert temperatures_for(scores, base, DIVERGENCES, 5.0) == single
    assert sorted(single, reverse=True) == list(single)


# Without numbers near the smallest that a float holds, which have a few digits and no more.
NUMBERS = st.floats(-10, 10).map(lambda number: round(number, 200))
FINITE_SCORES = arrays.arrays(np.float64, (5, 4), elements=NUMBERS)
SCORES = arrays.arrays(np.float64, (5, 4), elements=st.one_of(NUMBERS, st.just(-np.inf)))
SHARES = arrays.arrays(np.float64, (5, 4), elements=st.floats(0.001, 1.0))


@settings(max_examples=200)
@given(SCORES, SHARES, st.sampled_from(DIVERGENCES), st.floats(1.0, 20.0), st.sampled_from([1e-6, 1.0, 1e6]))
def test_the_tilt_is_as_far_away_as_asked(scores, shares, nats, decisions, unit):
    base = shares / shares.sum(axis=1, keepdims=True)
    temperature = temperature_for(scores * unit, base, nats, decisions)
    reached = divergence(tilt(scores * unit, base, temperature), base, decisions)
    if temperature == math.inf:
        assert reached >= nats * (1 - 1e-6)
    elif temperature == 0.0:
        assert reached <= nats * (1 + 1e-6)
    else:
        # Scores of all sizes: where two gaps differ by twelve orders, D has a plateau that ends within a rounding.
        assert reached == pytest.approx(nats, rel=1e-6)


@given(FINITE_SCORES, SHARES, st.floats(0.01, 100), st.floats(1.01, 10))
def test_colder_is_further(scores, shares, temperature, factor):
    base = shares / shares.sum(axis=1, keepdims=True)
    near, far = (divergence(tilt(scores, base, each), base, 1.0) for each in (temperature * factor, temperature))
    assert near <= far + 1e-12
