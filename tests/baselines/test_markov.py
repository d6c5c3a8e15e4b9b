"""Chains: counts by hand, backing off, and a cycle."""

from __future__ import annotations

import numpy as np
import pytest

from rlbench_rec import policies
from rlbench_rec.baselines.markov import Chain


def test_probabilities_by_hand(log_of):
    log = log_of([[1, 2, 1], [1, 3]])
    # Popularity with one choice more each: 4, 2, 2 of 8. After 1: 2 once, 3 once; after 2: 1 once; after 3 nothing.
    chain = Chain(log, smoothing=1.0, backing_off=2.0)
    states = log_of([[3, 3], [1, 3], [2, 3]]).states()
    probabilities = np.exp(chain(states))
    popular = np.array([4, 2, 2]) / 8
    np.testing.assert_allclose(probabilities[0], popular)
    np.testing.assert_allclose(probabilities[1], popular)
    np.testing.assert_allclose(probabilities[3], (np.array([0, 1, 1]) + 2 * popular) / 4)
    np.testing.assert_allclose(probabilities[5], (np.array([1, 0, 0]) + 2 * popular) / 3)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0)


def test_a_cycle_is_reproduced(log_of):
    cycle = [[1 + (start + step) % 5 for step in range(6)] for start in range(5)] * 20
    log = log_of(cycle)
    policy = policies.make("markov", log)
    after_the_first = np.flatnonzero(np.arange(len(log)) > log.row_starts)
    best = policy.probabilities(log.states(after_the_first))
    np.testing.assert_array_equal(best.argmax(axis=1), log.actions[after_the_first])
    assert best.max(axis=1).min() > 0.99


def test_on_an_exposure_log_only_clicks_are_followed(log_of):
    # Shown 1 and clicked, shown 2, shown 3 and clicked: the user went from 1 to 3.
    log = log_of([[1, 2, 3]] * 10, events=np.array([3, 1, 3] * 10, np.int8))
    chain = Chain(log, smoothing=1.0, backing_off=1.0)
    scores = np.exp(chain(log.states(np.array([2]))))[0]
    popular = np.array([11, 1, 11]) / 23
    assert scores == pytest.approx((np.array([0, 0, 10]) + popular) / 11)


def test_a_smoothing_near_nothing_leaves_every_logarithm_finite(log_of):
    log = log_of([[1, 2], [2, 1]] * 5, action_count=3, item_count=3)
    scores = Chain(log, smoothing=1e-300, backing_off=1e-300)(log.states())
    assert np.isfinite(scores).all() and (scores[:, 2] < -600).all()
