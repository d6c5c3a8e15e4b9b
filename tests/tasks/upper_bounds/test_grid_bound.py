"""Values raised so that what they interpolate to lies above a function everywhere."""

from __future__ import annotations

import numpy as np
import pytest

from rlbench_rec.tasks.shops.shared.grid import Grid
from rlbench_rec.tasks.upper_bounds.grid_bound import halved, raised, rounded_down

GRID = Grid(np.linspace(0.0, 2.0, 9), np.linspace(-1.0, 1.0, 7))
FUNCTIONS = {
    "hill": lambda x, y: -((x - 0.9) ** 2) - (y - 0.1) ** 2,
    "waves": lambda x, y: np.sin(3.0 * x) * np.cos(2.0 * y),
    "roof": lambda x, y: -np.abs(x - 0.77) + 0.5 * y,
    "valley": lambda x, y: np.abs(x - 0.77) - 0.3 * np.abs(y + 0.4),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_it_lies_above_the_function_between_the_points(name):
    values = raised(FUNCTIONS[name](*halved(GRID)))
    rng = np.random.default_rng(3)
    x, y = rng.uniform(0.0, 2.0, 5_000), rng.uniform(-1.0, 1.0, 5_000)
    above = GRID.mix(values, GRID.weights(x, y))
    assert (above >= FUNCTIONS[name](x, y) - 1e-9).all()
    assert (above <= FUNCTIONS[name](x, y) + 0.6).all()


def test_what_is_interpolated_exactly_is_not_raised():
    plane = raised(halved(GRID)[0] * 2.0 + halved(GRID)[1])
    x, y = np.meshgrid(*GRID.axes, indexing="ij")
    assert plane == pytest.approx(2.0 * x + y)


def test_values_are_rounded_down_to_a_point_and_a_value_on_a_point_keeps_it():
    points = np.linspace(0.0, 1.0, 11)
    assert rounded_down(np.array([0.0, 0.05, 0.3, 0.1 + 0.2, 0.999, 1.4]), points).tolist() == [0, 0, 3, 3, 9, 10]
