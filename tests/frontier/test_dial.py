"""Dials: the same distance from the behaviour policy for every family, and what cannot be reached."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlbench_rec.errors import InputError, UnknownNameError
from rlbench_rec.frontier import dial as dials
from rlbench_rec.policies.divergence import divergence


def tables(seed: int, rows: int = 40, actions: int = 5) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(rows, actions)), rng.dirichlet(np.ones(actions), rows)


@pytest.mark.parametrize("dial", ["tilted", "mixed"])
def test_steps_lie_at_the_divergences_asked_for(dial):
    scores, base = tables(0)
    steps = dials.settings(dial, scores, base, (0.01, 0.1, 1.0), 3.0)
    assert [step.divergence for step in steps] == [0.01, 0.1, 1.0]
    for step in steps:
        policy = dials.reweighted(dial, scores, base, step.parameter)
        assert divergence(policy, base, 3.0) == pytest.approx(step.divergence, rel=1e-6)
        assert policy.sum(axis=1) == pytest.approx(1.0)


def test_a_mixture_of_two_equal_actions_by_hand():
    # b = (1/2, 1/2), greedy is action 1: at m = 1/2 it has (1/4, 3/4), KL = log 2 - H(1/4).
    nats = math.log(2) + 0.25 * math.log(0.25) + 0.75 * math.log(0.75)
    (step,) = dials.settings("mixed", np.array([[0.0, 1.0]]), np.full((1, 2), 0.5), [nats], 1.0)
    assert step.parameter == pytest.approx(0.5)


def test_a_constrained_policy_by_hand():
    # The best of all is action 2 (b = .1), the likeliest action 0 (b = .6). At c above 1/2 the policy is action 0, from
    # there action 1 (b = .3), from 1/6 on action 2: -log b = .51, 1.20, 2.30.
    scores, base = np.array([[0.0, 1.0, 2.0]]), np.array([[0.6, 0.3, 0.1]])
    steps = dials.settings("constrained", scores, base, (0.3, 0.6, 1.0, 1.3, 2.2, 2.4), 1.0)
    assert [step.divergence for step in steps] == pytest.approx([-math.log(0.6), -math.log(0.3), -math.log(0.1)])
    assert [step.parameter for step in steps] == pytest.approx([0.75, (1 / 2 + 1 / 6) / 2, 1 / 12])


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), rounded=st.booleans())
def test_a_constrained_step_is_the_boldest_within_its_divergence(seed, rounded):
    scores, base = tables(seed, rows=7, actions=4)
    if rounded:
        # Ties of scores and of probabilities, and actions that the base never takes.
        scores, base = np.round(scores), np.floor(base * 4 + 0.25) + np.array([1.0, 0, 0, 0])
        base /= base.sum(axis=1, keepdims=True)
    shares = np.linspace(0.0, 1.0, 101)
    reached = np.array([divergence(dials.reweighted("constrained", scores, base, c), base, 1.5) for c in shares])
    for wanted in (0.3, 0.8, 1.5, 2.4):
        for step in dials.settings("constrained", scores, base, [wanted], 1.5):
            exact = divergence(dials.reweighted("constrained", scores, base, step.parameter), base, 1.5)
            assert step.divergence == pytest.approx(exact)
            if not rounded:
                assert exact <= wanted and exact >= reached[reached <= wanted].max(initial=0.0) - 1e-12


def test_constrained_is_no_dial_of_longer_sessions():
    scores, base = tables(1)
    assert dials.settings("constrained", scores, base, [2.4], 2.0)
    assert not dials.settings("constrained", scores, base, [2.4], 2.1)


def test_what_cannot_be_reached_is_left_out():
    # Within two equally likely actions nothing is further than log 2 from the base.
    scores, base = np.array([[0.0, 1.0]]), np.full((1, 2), 0.5)
    for dial in ("tilted", "mixed"):
        assert len(dials.settings(dial, scores, base, (0.6, 0.7), 1.0)) == 1
    assert not dials.settings("tilted", np.zeros((1, 2)), base, (0.1,), 1.0), "scores that say nothing"


def test_a_greedy_action_that_the_base_never_takes_leaves_no_mixture():
    scores, base = np.array([[0.0, 0.0, 1.0]]), np.array([[0.5, 0.5, 0.0]])
    assert dials.settings("mixed", scores, base, (0.1,), 1.0) == []


def test_actions_that_are_ruled_out_get_nothing():
    scores, base = tables(2)
    scores[:, 1] = -np.inf
    for dial in dials.DIALS:
        for step in dials.settings(dial, scores, base, (1.0, 2.4, 4.0), 1.5):
            policy = dials.reweighted(dial, scores, base, step.parameter)
            assert (policy[:, 1] > 0).any() == (dial == "mixed"), "a mixture keeps what the base shows"


@pytest.mark.parametrize("divergences", [(), (0.0, 0.1), (0.2, 0.1), (0.1, np.inf), (np.nan,)])
def test_divergences_ascend_from_above_0(divergences):
    with pytest.raises(InputError) as caught:
        dials.check_dials(["tilted"], divergences)
    assert caught.value.where == "divergences"


def test_unknown_dials_are_refused():
    with pytest.raises(UnknownNameError, match="tilted"):
        dials.check_dials(["tiltd"], [0.1])
    with pytest.raises(InputError):
        dials.check_dials([], [0.1])
    with pytest.raises(InputError, match="named twice"):
        dials.check_dials(["tilted", "tilted"], [0.1])
