"""Sessions as clicks: what a log and a simulated shop have in common."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ...events.event_types import EVENTS
from ...mdp.dataset import TransitionDataset
from ..shops.recommend import Recommend

CLICKS, CARTS, PURCHASES = ("view", "click"), ("cart",), ("purchase",)


@dataclass(frozen=True)
class Visits:
    """The clicks of many sessions, and what came of them.

    Attributes:
        session: (k,) int64 number of each click's session; contiguous, rising.
        item: (k,) int64 what was clicked; `item_count` for an unknown item.
        item_count: how many are known.
        carts, purchases: how many there were.
        decisions: how many items were shown; NaN where the log does not say.
    """

    session: np.ndarray
    item: np.ndarray
    item_count: int
    carts: int
    purchases: int
    decisions: float = math.nan

    def __len__(self) -> int:
        return len(self.item)

    @cached_property
    def lengths(self) -> np.ndarray:
        """Clicks of each session that has one."""
        return np.unique(self.session, return_counts=True)[1]

    @property
    def known(self) -> np.ndarray:
        """(k,) whether the item is one of those known."""
        return self.item < self.item_count

    @property
    def shares(self) -> np.ndarray:
        """(item_count,) share of the known clicks, half a click added to each item."""
        counts = np.bincount(self.item[self.known], minlength=self.item_count) + 0.5
        return counts / counts.sum()

    def pairs(self, lag: int) -> np.ndarray:
        """(2, p) known items of the same session that were clicked `lag` clicks apart."""
        first, second = self.item[:-lag], self.item[lag:]
        both = (self.session[:-lag] == self.session[lag:]) & (first < self.item_count) & (second < self.item_count)
        return np.stack([first[both], second[both]])

    @property
    def events(self) -> np.ndarray:
        """Clicks, carts and purchases."""
        return np.array([len(self), self.carts, self.purchases], dtype=np.float64)


def logged(data: TransitionDataset) -> Visits:
    """The clicks of a log: its views and clicks. Other events of a session are what came of them, whether they are
    decisions of the log or not."""
    item_count = data.action_count - (data.other_action is not None)
    sessions = np.repeat(np.arange(data.n_episodes), data.episode_lengths)
    assert data.events is not None, "checked"
    clicks = _is(data.at_decisions(data.events), CLICKS)
    carts, purchases = (int(_is(data.events, kinds).sum()) for kinds in (CARTS, PURCHASES))
    return Visits(sessions[clicks], np.asarray(data.actions)[clicks], item_count, carts, purchases)


def simulated(shop: Recommend, sessions: int, seed: int) -> Visits:
    """The clicks of a simulated shop under its behaviour policy; what was not clicked is left out."""
    data, config = shop.log(sessions, seed=seed), shop.config
    assert data.metrics is not None, "a simulated log has metrics"
    click, purchase = (data.metrics[:, data.metric_names.index(name)] for name in ("CTR", "CVR"))
    carts = data.rewards - config.click_reward * click - config.purchase_reward * purchase
    number, clicks = np.repeat(np.arange(data.n_episodes), data.episode_lengths), click > 0
    return Visits(
        number[clicks],
        data.actions[clicks],
        shop.action_count,
        int(np.rint(carts.sum() / config.cart_reward)),
        int(purchase.sum()),
        len(data),
    )


def _is(events: np.ndarray, kinds: tuple[str, ...]) -> np.ndarray:
    return np.isin(events, [EVENTS.index(kind) + 1 for kind in kinds])
