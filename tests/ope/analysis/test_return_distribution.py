"""Distribution of the return, worked on paper."""

from __future__ import annotations

import numpy as np
import pytest

from rlbench_rec import ope
from rlbench_rec.errors import InputError, UnknownNameError


def log_of(rewards, weights, **fields) -> ope.EvaluationLog:
    weights = np.asarray(weights, dtype=float)
    return ope.EvaluationLog(rewards, np.full(len(weights), 0.125), weights * 0.125, **fields)


# Returns 1, 2, 2, 5 with probabilities .1, .2, .3, .4.
def four() -> ope.analysis.ReturnDistribution:
    return ope.analysis.return_distribution(log_of([5, 2, 1, 2], [4, 2, 1, 3]))


def test_mean_and_variance():
    assert four().mean() == pytest.approx(3.1, rel=1e-14)
    assert four().variance() == pytest.approx(0.1 * 1 + 0.5 * 4 + 0.4 * 25 - 3.1**2, rel=1e-13)


def test_cdf():
    assert [float(four().cdf(x)) for x in (0, 1, 1.9, 2, 5, 9)] == pytest.approx([0, 0.1, 0.1, 0.6, 1, 1])


@pytest.mark.parametrize(("level", "expected"), [(0.05, 1), (0.1, 1), (0.11, 2), (0.6, 2), (0.61, 5), (1.0, 5)])
def test_a_quantile_is_the_smallest_return_that_reaches_the_level(level, expected):
    assert four().quantile(level) == expected


@pytest.mark.parametrize(
    ("level", "expected"), [(0.1, 1), (0.3, (0.1 + 0.2 * 2) / 0.3), (0.8, (0.1 + 0.5 * 2 + 0.2 * 5) / 0.8), (1, 3.1)]
)
def test_cvar_splits_the_atom_at_the_boundary(level, expected):
    assert four().cvar(level) == pytest.approx(expected, rel=1e-14)


def test_the_first_reward_is_not_discounted():
    log = log_of([1, 4, 3], [1, 1, 1], episode_starts=[0, 2], gamma=0.5)
    assert ope.analysis.return_distribution(log).returns.tolist() == [3, 3]
    log = log_of([1, 4, 3], [1, 1, 1], episode_starts=[0, 2], gamma=0)
    assert ope.analysis.return_distribution(log).returns.tolist() == [1, 3]


def test_returns_without_weight_are_no_quantile():
    assert ope.analysis.return_distribution(log_of([1, 2, 9], [1, 1, 0])).quantile(1.0) == 2


def test_estimates_carry_interval_and_verdict():
    rng = np.random.default_rng(0)
    log = log_of(rng.normal(size=2_000), rng.uniform(0.5, 1.5, 2_000))
    mean = ope.analysis.estimate_return(log, "mean", n_resamples=2_000)
    sntis = ope.estimate(log, "sntis", n_resamples=2_000)
    assert (mean.value, mean.ci_low, mean.ci_high) == pytest.approx((sntis.value, sntis.ci_low, sntis.ci_high))
    assert mean.std_error == pytest.approx(sntis.std_error, rel=0.05) and mean.verdict == "trusted"
    cvar = ope.analysis.estimate_return(log, "cvar", 0.1)
    # A standard normal's: -phi(z) / .1 at z = -1.2816.
    assert cvar.ci_low < -1.755 < cvar.ci_high and cvar.estimator == "cvar@0.1"
    median = ope.analysis.estimate_return(log, "quantile", 0.5)
    assert median.ci_low < 0 < median.ci_high
    # 1.2533 sqrt(sum w^2) / sum w for the median of a normal.
    assert median.std_error == pytest.approx(1.2533 / np.sqrt(ope.diagnose(log).ess), rel=0.15)
    assert ope.analysis.estimate_return(log, "variance").value == pytest.approx(1, abs=0.1)


def test_users_are_resampled_whole():
    rng = np.random.default_rng(1)
    users = np.repeat(np.arange(50), 20)
    rewards = rng.normal(size=50)[users]
    by_row = ope.analysis.estimate_return(log_of(rewards, np.ones(1_000)), "mean")
    by_user = ope.analysis.estimate_return(log_of(rewards, np.ones(1_000), clusters=users), "mean")
    assert by_user.std_error == pytest.approx(by_row.std_error * np.sqrt(20), rel=0.1)


def test_undefined_and_refused():
    found = ope.analysis.estimate_return(log_of([1, 2], [0, 0]), "quantile", 0.5)
    assert np.isnan(found.value) and np.isnan(found.ci_low) and found.verdict == "unreliable" and found.reasons
    with pytest.raises(UnknownNameError, match="Did you mean 'cvar'"):
        ope.analysis.estimate_return(log_of([1], [1]), "cvr", 0.1)
    with pytest.raises(InputError, match="level is 0"):
        ope.analysis.estimate_return(log_of([1], [1]), "cvar", 0)
