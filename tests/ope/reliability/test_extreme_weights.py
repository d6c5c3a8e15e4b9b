"""Products of weights beyond the range of a float."""

from __future__ import annotations

import numpy as np
import pytest

from rlbench_rec import ope


def test_eighty_steps_of_tiny_propensities():
    """Products reach 1e456, which no float holds; self-normalised estimators do not care."""
    episodes, steps = 50, 80
    rng = np.random.default_rng(0)
    target = rng.uniform(0.3, 0.9, episodes * steps)
    starts = np.arange(0, episodes * steps, steps)
    log = ope.EvaluationLog(np.ones(episodes * steps), np.full(episodes * steps, 1e-6), target, episode_starts=starts)
    for name in ("snips", "sntis"):
        estimate = ope.estimate(log, name)
        assert (estimate.value, estimate.ci_low, estimate.ci_high) == pytest.approx((80, 80, 80), rel=1e-12)
        assert estimate.verdict == "unreliable"
    for name in ("ips", "tis"):
        estimate = ope.estimate(log, name)
        assert np.isnan(estimate.value) and "not defined" in estimate.reasons[0]


def test_products_that_vanish_are_not_zero_over_zero():
    """Ratios of 1e-6 over 80 steps underflow to 0; the ratio of sums is still defined."""
    episodes, steps = 20, 80
    starts = np.arange(0, episodes * steps, steps)
    ones = np.ones(episodes * steps)
    log = ope.EvaluationLog(ones, ones, np.full(episodes * steps, 1e-6), episode_starts=starts)
    assert ope.estimate(log, "snips", interval="none").value == pytest.approx(80, rel=1e-12)
    assert ope.estimate(log, "sntis", interval="none").value == pytest.approx(80, rel=1e-12)


def test_products_that_leave_the_range_of_a_float_and_return():
    """W_80 = 1e480 once and 1e-480 once, and back to 1 at the end; 1e480 times a ratio of 0 is 0."""
    up, down, zero = np.full(80, 1e6), np.full(80, 1e-6), np.zeros(80)
    ratios = np.concatenate([up, down, down, up, up, zero])
    scale = np.where(ratios > 1, 1e-6, 1.0)
    rewards = np.zeros(480)
    rewards[159::160] = 1.0
    log = ope.EvaluationLog(rewards, scale, ratios * scale, episode_starts=[0, 160, 320])
    np.testing.assert_allclose(log.final_weights, [1, 1, 0], rtol=1e-12)
    for name, expected in {"ips": 2 / 3, "tis": 2 / 3, "sntis": 1, "snips": 1}.items():
        assert ope.estimate(log, name, interval="none").value == pytest.approx(expected, rel=1e-11)


def test_zero_is_zero_under_a_weight_that_overflowed():
    rewards = np.zeros(160)
    rewards[80:] = 1.0
    propensities = np.concatenate([np.full(80, 1e-6), np.full(80, 0.5)])
    # A model that knows the rewards of rows, and nothing of what follows.
    log = ope.EvaluationLog(rewards, propensities, np.full(160, 0.5), rewards, np.zeros(160), [0, 80])
    assert np.isinf(log.final_weights[0])
    for name, expected in {"ips": 40, "tis": 40, "dr": 0, "sndr": 0, "sntis": 0}.items():
        estimate = ope.estimate(log, name)
        assert (estimate.value, estimate.verdict) == (expected, "unreliable") and np.isfinite(estimate.std_error)


def test_a_zero_ratio_after_an_overflow_ends_the_weight():
    """inf times 0 would be NaN: the episode that does what the policy never does counts nothing."""
    target = np.full(320, 0.5)
    target[100] = 0.0
    log = ope.EvaluationLog(np.ones(320), np.full(320, 1e-6), target, episode_starts=[0, 160])
    assert (log.importance_weights[100:160] == 0).all() and np.isfinite(log.log_weights[160:]).all()
    assert ope.estimate(log, "sntis", interval="none").value == pytest.approx(160, rel=1e-12)
