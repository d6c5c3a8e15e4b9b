"""Mistakes measured in other libraries, each as a test of ours.

Frozen denominators, cluster divisors and 80-step products have more tests in test_intervals.py and
test_extreme_weights.py; that no reward model sees the rows it is used on is tested in training/test_cross_fit.py.
"""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from rlbench_rec import ope
from rlbench_rec.errors import InputError


# --- intervals ---
@pytest.mark.parametrize("interval", ["bootstrap", "bca", "studentised", "normal"])
@pytest.mark.parametrize("steps", [1, 4])
def test_self_normalised_estimates_of_constant_rewards_are_certain(interval, steps):
    """Resampling the numerator over a frozen denominator gives [0.923, 1.082]; the answer is [1, 1]."""
    rng = np.random.default_rng(0)
    propensities = rng.uniform(0.2, 0.8, 400)
    rewards, zeros = np.zeros(400), np.zeros(400)
    rewards[::steps] = 1.0
    target = rng.uniform(0.2, 0.8, 400)
    log = ope.EvaluationLog(rewards, propensities, target, zeros, zeros, np.arange(0, 400, steps))
    for estimate in ope.estimate_all(log, ["snips", "sndr"] + ["sntis"] * (steps == 1), interval=interval):
        assert (estimate.value, estimate.ci_low, estimate.ci_high) == pytest.approx((1, 1, 1), abs=1e-9)


def test_a_hoeffding_interval_is_that_of_a_mean_not_of_a_sum():
    """At 22 terms in [0, 1] the half width is .290; times n it would be 6.4."""
    log = ope.EvaluationLog(np.tile([0.0, 1.0], 11), np.ones(22), np.ones(22), reward_range=(0, 1))
    estimate = ope.estimate(log, "on-policy", interval="hoeffding")
    assert (estimate.ci_high - estimate.ci_low) / 2 == pytest.approx(np.sqrt(np.log(40) / 44), rel=1e-12)
    assert (estimate.ci_high - estimate.ci_low) / 2 == pytest.approx(0.2895, abs=1e-4)


@pytest.mark.parametrize("interval", ["hoeffding", "bernstein", "betting", "betting-sequence", "cressie-read"])
def test_sample_extremes_are_no_known_range(interval):
    """Rewards up to 1 were seen; that 10 is possible must widen the interval, and knowing nothing must be refused."""
    rng = np.random.default_rng(0)
    columns = (rng.random(2_000), np.full(2_000, 0.5), rng.uniform(0.3, 0.7, 2_000))
    widths = []
    for high in (1, 10):
        log = ope.EvaluationLog(*columns, reward_range=(0, high), weight_bound=2)
        estimate = ope.estimate(log, "ips", interval=interval)
        widths.append(estimate.ci_high - estimate.ci_low)
    assert widths[1] > widths[0]
    for known in ({}, {"weight_bound": 2}, {"reward_range": (0, 1)}):
        with pytest.raises(InputError, match="known"):
            ope.estimate(ope.EvaluationLog(*columns, **known), "ips", interval=interval)


def test_bounds_on_a_log_of_two_rows_say_that_nothing_is_known():
    """One weight of 10,000 among 5,000: honest intervals cover nearly all of [0, 1]."""
    weights = np.full(5_000, 0.02)
    weights[17] = 4_900.0
    clicks = np.zeros(5_000)
    clicks[::100] = 1.0
    log = ope.EvaluationLog(clicks, np.full(5_000, 1e-4), weights * 1e-4, reward_range=(0, 1), weight_bound=10_000)
    for interval in ("hoeffding", "bernstein", "betting", "betting-sequence"):
        estimate = ope.estimate(log, "ips", interval=interval)
        assert estimate.ci_low < 0.001 and estimate.ci_high == 1


# --- values ---
def test_dr_averages_the_model_over_the_target_policy():
    """With q at the logged action in place of E_pi q, "doubly robust" returns the behaviour policy's value."""
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


def test_marginalised_doubly_robust_discounts_and_weighs_the_value_of_a_state_by_the_step_before():
    """d 1, 3 and rho 2, 1, gamma 1/2: a reward of 1 at the second step counts .5 * 3, a value of 1 there .5 * 1 * 2."""
    rho = {"propensities": [0.5, 1.0], "target_propensities": [1.0, 1.0], "episode_starts": [0], "gamma": 0.5}
    for rewards, values, expected in (([0, 1], [0, 0], 0.5 * 3), ([0, 0], [0, 1], 0.5 * 1 * 2)):
        log = ope.EvaluationLog(rewards, q_logged=[0, 0], v_target=values, state_ratios=[1, 3], **rho)
        assert ope.estimate(log, "drl", interval="none").value == expected


def test_return_distributions_count_the_first_reward_in_full():
    """Returns of 3 and 8, not .3 and .8."""
    log = ope.EvaluationLog([3.0, 0.0, 8.0], np.ones(3), np.ones(3), episode_starts=[0, 2], gamma=0.1)
    for statistic, arguments, expected in (("mean", (), 5.5), ("quantile", (0.5,), 3), ("cvar", (1.0,), 5.5)):
        assert ope.analysis.estimate_return(log, statistic, *arguments, n_resamples=10).value == pytest.approx(expected)


def test_integer_and_zero_discounts():
    """Elsewhere gamma = 0 gives NaN and an integer gamma a TypeError."""
    log = {"rewards": [3.0, 5.0], "propensities": [1.0, 1.0], "target_propensities": [1.0, 1.0], "episode_starts": [0]}
    for gamma, expected in ((0, 3), (0.0, 3), (1, 8), (np.float32(1), 8)):
        for name in ("ips", "tis", "snips", "sntis"):
            assert ope.estimate(ope.EvaluationLog(**log, gamma=gamma), name, interval="none").value == expected


def test_nothing_over_nothing_is_no_number():
    """An epsilon in the denominator would make it a quiet 0."""
    log = ope.EvaluationLog([1.0, 1.0], [0.5, 0.5], [0.0, 0.0], [1, 1], [1, 1])
    for name in ("snips", "sntis", "sndr"):
        estimate = ope.estimate(log, name)
        assert np.isnan(estimate.value) and estimate.verdict == "unreliable" and "not defined" in estimate.reasons[0]


def test_eighty_steps_have_a_value():
    """Products of probabilities, rather than of ratios, underflow to 0/0 = NaN."""
    n = 20 * 80
    probabilities = np.random.default_rng(0).uniform(1e-6, 1e-5, n)
    log = ope.EvaluationLog(np.ones(n), probabilities, probabilities, episode_starts=np.arange(0, n, 80), gamma=0.9)
    for name in ("ips", "tis", "snips", "sntis"):
        assert ope.estimate(log, name, interval="none").value == pytest.approx((1 - 0.9**80) / 0.1, rel=1e-12)


def test_episodes_may_differ_in_length_and_rows_in_order():
    rng = np.random.default_rng(1)
    ids = rng.permutation(np.repeat([0, 1, 2], [1, 5, 3]))
    steps = np.empty(9, dtype=int)
    for at in range(3):
        steps[ids == at] = rng.permutation((ids == at).sum())
    policy = np.tile([0.5, 0.5], (9, 1))
    log = ope.EvaluationLog.from_arrays(
        np.zeros(9, dtype=int), 10.0**steps, np.full(9, 0.5), policy, trajectory_ids=ids, steps=steps
    )
    assert sorted(log.lengths.tolist()) == [1, 3, 5]
    assert ope.estimate(log, "snips", interval="none").value == pytest.approx((1 + 111 + 11_111) / 3, rel=1e-12)


# --- what a result must say ---
def test_an_effective_sample_of_two_is_called_unreliable_and_never_clipped():
    """Two rows carry the estimate; doubly robust, it is a negative click rate. ESS of clipped weights would hide it."""
    weights, clicks = np.full(10_000, 0.05), np.zeros(10_000)
    weights[[3, 8]], clicks[::200] = [9_000.0, 8_000.0], 1.0
    q = np.full(10_000, 0.005)
    clicks[[3, 8]] = 0.0
    log = ope.EvaluationLog(clicks, np.full(10_000, 1e-5), weights * 1e-5, q, q)
    estimate = ope.estimate(log, "dr")
    assert estimate.value < 0 and estimate.verdict == "unreliable"
    assert "effective sample size 2." in estimate.reasons[0]
    assert (
        ope.diagnose(log).ess == pytest.approx(weights.sum() ** 2 / (weights**2).sum()) and ope.diagnose(log).ess < 2.3
    )
    assert ope.diagnose(log).max_weight == pytest.approx(9_000)


def test_every_row_is_weighed_by_its_own_propensity():
    columns = {"rewards": np.ones(8), "propensities": np.full(8, 0.5), "target_propensities": np.full(8, 0.25)}
    base = ope.estimate(ope.EvaluationLog(**columns), "ips", interval="none").value
    for row in range(8):
        changed = columns["propensities"].copy()
        changed[row] = 0.25
        log = ope.EvaluationLog(**columns | {"propensities": changed})
        assert ope.estimate(log, "ips", interval="none").value == pytest.approx(base + 0.5 / 8, rel=1e-12)


def test_a_lift_is_over_the_behaviour_policy_never_over_nothing():
    rng = np.random.default_rng(2)
    rewards, same = rng.normal(5, 1, 500), np.full(500, 0.5)
    none = ope.lift(ope.EvaluationLog(rewards, same, same), "snips")
    assert (none.value, none.ci_low, none.ci_high) == pytest.approx((0, 0, 0), abs=1e-12)


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
    np.testing.assert_allclose(log.importance_weights[-3:], np.cumprod(log.ratios[-3:]), rtol=1e-15)
    assert log.importance_weights[5] == 0 and (log.importance_weights[6:] > 0).all()


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
