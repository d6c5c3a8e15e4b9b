"""How many habits of leaving session lengths speak for."""

from __future__ import annotations

import numpy as np
import pytest

from rlbench_rec.tasks.calibration.leaving_habits import leaving_habits


def test_one_hazard_is_one_habit():
    lengths = np.random.default_rng(0).geometric(0.25, size=4_000)
    habits = leaving_habits(lengths)
    assert len(habits) == 1 and habits.gain == 0.0
    # The likeliest geometric distribution has the mean of the lengths.
    assert habits.means[0] == pytest.approx(lengths.mean()) and habits.shares[0] == pytest.approx(1.0)


def test_two_habits_are_found():
    rng = np.random.default_rng(1)
    lengths = np.concatenate([rng.geometric(1 / 1.5, size=6_000), rng.geometric(1 / 12.0, size=4_000)])
    habits = leaving_habits(lengths)
    assert len(habits) == 2 and habits.gain > 100
    np.testing.assert_allclose(habits.means, [1.5, 12.0], rtol=0.1)
    np.testing.assert_allclose(habits.shares, [0.6, 0.4], atol=0.04)


def test_a_few_sessions_or_sessions_of_one_click_are_one_habit():
    assert len(leaving_habits(np.array([1, 2, 9]))) == 1
    assert leaving_habits(np.ones(500, dtype=int)).means == pytest.approx([1.0])
