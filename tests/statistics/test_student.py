"""Statistics over seeds: numbers worked by hand."""

import numpy as np
import pytest

from rlbench_rec.statistics.student import Error, iqm, student_quantile, student_tail


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([7.0], 7.0),
        ([1.0, 3.0], 2.0),
        # 3 values: a quarter of 3 is cut off either end, so .25, 1 and .25 of them are left.
        ([0.0, 1.0, 5.0], (0.25 * 0 + 1 + 0.25 * 5) / 1.5),
        ([100.0, 1.0, 2.0, -50.0], 1.5),
        ([5.0, 1.0, 2.0, 3.0, 4.0], (0.75 * 2 + 3 + 0.75 * 4) / 2.5),
        ([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 80.0], 4.5),
    ],
)
def test_iqm(values, expected):
    assert iqm(np.array(values)) == pytest.approx(expected, abs=1e-15)


def test_iqm_of_nothing_is_not_defined():
    assert np.isnan(iqm(np.array([])))


def test_student_is_normal_at_infinite_degrees():
    assert student_quantile(0.975, np.inf) == pytest.approx(1.959963984540054, abs=1e-12)
    # With 2 degrees the quantile has a closed form.
    quantile = 0.95 * (2 / (4 * 0.975 * 0.025)) ** 0.5
    assert student_quantile(0.975, 2) == pytest.approx(quantile, abs=1e-9)
    assert student_tail(1.959963984540054, np.inf) == pytest.approx(0.025, abs=1e-12)
    assert student_tail(quantile, 2) == pytest.approx(0.025, abs=1e-12)


def test_errors_add_with_satterthwaite_degrees():
    both = Error(4.0) + Error(1.0, 2)
    assert both.variance == 5.0
    assert both.degrees == 25 / (1 / 2)
    alike = Error(3.0, 4) + Error(3.0, 4)
    assert (alike.variance, alike.degrees) == (6.0, 8.0)
    known = Error(4.0) + Error(0.0, 2)
    assert (known.variance, known.degrees) == (4.0, np.inf)
    assert known.half_width(0.95) == pytest.approx(2 * 1.959963984540054, rel=1e-12)


def test_without_error_every_difference_is_certain():
    assert [Error(0.0).tail(distance) for distance in (-1.0, 0.0, 1.0)] == [1.0, 0.5, 0.0]
    assert np.isnan(Error(np.nan).tail(1.0))
    assert np.isnan(Error(np.nan).half_width(0.95))


@pytest.mark.parametrize(("shared", "seeds"), [(1.0, 1.0), (1.0, 0.3), (0.3, 1.0)])
def test_interval_of_three_seeds_covers_the_mean(shared, seeds):
    """Runs of one log share its error, and differ by seed: the combined interval holds at its level or near it."""
    generator = np.random.default_rng(0)
    n = 4_000
    values = generator.normal(size=(n, 1)) * shared + generator.normal(size=(n, 3)) * seeds
    spread = values.var(axis=1, ddof=1)
    halves = [(Error(shared**2) + Error(float(s) / 3, 2)).half_width(0.95) for s in spread]
    assert 0.92 < np.mean(np.abs(values.mean(axis=1)) <= halves) < 0.97
