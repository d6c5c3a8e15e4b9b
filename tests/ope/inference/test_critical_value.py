"""critical_value: one c for many intervals, from influences alone."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from rlbench_rec import ope
from rlbench_rec.ope.inference import critical_value


def influences(correlation: np.ndarray, units: int, seed: int = 0) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    drawn = rng.multivariate_normal(np.zeros(len(correlation)), correlation, units)
    return list((drawn - drawn.mean(axis=0)).T)


def equal(rho: float, k: int) -> np.ndarray:
    return np.full((k, k), rho) + (1 - rho) * np.eye(k)


def test_one_estimate_has_student_s_quantile():
    (psi,) = influences(np.eye(1), 12)
    assert critical_value([psi], 0.95) == pytest.approx(stats.t.ppf(0.975, 11), rel=1e-12)


def test_copies_are_one_estimate():
    (psi,) = influences(np.eye(1), 500)
    assert critical_value([psi, 3 * psi, -psi], 0.95) == pytest.approx(stats.t.ppf(0.975, 499), rel=0.01)


def test_independent_ones_are_sidak_s():
    each = 0.95 ** (1 / 6)
    expected = stats.norm.ppf((1 + each) / 2)
    assert critical_value(influences(np.eye(6), 20_000), 0.95) == pytest.approx(expected, rel=0.015)


def test_it_never_passes_bonferroni_s_nor_falls_below_one_estimate_s():
    for units in (3, 40):
        for k in (2, 9):
            c = critical_value(influences(np.eye(k), units), 0.9)
            assert stats.t.ppf(0.95, units - 1) <= c <= stats.t.ppf(1 - 0.05 / k, units - 1) + 1e-12


def test_it_covers_all_at_once():
    # Means of 5 correlated columns over 60 rows, 1,500 times: 95 % of logs have all five within their limits.
    rng, inside = np.random.default_rng(1), 0
    root = np.linalg.cholesky(equal(0.6, 5))
    for seed in range(1_500):
        rows = rng.standard_normal((60, 5)) @ root.T
        errors = rows.std(axis=0, ddof=1) / np.sqrt(60)
        c = critical_value(list((rows - rows.mean(axis=0)).T), 0.95, n_draws=500, seed=seed)
        inside += bool((np.abs(rows.mean(axis=0)) <= c * errors).all())
    assert 0.93 <= inside / 1_500 <= 0.97


def test_it_is_the_bootstrap_s_band():
    rng = np.random.default_rng(2)
    propensities = rng.uniform(0.1, 0.5, 3_000)
    log = ope.EvaluationLog(
        rewards=(rng.random(3_000) < 0.3).astype(float),
        propensities=propensities,
        target_propensities=np.minimum(propensities * rng.lognormal(0, 0.4, 3_000), 1.0),
    )
    names = ["ips", "snips", ope.estimator("ips-clip", clip=2)]
    by_bootstrap = ope.estimate_all(log, names, interval="simultaneous", n_resamples=4_000)
    parts = ope.inference.influence.LogParts(log, [ope.estimator("ips"), ope.estimator("snips"), names[2]])
    measured = ope.inference.influence.measure(parts)
    psi = list(ope.inference.influence.unit_influences(parts, [m.parts for m in measured], [m.means for m in measured]))
    c = critical_value(psi, 0.95)
    for estimate, one in zip(by_bootstrap, measured, strict=True):
        assert c * one.std_error == pytest.approx((estimate.ci_high - estimate.ci_low) / 2, rel=0.05)


def test_it_repeats_and_takes_no_notice_of_scale_or_order():
    psi = influences(equal(0.5, 4), 300)
    c = critical_value(psi, 0.95)
    assert critical_value(psi, 0.95) == c
    assert critical_value([1e200 * psi[0], 1e-200 * psi[1], *psi[2:]], 0.95) == pytest.approx(c, rel=1e-12)
    shuffled = np.random.default_rng(0).permutation(300)
    assert critical_value([each[shuffled] for each in psi], 0.95) == pytest.approx(c, rel=1e-9)


def test_what_does_not_vary_or_is_not_defined_is_left_out():
    psi = influences(equal(0.3, 2), 100)
    assert critical_value([*psi, np.zeros(100), np.full(100, np.nan)], 0.95) == critical_value(psi, 0.95)
    assert np.isnan(critical_value([np.zeros(100)], 0.95)) and np.isnan(critical_value([np.ones(1)], 0.95))


def test_strata_are_taken_from_their_own_means():
    rng = np.random.default_rng(3)
    strata = np.repeat([0, 1], 200)
    shift = np.where(strata == 0, 5.0, -5.0)
    first, second = rng.standard_normal((2, 400))
    together = critical_value([first + shift, second + shift], 0.95)
    within = critical_value([first + shift, second + shift], 0.95, strata=strata)
    assert within == pytest.approx(critical_value([first, second], 0.95), rel=0.02) and together < within - 0.1
