"""Policies that reweight the behaviour policy: by hand, and what holds for any scores and base."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from rlbench_rec.errors import InputError
from rlbench_rec.policies import ConstrainedGreedy, Greedy, Mixed, Policy, Stateless, Tilted, tilt

Q = np.array([[0.0, 1.0, 2.0], [3.0, 3.0, 0.0]])
BASE = np.array([[0.5, 0.3, 0.2], [0.2, 0.6, 0.2]])
STATES = np.array([[0.0], [1.0]], dtype=np.float32)


def q(states: np.ndarray) -> np.ndarray:
    return Q[states[:, 0].astype(int)]


class Service(Policy):
    """What is in service: the rows of BASE."""

    name, action_count = "service", 3

    def probabilities(self, states):
        return BASE[states[:, 0].astype(int)]


MADE = {
    "tilted": lambda base=None: Tilted(q, 3, np.log(2) ** -1, base),
    "mixed": lambda base=None: Mixed(Greedy(q, 3), 0.25, base),
    "constrained": lambda base=None: ConstrainedGreedy(q, 3, 0.5, base),
}
# exp(q / tau) = 2^q: .5, .6, .8 over 1.9, and 1.6, 4.8, .2 over 6.6.
BY_HAND = {
    "tilted": [[5 / 19, 6 / 19, 8 / 19], [16 / 66, 48 / 66, 2 / 66]],
    "mixed": [[0.375, 0.225, 0.4], [0.4, 0.45, 0.15]],
    # Half of the likeliest is .25, which leaves actions 0 and 1; in the second state .3, which leaves action 1.
    "constrained": [[0, 1, 0], [0, 1, 0]],
}


@pytest.mark.parametrize("form", MADE)
def test_by_hand(form):
    served, given_base = MADE[form](Service()), MADE[form]()
    np.testing.assert_allclose(served.probabilities(STATES), BY_HAND[form], rtol=1e-14)
    np.testing.assert_array_equal(given_base.probabilities(STATES, BASE), served.probabilities(STATES))
    actions = np.array([2, 1])
    expected = np.array(BY_HAND[form])[[0, 1], actions]
    np.testing.assert_allclose(given_base.probability_of(STATES, actions, BASE), expected, rtol=1e-14)
    np.testing.assert_allclose(served.probability_of(STATES, actions), expected, rtol=1e-14)
    draws = [
        policy.act(STATES, np.random.default_rng(3), *base) for policy, base in ((served, ()), (given_base, [BASE]))
    ]
    np.testing.assert_array_equal(*draws)


@pytest.mark.parametrize("form", MADE)
def test_a_given_base_goes_before_its_own(form):
    uniform = np.full((2, 3), 1 / 3)
    with_own, without = MADE[form](Service()), MADE[form]()
    np.testing.assert_array_equal(with_own.probabilities(STATES, uniform), without.probabilities(STATES, uniform))


@pytest.mark.parametrize("form", MADE)
@pytest.mark.parametrize(
    ("base", "message"),
    [
        (None, "reweights another policy, and none is given. Give base"),
        (BASE[:1], r"Shape \(1, 3\); \(2, 3\) is needed"),
        (BASE[:, :2], r"Shape \(2, 2\); \(2, 3\) is needed"),
        (BASE * [[1], [0.9]], r"Row 1 \(1 in all\) is not a row of probabilities: it sums to 0.9"),
        (np.array([[1.2, -0.2, 0], [1, 0, 0]]), "Row 0"),
        (np.array([[np.nan, 0.5, 0.5], [np.nan, 0, 0]]), r"Row 0 \(2 in all\)"),
    ],
)
def test_a_bad_base_is_refused(form, base, message):
    with pytest.raises(InputError, match=message):
        MADE[form]().probabilities(STATES, base)


def test_actions_must_be_as_many_as_states():
    with pytest.raises(InputError, match="2 states, 1 actions and 2 rows"):
        MADE["tilted"]().probability_of(STATES, np.array([0]), BASE)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Tilted(q, 3, -1.0), "temperature is -1"),
        (lambda: Tilted(q, 3, float("nan")), "temperature is nan"),
        (lambda: Mixed(Greedy(q, 3), 1.5), "share is 1.5"),
        (lambda: ConstrainedGreedy(q, 3, -0.1), "share is -0.1"),
    ],
)
def test_bad_parameters_are_refused(make, message):
    with pytest.raises(InputError, match=message):
        make()


def test_the_ends_of_each_dial():
    at_end = {temperature: Tilted(q, 3, temperature, Service()).probabilities(STATES) for temperature in (0.0, np.inf)}
    # Both of the second state's best actions stay, in the base's proportion.
    np.testing.assert_allclose(at_end[0.0], [[0, 0, 1], [0.25, 0.75, 0]])
    np.testing.assert_allclose(at_end[np.inf], BASE, rtol=1e-15)
    np.testing.assert_array_equal(Mixed(Greedy(q, 3), 0.0, Service()).probabilities(STATES), BASE)
    np.testing.assert_array_equal(Mixed(Greedy(q, 3), 1.0, Service()).probabilities(STATES), [[0, 0, 1], [1, 0, 0]])
    np.testing.assert_array_equal(ConstrainedGreedy(q, 3, 0.0, Service()).act(STATES, np.random.default_rng(0)), [2, 0])
    np.testing.assert_array_equal(ConstrainedGreedy(q, 3, 1.0, Service()).act(STATES, np.random.default_rng(0)), [0, 1])


def test_greedy_within_the_base_never_leaves_it():
    policy = ConstrainedGreedy(q, 3, 0.0, Stateless("two", np.array([0.5, 0.5, 0.0])))
    np.testing.assert_array_equal(policy.probabilities(STATES), [[0, 1, 0], [1, 0, 0]])


@pytest.mark.parametrize("form", ["tilted", "constrained"])
def test_where_scores_rule_out_all_that_the_base_shows_it_is_the_base(form):
    scores = np.array([[-np.inf, -np.inf, 1.0], [-np.inf, 2.0, 1.0]])
    base = np.array([[0.4, 0.6, 0.0], [0.5, 0.25, 0.25]])
    rows = MADE[form]().reweight(scores, base)
    np.testing.assert_array_equal(rows[0], base[0])
    assert rows[1, 0] == 0.0 and rows[1].sum() == pytest.approx(1.0)


def test_extreme_scores_and_temperatures_do_not_overflow():
    scores = np.array([[1e300, -1e300, 0.0], [1e-300, 0.0, -np.inf]])
    for temperature in (1e-300, 1.0, 1e300):
        rows = tilt(scores, np.full((2, 3), 1 / 3), temperature)
        assert np.isfinite(rows).all() and np.allclose(rows.sum(axis=1), 1.0)


SCORES = arrays.arrays(np.float64, (4, 3), elements=st.one_of(st.floats(-1e3, 1e3), st.just(-np.inf)))
SHARES = arrays.arrays(np.float64, (4, 3), elements=st.one_of(st.just(0.0), st.floats(0.01, 1.0)))


@settings(max_examples=200)
@given(SCORES, SHARES, st.floats(0.0, 1e4), st.floats(0, 1))
def test_rows_are_probabilities_within_the_base(scores, shares, temperature, share):
    base = (shares + np.eye(4, 3) * 0.01 + np.array([0, 0, 0.01])) / 1.0
    base /= base.sum(axis=1, keepdims=True)
    possible = (scores > -np.inf) & (base > 0)
    for policy in (Tilted(q, 3, temperature), ConstrainedGreedy(q, 3, share)):
        rows = policy.reweight(scores, base)
        np.testing.assert_allclose(rows.sum(axis=1), 1.0, rtol=1e-12)
        assert (rows >= 0).all() and not rows[base == 0].any()
        left = possible.any(axis=1)
        assert not rows[left][~possible[left]].any()
        np.testing.assert_array_equal(rows[~left], base[~left])
