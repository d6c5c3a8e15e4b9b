"""Exact optima: the most that any policy of a shop can earn, by dynamic programming over all of its states."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from ..shops.inventory import Inventory
    from ..shops.offers import Offers
    from ..shops.tabular import Tabular


def best_chats(task: Offers) -> float:
    """`offers-v1`: the mean over the chats as they open of the optimal Q of the best move."""
    from ..shops.offers_chat import MOODS

    first = task.plan(task.gamma)[0].max(axis=-1)[:, :, : MOODS - 1, 0, 0, 0]
    return float(task.shares @ first.mean(axis=2) @ task.issue_shares)


def best_seasons(task: Inventory) -> float:
    """`inventory-v1`: the mean over kinds and stocks of a season's beginning of the optimal Q of the best order."""
    c, total = task.config, 0.0
    first = task.plan(task.gamma)[:, 0, :, 0].max(axis=-1)
    for kind, values in enumerate(first):
        # The stock is the whole part of a uniform number below `most`, cut to the capacity.
        most = c.start_weeks * float(task.usual[kind]) + 1.0
        edges = np.minimum(np.arange(c.capacity + 2), most)
        edges[-1] = most
        total += float(np.diff(edges) @ values) / most
    return total / c.kinds


def best_walks(task: Tabular) -> float:
    """`tabular-v1`: the mean over first states, for a policy that knows how many decisions are left."""
    values = np.zeros(task.config.states)
    for _ in range(task.horizon):
        ahead = task.transitions @ values
        values = (task.click_rates + task.gamma * (1.0 - task.config.leave) * ahead).max(axis=1)
    return float(task.start @ values)
