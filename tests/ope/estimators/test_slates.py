"""Slates: aliases of the sequential estimators, and those by position."""

from __future__ import annotations

import numpy as np
import pytest

from rlbench_rec import ope


def slates(lengths=(2, 2, 1)) -> ope.EvaluationLog:
    #  slate A: w 2, 1/2, rewards 1, 3;  B: w 1/2, 2, rewards 0, 1;  C: w 1, reward 2
    starts = np.cumsum(lengths) - np.array(lengths)
    return ope.EvaluationLog(
        [1, 3, 0, 1, 2], [0.25, 0.5, 0.5, 0.25, 0.5], [0.5, 0.25, 0.25, 0.5, 0.5], episode_starts=starts
    )


def value(log, name):
    return ope.estimate(log, name, interval="none").value


def test_by_position_on_paper():
    log = slates()
    assert value(log, "iips") == pytest.approx((2 + 1.5 + 0 + 2 + 2) / 3, rel=1e-15)
    # Position 1: (2 + 0 + 2) / 3.5, on every slate; position 2: (1.5 + 2) / 2.5, on two of three.
    assert value(log, "sniips") == pytest.approx(4 / 3.5 + 2 / 3 * 3.5 / 2.5, rel=1e-15)


@pytest.mark.parametrize(
    ("slate", "sequential"),
    [("sips", "tis"), ("snsips", "sntis"), ("rips", "ips"), ("snrips", "snips"), ("cascade-dr", "dr")],
)
def test_names_of_the_slate_literature(slate, sequential):
    assert ope.estimator(slate) == ope.estimator(sequential)


def test_one_position_is_a_one_step_log():
    log = ope.EvaluationLog([1, 2], [0.5, 0.5], [0.25, 1])
    assert value(log, "iips") == value(log, "ips") and value(log, "sniips") == value(log, "snips")


def test_positions_of_constant_reward_have_that_value_in_every_resample():
    rng = np.random.default_rng(0)
    n, k = 300, 5
    log = ope.EvaluationLog(
        np.tile([1.0, 2, 3, 4, 5], n),
        rng.uniform(0.3, 0.9, n * k),
        rng.uniform(0.3, 0.9, n * k),
        episode_starts=np.arange(0, n * k, k),
    )
    estimate = ope.estimate(log, "sniips")
    assert (estimate.value, estimate.ci_low, estimate.ci_high) == pytest.approx((15, 15, 15), rel=1e-12)
    assert estimate.std_error < 1e-12


def test_standard_errors_agree_with_the_bootstrap_on_ragged_slates():
    rng = np.random.default_rng(1)
    lengths = rng.integers(1, 5, 3_000)
    n = lengths.sum()
    propensities = rng.uniform(0.4, 0.6, n)
    log = ope.EvaluationLog(
        rng.normal(1, 1, n),
        propensities,
        propensities * rng.uniform(0.5, 1.5, n),
        episode_starts=np.cumsum(lengths) - lengths,
    )
    for estimate in ope.estimate_all(log, ["iips", "sniips"]):
        assert (estimate.ci_high - estimate.ci_low) / 3.92 == pytest.approx(estimate.std_error, rel=0.08)


def test_the_verdict_is_that_of_the_worst_position():
    """Weights 1 at the first position; at the second, one slate in 400 has all the weight."""
    weights = np.ones((400, 2))
    weights[:, 1] = 1e-6
    weights[7, 1] = 400.0
    log = ope.EvaluationLog(
        np.arange(800) // 2 % 2, np.full(800, 0.0025), weights.ravel() * 0.0025, episode_starts=np.arange(0, 800, 2)
    )
    estimate = ope.estimate(log, "iips")
    assert estimate.verdict == "unreliable"
    assert estimate.reasons[0].startswith("position 2: effective sample size 1")


def test_pseudo_inverse_on_paper():
    """Weights A: 1 + (2 - 1) + (1/2 - 1) = 3/2, B: the same, C: 1; slate rewards 4, 1, 2."""
    log = slates()
    assert value(log, "pseudo-inverse") == pytest.approx((6 + 1.5 + 2) / 3, rel=1e-15)
    assert value(log, "sn-pseudo-inverse") == pytest.approx(9.5 / 4, rel=1e-15)
    assert ope.estimator("pi") == ope.estimator("pseudo-inverse")
    assert ope.estimator("wpi") == ope.estimator("sn-pseudo-inverse")


def test_pseudo_inverse_sees_totals_only():
    """Where in a slate its reward is noted does not matter; with one position it is ips."""
    one = slates()
    other = ope.EvaluationLog(
        [0, 4, 1, 0, 2], one.propensities, one.target_propensities, episode_starts=one.episode_starts
    )
    for name in ("pseudo-inverse", "sn-pseudo-inverse"):
        assert value(other, name) == pytest.approx(value(one, name), rel=1e-15)
    single = ope.EvaluationLog([1, 2], [0.5, 0.5], [0.25, 1])
    assert value(single, "pi") == pytest.approx(value(single, "ips"), rel=1e-15)
    assert value(single, "wpi") == pytest.approx(value(single, "snips"), rel=1e-15)


def test_negative_weights_of_slates_are_judged():
    """Mean 1, but of either sign: the effective sample size is (100)^2 / sum of squares."""
    n = 100
    weights = np.where(np.arange(n) % 2, 11.0, -9.0)
    log = ope.EvaluationLog(np.ones(n), np.ones(n), np.ones(n), slate_weights=weights)
    estimate = ope.estimate(log, "pseudo-inverse")
    assert estimate.value == 1 and estimate.verdict == "unreliable"
    assert estimate.reasons[0] == "effective sample size 0.9901, below 50"
