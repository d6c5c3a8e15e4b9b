"""`media-v1`: only the favourite genre gets tiring; all others are always fresh."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..shops.media import GOODWILL_LIMIT, TIRED_LIMIT
from ..shops.shared.grid import Grid
from . import UpperBound
from .grid_bound import halved, upper_values

if TYPE_CHECKING:
    from ..shops.media import Media

POINTS = (7, 9)
SHARES = 6
"""Points of the quadrature over the share watched."""
DAYS = int(TIRED_LIMIT) + 1


def bound(task: Media) -> UpperBound:
    """By dynamic programming over satiation with the favourite genre, goodwill and titles seen today, for each genre
    that may be the favourite.

    Relaxed in one way: a title of another genre is watched as if none of that genre had been shown, or less, where less
    is better. The share watched is integrated by Gauss-Legendre quadrature.
    """
    most = 1.0 / (1.0 - task.config.satiation_decay)
    limits = (0.0, most), (-GOODWILL_LIMIT, GOODWILL_LIMIT)
    grid = Grid(*(np.linspace(*ends, count) for ends, count in zip(limits, POINTS, strict=True)))
    middle = POINTS[1] // 2
    values = [
        float(upper_values(_Title(task, grid, genre).best, (DAYS, *POINTS), task.horizon)[0, 0, middle])
        for genre in range(task.config.categories)
    ]
    return UpperBound(float(task.shares @ np.array(values)), "relaxed dynamic program")


class _Title:
    """One title for users of a favourite genre: what it earns and where it leads, (k, l, titles, shares) or with the
    titles seen today before it."""

    def __init__(self, task: Media, grid: Grid, favourite: int):
        c, titles = task.config, np.arange(task.action_count)
        nodes, weights = np.polynomial.legendre.leggauss(SHARES)
        self.weights, self.grid, self.gamma = weights / 2.0, grid, c.gamma
        satiation, goodwill = (axis[..., None] for axis in halved(grid))
        own = task.genre == favourite
        mean = task.share_watched(titles, np.array(favourite), np.where(own, satiation, 0.0))[..., None]
        share = ((nodes + 1.0) / 2.0) ** ((1.0 - mean) / mean)
        after = task.goodwill_after(goodwill[..., None], titles[:, None], share)
        tired = (c.satiation_decay * satiation + own)[..., None] + np.zeros_like(after)
        today = np.arange(DAYS)[:, None, None, None, None]
        self.earned, self.other = task.length[:, None] * share, ~own[:, None]
        self.on, self.returns = task.on_chance(share, today), task.return_chance(after)
        self.tonight, self.tomorrow = grid.weights(tired, after), grid.weights(c.night_decay * tired, after)
        self.next = np.minimum(np.arange(DAYS) + 1, DAYS - 1)

    def best(self, values: np.ndarray) -> np.ndarray:
        """(days, k, l) values of the next title -> the best of this one at the halved grid."""
        over = self.returns * self.grid.mix(values[0], self.tomorrow)
        best = []
        for today, then in enumerate(self.next):
            on = self.on[today]
            q = self.earned + self.gamma * (on * self.grid.mix(values[then], self.tonight) + (1.0 - on) * over)
            # Less may be watched of another genre than of a fresh one, if that is better: the most up to each share.
            q = np.where(self.other, np.maximum.accumulate(q, axis=-1), q)
            best.append((q @ self.weights).max(axis=-1))
        return np.stack(best)
