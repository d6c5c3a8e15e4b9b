"""Power of t tests."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from rlbench_rec.statistics.power import all_below, correlations, critical, joint_power, smallest_sample, t_power


def test_with_many_degrees_it_is_the_normal_formula():
    assert float(t_power(2.8015852, 1e9, 1.959964)) == pytest.approx(0.8, abs=1e-6)
    assert float(critical(1e9, 0.95)) == pytest.approx(1.959964, abs=1e-6)
    assert float(t_power(0.0, 7, critical(7, 0.95))) == pytest.approx(0.025, abs=1e-12)


def test_a_small_sample_has_less():
    rng = np.random.default_rng(0)
    samples = rng.normal(1.0, 1.0, (20_000, 8))
    t = samples.mean(axis=1) / (samples.std(axis=1, ddof=1) / np.sqrt(8))
    came_out = float((t > stats.t.ppf(0.975, 7)).mean())
    by_z = stats.norm.cdf(np.sqrt(8) - 1.96)
    assert float(t_power(np.sqrt(8), 7, critical(7, 0.95))) == pytest.approx(came_out, abs=0.01)
    assert came_out < by_z - 0.05


def test_far_out_it_is_1_and_nothing_is_known_of_nan():
    assert t_power([np.inf, 1e6, -np.inf, np.nan], 30, 2.0)[:3] == pytest.approx([1, 1, 0])
    assert np.isnan(t_power(np.nan, 30, 2.0))


def test_claims_that_are_one_are_shown_together():
    same, apart = np.ones((2, 2)), np.eye(2)
    shifts = np.array([2.8, 2.8])
    alone = joint_power(shifts[:1], 1e6, np.eye(1), 0.95)
    assert joint_power(shifts, 1e6, same, 0.95) == pytest.approx(alone, abs=0.01)
    assert joint_power(shifts, 1e6, apart, 0.95) == pytest.approx(alone**2, abs=0.01)
    opposed = np.array([[1.0, -1.0], [-1.0, 1.0]])
    assert joint_power(shifts, 1e6, opposed, 0.95) == pytest.approx(2 * alone - 1, abs=0.01)
    assert joint_power(shifts, 1e6, apart, 0.95, threshold=2.5) < alone**2 - 0.1


def test_all_below_by_hand():
    assert all_below(np.array([0.0]), np.eye(1)) == 0.5
    assert all_below(np.array([0.0, 0.0]), np.eye(2)) == pytest.approx(0.25, abs=0.008)
    assert all_below(np.array([np.inf, -np.inf]), np.eye(2)) == 0


def test_the_smallest_sample():
    def power_of(n: float) -> float:
        return float(t_power(0.5 * np.sqrt(n), n - 1, critical(n - 1, 0.95)))

    # Textbooks: 34 for an effect of half a standard deviation.
    assert int(np.ceil(smallest_sample(power_of, 0.8, 2.0))) == 34
    assert smallest_sample(lambda n: 1.0, 0.8, 2.0) == 2.0 and smallest_sample(lambda n: 0.5, 0.8, 2.0) == np.inf


def test_correlations_of_influences():
    rng = np.random.default_rng(1)
    table = rng.normal(size=(500, 2)) @ np.array([[1.0, 0.5], [0.0, 1.0]])
    assert correlations(table) == pytest.approx(np.corrcoef(table.T), abs=1e-12)
    constant = correlations(np.stack([table[:, 0], np.ones(500)], axis=1))
    assert constant == pytest.approx(np.eye(2))
