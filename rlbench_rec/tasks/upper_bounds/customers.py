"""`pricing-v1` and `retention-v1`: the dynamic program over what a customer remembers, raised between its points."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..shops.shared.grid import Corners, Grid
from . import UpperBound
from .grid_bound import halved, upper_values

if TYPE_CHECKING:
    from ..shops.pricing import Pricing
    from ..shops.retention import Retention

METHOD = "dynamic program"
SEGMENT = np.arange(3)[:, None, None, None]
Way = tuple[np.ndarray, Corners]


def pricing(task: Pricing) -> UpperBound:
    """Over reference price and stock, and the mean over segments and first reference prices."""
    c, price = task.config, task.prices
    grid = Grid(np.linspace(task.lowest, 1.0, 61), np.linspace(0.0, 1.0 / (1.0 - c.stock_decay), 41))
    reference, stock = (axis[..., None] for axis in halved(grid))
    chance = task.buy_chance(SEGMENT, reference, stock, price)
    earned = chance * (price - c.cost) / (1.0 - c.cost)
    stays = c.gamma * (1.0 - task.leave_chance(reference, price))
    after = [grid.weights(*np.broadcast_arrays(*task.after(reference, stock, price, buy))) for buy in (0.0, 1.0)]
    values = _values(grid, earned, [(stays * (1.0 - chance), after[0]), (stays * chance, after[1])], task.horizon)
    first = values[:, :, 0]
    return UpperBound(float(task.shares @ (0.5 * (first[:, 1:] + first[:, :-1])).mean(axis=1)), METHOD)


def retention(task: Retention) -> UpperBound:
    """Over habit and addiction, and the mean over segments and first habits."""
    c, moves = task.config, np.arange(task.action_count)
    grid = Grid(np.linspace(0.0, 1.0 / (1.0 - c.habit_decay), 61), np.linspace(0.0, 1.0, 31))
    habit, addiction = (axis[..., None] for axis in halved(grid))
    buy = task.buy_chance(SEGMENT, habit, addiction, moves)
    ways = []
    for chance, bought in ((1.0 - buy, 0.0), (buy, 1.0)):
        after = np.broadcast_arrays(*task.after(habit, addiction, moves, bought))
        ways.append((c.gamma * chance * (1.0 - task.leave_chance(after[0], moves)), grid.weights(*after)))
    values = _values(grid, task._earned(buy), ways, task.horizon)
    first = np.linspace(0.0, 1.0, 2_001)
    means = [np.interp(first, grid.axes[0], row).mean() for row in values[:, :, 0]]
    return UpperBound(float(task.shares @ np.array(means)), METHOD)


def _values(grid: Grid, earned: np.ndarray, ways: list[Way], horizon: int) -> np.ndarray:
    """(segments, k, l) values of the first decision.

    Args:
        grid: of what the customer remembers.
        earned: (segments, 2k - 1, 2l - 1, A) expected rewards.
        ways: what a decision may lead to: its probability times gamma, and where on the grid it leads.
        horizon: decisions.
    """

    def best(values: np.ndarray) -> np.ndarray:
        q = earned + sum(chance * grid.mix(values, where, (SEGMENT,)) for chance, where in ways)
        return q.max(axis=-1)

    return upper_values(best, (len(SEGMENT), *(len(axis) for axis in grid.axes)), horizon)
