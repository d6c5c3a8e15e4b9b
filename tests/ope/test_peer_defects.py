"""Mistakes measured in other libraries, each as a test of ours; those of intervals stand in test_intervals.py."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from rlbench_rec import ope


def test_dr_averages_the_model_over_the_evaluation_policy():
    """With q at the logged action in place of E_pi q, "doubly robust" returns the logging policy's value."""
    rng = np.random.default_rng(0)
    n = 20_000
    pi_b, pi_e, q = np.array([0.8, 0.2]), np.array([0.1, 0.9]), np.array([4.0, 2.0])
    actions = (rng.random(n) < pi_b[1]).astype(int)
    log = ope.EvaluationLog.from_arrays(
        actions, q[actions], pi_b[actions], np.tile(pi_e, (n, 1)), np.tile(q, (n, 1)), np.tile(pi_b, (n, 1))
    )
    assert q @ pi_e == pytest.approx(2.2)
    for name in ("dm", "dr", "sndr"):
        assert ope.estimate(log, name, interval="none").value == pytest.approx(2.2, rel=1e-12)
    assert ope.estimate(log, "on-policy", interval="none").value == pytest.approx(3.6, abs=0.02)


def test_doubly_robust_estimates_discount_every_step():
    """One episode, all ratios 1, q = v = 0 but for v_1: rewards 1, 1, 1 at gamma 1/2 and the second value once."""
    log = ope.EvaluationLog([1, 1, 1], np.ones(3), np.ones(3), np.zeros(3), [0, 8, 0], [0], gamma=0.5)
    assert ope.estimate(log, "dr", interval="none").value == 1.75 + 0.5 * 8


def test_the_first_reward_counts_in_full():
    log = ope.EvaluationLog([3.0, 0.0], np.ones(2), np.ones(2), episode_starts=[0], gamma=0.1)
    for name in ("ips", "tis", "snips", "sntis", "on-policy"):
        assert ope.estimate(log, name, interval="none").value == 3


def test_a_95_percent_t_interval_is_two_sided():
    log = ope.EvaluationLog([0.0, 1.0, 2.0, 5.0], np.ones(4), np.ones(4))
    estimate = ope.estimate(log, "ips", interval="normal")
    # Mean 2, variance 14/3, standard error sqrt(14/12); t of 3 degrees of freedom at .975 is 3.18245.
    half = 3.182446305284263 * np.sqrt(14 / 12)
    assert (estimate.ci_low, estimate.ci_high) == pytest.approx((2 - half, 2 + half), rel=1e-12)


def test_clipping_is_part_of_the_reported_name():
    log = ope.EvaluationLog([1.0, 1.0], [0.1, 0.5], [1.0, 0.5])
    assert ope.estimate(log, "ips-clip", clip=10).estimator == "ips-clip10"
    assert ope.estimator("ips-clip", clip=1_234_567).label == "ips-clip1234567"
    assert ope.estimator("dros", shrinkage=0.1).label == "dros0.1"
    # SNIPS itself never clips: (10 + 1) / (10 + 1).
    assert ope.estimate(log, "snips", interval="none").value == 1


def test_costs_are_judged_like_rewards():
    rng = np.random.default_rng(0)
    rewards = rng.normal(1, 0.2, 2_000)
    propensities, target = np.full(2_000, 0.5), rng.uniform(0.3, 0.7, 2_000)
    gain, cost = (ope.estimate(ope.EvaluationLog(sign * rewards, propensities, target), "snips") for sign in (1, -1))
    assert gain.verdict == cost.verdict == "trusted"
    assert (cost.ci_low, cost.ci_high) == pytest.approx((-gain.ci_high, -gain.ci_low), rel=1e-12)


def test_weights_of_long_logs_keep_their_digits():
    """Differences of one running sum of logarithms lose ten digits over a long log, and all after a zero weight."""
    rng = np.random.default_rng(1)
    ratios = rng.lognormal(0, 2, 300_000)
    ratios[5] = 0.0
    log = ope.EvaluationLog(
        np.ones(300_000), np.full(300_000, 1e-9), ratios * 1e-9, episode_starts=np.arange(0, 300_000, 3)
    )
    np.testing.assert_allclose(log.weights[-3:], np.cumprod(log.ratios[-3:]), rtol=1e-15)
    assert log.weights[5] == 0 and (log.weights[6:] > 0).all()


def test_importing_loads_numpy_alone():
    heavy = [
        "torch",
        "pandas",
        "scipy",
        "sklearn",
        "d3rlpy",
        "duckdb",
        "pydantic",
        "pandera",
        "gymnasium",
        "typer",
        "rich",
        "matplotlib",
    ]
    code = f"import sys, rlbench_rec.ope; print([m for m in {heavy!r} if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "[]"
