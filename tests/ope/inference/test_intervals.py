"""Intervals: joint ratios, clusters, the bootstrap of groups, determinism."""

from __future__ import annotations

import numpy as np
import pytest

from rlbench_rec import ope
from rlbench_rec.errors import InputError, UnknownNameError
from rlbench_rec.statistics import bootstrap


def log_of(n: int, rewards=None, seed: int = 0, **fields) -> ope.EvaluationLog:
    rng = np.random.default_rng(seed)
    propensities = rng.uniform(0.05, 0.5, n)
    target = np.clip(propensities * rng.lognormal(0, 0.7, n), 0, 1)
    rewards = rng.normal(1, 1, n) if rewards is None else rewards
    return ope.EvaluationLog(rewards, propensities, target, **fields)


@pytest.mark.parametrize("n", [500, 60_000])
@pytest.mark.parametrize("interval", ["bootstrap", "normal"])
def test_constant_rewards_have_an_interval_of_no_width(n, interval):
    """Frozen denominators give [0.92, 1.08] here; the right answer is [1, 1]."""
    estimate = ope.estimate(log_of(n, np.ones(n)), "snips", interval=interval)
    assert estimate.value == pytest.approx(1, rel=1e-12)
    assert estimate.ci_low == pytest.approx(1, abs=1e-12) and estimate.ci_high == pytest.approx(1, abs=1e-12)


def test_constant_residuals_of_sndr_have_an_interval_of_no_width():
    log = log_of(400, np.ones(400), q_logged=np.zeros(400), v_target=np.zeros(400))
    estimate = ope.estimate(log, "sndr")
    assert (estimate.ci_low, estimate.ci_high) == pytest.approx((1, 1), abs=1e-12)


@pytest.mark.parametrize("name", ["ips", "snips", "dr", "sndr", "tis", "sntis"])
@pytest.mark.parametrize("steps", [1, 5])
def test_the_bootstrap_and_the_delta_method_agree_on_a_mild_log(name, steps):
    rng = np.random.default_rng(1)
    n = 3_000 * steps
    propensities = rng.uniform(0.4, 0.6, n)
    log = ope.EvaluationLog(
        rng.normal(1, 1, n),
        propensities,
        np.clip(propensities * rng.uniform(0.8, 1.2, n), 0, 1),
        rng.normal(1, 0.1, n),
        rng.normal(1, 0.1, n),
        np.arange(0, n, steps),
        gamma=0.9,
    )
    estimate = ope.estimate(log, name, n_resamples=4_000)
    width = (estimate.ci_high - estimate.ci_low) / (2 * 1.96)
    assert width == pytest.approx(estimate.std_error, rel=0.06)


def test_same_seed_same_interval_and_another_seed_another():
    log = log_of(300)
    assert ope.estimate(log, "snips", seed=5) == ope.estimate(log, "snips", seed=5)
    assert ope.estimate(log, "snips", seed=5).ci_low != ope.estimate(log, "snips", seed=6).ci_low


def test_estimators_share_their_resamples():
    log = log_of(300)
    together = ope.estimate_all(log, ["ips", "snips"])
    # Alone or together, the same episodes are drawn.
    assert together[1] == ope.estimate(log, "snips")


def test_the_cluster_bootstrap_divides_by_the_resampled_episodes():
    """One user with 90 episodes of reward 1, ten with one each: the mean of rewards 1 is 1 in every resample."""
    clusters = np.concatenate([np.zeros(90), np.arange(1, 11)])
    log = ope.EvaluationLog(np.ones(100), np.ones(100), np.ones(100), clusters=clusters)
    estimate = ope.estimate(log, "ips")
    assert (estimate.ci_low, estimate.ci_high) == pytest.approx((1, 1), abs=1e-12)


def test_users_widen_the_interval_when_their_rewards_go_together():
    rng = np.random.default_rng(2)
    users = np.repeat(np.arange(50), 20)
    rewards = rng.normal(size=50)[users]
    ones = np.ones(1_000)
    by_row = ope.estimate(ope.EvaluationLog(rewards, ones, ones), "ips")
    by_user = ope.estimate(ope.EvaluationLog(rewards, ones, ones, clusters=users), "ips")
    assert by_user.std_error == pytest.approx(by_row.std_error * np.sqrt(20), rel=0.05)
    assert by_user.ci_high - by_user.ci_low > 3 * (by_row.ci_high - by_row.ci_low)


def test_the_bootstrap_of_groups_draws_what_the_exact_one_draws(monkeypatch):
    """By Kolmogorov-Smirnov tests of both columns and of their ratio; on two clicks and dense weights, where the
    central limit theorem alone is seen to fail."""
    from scipy.stats import ks_2samp

    rng = np.random.default_rng(3)
    n = 60_000
    clicks = np.zeros(n)
    clicks[:2] = 1.0, 0.2
    columns = np.stack([clicks, rng.lognormal(0, 1, n)], axis=1)
    (grouped,) = bootstrap.resampled_means([columns], None, 1_500, seed=0)
    gaussian = rng.multivariate_normal(columns.mean(axis=0), np.cov(columns.T) / n, 1_500)
    monkeypatch.setattr(bootstrap, "EXACT_UNITS", n)
    (exact,) = bootstrap.resampled_means([columns], None, 1_500, seed=1)

    def p_values(draws):
        # Resamples with as many clicks are ties but for rounding.
        pairs = [np.round([x[:, 0] * n, x[:, 1], x[:, 0] * n / x[:, 1]], 9) for x in (draws, exact)]
        return [ks_2samp(one, two).pvalue for one, two in zip(*pairs, strict=True)]

    assert min(p_values(grouped)) > 0.01
    assert p_values(gaussian)[0] < 1e-6 and p_values(gaussian)[2] < 1e-6
    np.testing.assert_allclose(grouped.mean(axis=0), columns.mean(axis=0), rtol=0.1)
    # Standard deviations of 1,500 draws are good to 2 % each.
    np.testing.assert_allclose(grouped.std(axis=0), exact.std(axis=0), rtol=0.09)
    np.testing.assert_allclose(np.corrcoef(grouped.T)[0, 1], np.corrcoef(exact.T)[0, 1], atol=0.09)


def test_the_bootstrap_of_groups_of_sparse_columns():
    from scipy import sparse

    rng = np.random.default_rng(4)
    dense = np.where(rng.random((60_000, 4)) < 0.3, rng.lognormal(0, 0.5, (60_000, 4)), 0.0)
    (draws,) = bootstrap.resampled_means([sparse.csr_array(dense)], None, 1_000, seed=0)
    np.testing.assert_allclose(draws.mean(axis=0), dense.mean(axis=0), rtol=0.01)
    np.testing.assert_allclose(draws.std(axis=0), dense.std(axis=0) / np.sqrt(60_000), rtol=0.1)


def test_no_interval_on_request():
    estimate = ope.estimate(log_of(50), "ips", interval="none")
    assert np.isnan(estimate.ci_low) and np.isfinite(estimate.std_error) and estimate.interval == "none"


def test_bad_settings():
    log = log_of(50)
    with pytest.raises(UnknownNameError, match="Did you mean 'bootstrap'"):
        ope.estimate(log, "ips", interval="bootstrp")
    with pytest.raises(InputError, match="confidence"):
        ope.estimate(log, "ips", confidence=95)
    with pytest.raises(InputError, match="n_resamples"):
        ope.estimate(log, "ips", n_resamples=0)
