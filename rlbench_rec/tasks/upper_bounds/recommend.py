"""`recommend-v1`: the shop is told what the user is after, and only the category that they are after gets tiring."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..shops.recommend_simulator import ENGAGEMENT_LIMIT
from ..shops.shared.draws import sigmoid
from ..shops.shared.grid import Grid
from . import UpperBound
from .grid_bound import halved, upper_values

if TYPE_CHECKING:
    from ..shops.recommend import Recommend

MANY_ITEMS = 100


def bound(task: Recommend) -> UpperBound:
    """By dynamic programming over the user's category z, the satiation with it, and engagement.

    Relaxed in three ways, each of which can only raise the best value: the shop knows z; every other category is as
    fresh as on the first day when it is shown, or, where a click would do harm, is not clicked; and after the interest
    has moved, the new category is as satiated as suits the shop best. Of candidates the shop may show any item of the
    catalogue; purchases are never late; where users are keen at times, the shop knows when.
    """
    points = (15, 17) if task.config.items <= MANY_ITEMS else (8, 9)
    most = 1.0 / (1.0 - task.config.satiation_decay)
    grid = Grid(np.linspace(0.0, most, points[0]), np.linspace(-ENGAGEMENT_LIMIT, ENGAGEMENT_LIMIT, points[1]))
    values = upper_values(_Decision(task, grid).best, (task.config.categories, *points), task.horizon)
    middle = len(grid.axes[1]) // 2
    return UpperBound(float(values[:, 0, middle].mean()), "relaxed dynamic program")


class _Decision:
    """One decision of the relaxed shop, at the points of the halved grid."""

    def __init__(self, task: Recommend, grid: Grid):
        self.task, self.grid = task, grid
        self.satiation, self.engagement = (axis[..., None] for axis in halved(grid))

    def best(self, values: np.ndarray) -> np.ndarray:
        """(categories, k, l) values of the next decision -> the best of this one at the halved grid."""
        c = self.task.config
        moved = c.drift / c.categories
        free = values.max(axis=1, keepdims=True)
        ahead = (1.0 - c.drift + moved) * values + moved * (free.sum(axis=0, keepdims=True) - free)
        return np.stack([self._best_for(kind, c.gamma * ahead[kind]) for kind in range(c.categories)])

    def _best_for(self, kind: int, ahead: np.ndarray) -> np.ndarray:
        own, confounding = self.task.catalogue.category == kind, self.task.config.confounding
        moments = []
        for keen in (0.0, confounding) if confounding else (0.0,):
            candidates = [self._earned(own, True, keen, ahead), self._earned(~own, False, keen, ahead)]
            moments.append(np.concatenate([*candidates, self._idle(False, ahead)], axis=-1).max(axis=-1))
        return np.asarray(np.mean(moments, axis=0))

    def _earned(self, items: np.ndarray, own: bool, keen: float, ahead: np.ndarray) -> np.ndarray:
        """(k, l, items) expected reward and value of what follows.

        Args:
            items: (A,) which.
            own: whether they are of the user's category.
            keen: added to the log-odds of a click.
            ahead: (k, l) values of what follows.
        """
        c, catalogue, engagement = self.task.config, self.task.catalogue, self.engagement
        appeal, quality = catalogue.appeal[items].astype(float), catalogue.quality[items].astype(float)
        if not len(appeal):
            return np.empty((*engagement.shape[:2], 0))
        satiation = self._satiation(own)
        click = sigmoid(c.click_base + appeal + keen + c.interest * own - c.satiation_click * satiation)
        funnel = c.engagement_funnel * engagement + c.quality_funnel * quality
        cart = sigmoid(c.cart_base + funnel)
        paid = c.click_reward + cart * (c.cart_reward + c.purchase_reward * sigmoid(c.purchase_base + funnel))
        after = c.engagement_decay * engagement + c.engagement_gain * quality
        clicked = paid + self._stays(after, satiation, quality) * self._ahead(after, own, ahead)
        return np.asarray(click * clicked + (1.0 - click) * self._idle(own, ahead))

    def _idle(self, own: bool, ahead: np.ndarray) -> np.ndarray:
        """(k, l, 1) value of what follows where nothing is clicked."""
        after = self.task.config.engagement_decay * self.engagement
        return self._stays(after, self._satiation(own), 0.0) * self._ahead(after, own, ahead)

    def _satiation(self, own: bool) -> np.ndarray:
        return self.satiation if own else np.zeros_like(self.satiation)

    def _stays(self, engagement: np.ndarray, satiation: np.ndarray, felt: np.ndarray | float) -> np.ndarray:
        c, within = self.task.config, np.clip(engagement, -ENGAGEMENT_LIMIT, ENGAGEMENT_LIMIT)
        leaves = c.leave_base - c.leave_engagement * within + c.leave_satiation * satiation - c.leave_quality * felt
        return 1.0 - sigmoid(leaves)

    def _ahead(self, engagement: np.ndarray, own: bool, ahead: np.ndarray) -> np.ndarray:
        satiation = self.task.config.satiation_decay * self.satiation + own
        # Points outside the grid are taken to its edge, which is what the limits of engagement do.
        return self.grid.mix(ahead, self.grid.weights(*np.broadcast_arrays(satiation, engagement)))
