"""Sessions as clicks: what a log and a simulated shop have in common."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from ...events.event_types import EVENTS
from ...mdp.dataset import TransitionDataset
from ..random_streams import stream
from ..rollout import batches
from ..shops.recommend import Recommend

KINDS = ("habit", "daypart", "remembered")
MS_PER_HOUR = 3_600_000
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
        kinds: what is known of each session, (sessions,) int64 by its number: of a log `carts`, `purchases` and, where
            it has them, `user` and `hour` (since 1970); of a shop `habit`, `daypart` and `remembered`.
    """

    session: np.ndarray
    item: np.ndarray
    item_count: int
    carts: int
    purchases: int
    decisions: float = math.nan
    kinds: Mapping[str, np.ndarray] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.item)

    @cached_property
    def lengths(self) -> np.ndarray:
        """Clicks of each session that has one."""
        return np.unique(self.session, return_counts=True)[1]

    @cached_property
    def visits(self) -> np.ndarray:
        """Numbers of the sessions that have a click, as `lengths` has them."""
        return np.unique(self.session)

    def kind(self, name: str) -> np.ndarray:
        """(visits,) what is known of the sessions that have a click."""
        return self.kinds[name][self.visits]

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

    def resampled(self, rng: np.random.Generator) -> Visits:
        """As many sessions with a click, drawn with replacement: another log of the same shop (Efron 1979)."""
        numbers, lengths = self.visits, self.lengths
        drawn = np.sort(rng.integers(len(numbers), size=len(numbers)))
        starts, sizes = (np.cumsum(lengths) - lengths)[drawn], lengths[drawn]
        clicks = np.repeat(starts - (np.cumsum(sizes) - sizes), sizes) + np.arange(sizes.sum())
        kinds = {name: codes[numbers[drawn]] for name, codes in self.kinds.items()}
        carts, purchases = (
            round(total * kinds[name].sum() / max(self.kind(name).sum(), 1)) if name in kinds else total
            for name, total in (("carts", self.carts), ("purchases", self.purchases))
        )
        session = np.repeat(np.arange(len(drawn)), sizes)
        return Visits(session, self.item[clicks], self.item_count, carts, purchases, kinds=kinds)

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
    owner = _session_of_events(data)
    carts, purchases = (
        np.bincount(owner[_is(data.events, kinds)], minlength=data.n_episodes) for kinds in (CARTS, PURCHASES)
    )
    kinds = {"carts": carts, "purchases": purchases}
    if data.clusters is not None:
        kinds["user"] = np.unique(data.clusters, return_inverse=True)[1]
    if data.timestamps is not None:
        kinds["hour"] = np.asarray(data.timestamps)[data.episode_starts] // MS_PER_HOUR
    return Visits(
        sessions[clicks],
        np.asarray(data.actions)[clicks],
        item_count,
        int(carts.sum()),
        int(purchases.sum()),
        kinds=kinds,
    )


def _session_of_events(data: TransitionDataset) -> np.ndarray:
    assert data.events is not None, "checked"
    starts = data.episode_starts if data.event_starts is None else data.event_starts
    return np.repeat(np.arange(data.n_episodes), np.diff(np.append(starts, len(data.events))))


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
        _kinds(shop, sessions, seed),
    )


def _kinds(shop: Recommend, sessions: int, seed: int) -> dict[str, np.ndarray]:
    """What sets the users of a log apart; they are those that `simulated_logs` plays."""
    parts = []
    for batch, size in batches(sessions):
        simulator = shop.simulator(size, seed=stream(shop.id, seed, batch))
        simulator.reset()
        parts.append(simulator.users)
    return {name: np.concatenate([users[name] for users in parts]) for name in KINDS if name in parts[0]}


def _is(events: np.ndarray, kinds: tuple[str, ...]) -> np.ndarray:
    return np.isin(events, [EVENTS.index(kind) + 1 for kind in kinds])
