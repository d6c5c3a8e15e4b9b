"""What a shop would know had it logged clicks, carts and purchases alone: known shops to try a calibration on."""

from __future__ import annotations

import numpy as np

from ...events.event_types import EVENTS
from ...mdp.dataset import TransitionDataset
from ...mdp.provenance import Provenance
from ..shops.recommend import Recommend


def choice_log(shop: Recommend, sessions: int, seed: int = 1) -> TransitionDataset:
    """A log of a shop of the `recommend` family, without what was shown and not clicked.

    Args:
        shop: the shop.
        sessions: visits, with and without a click; those without leave no trace.
        seed: of the users.
    """
    shown, c = shop.log(sessions, seed=seed), shop.config
    assert shown.metrics is not None, "a simulated log has metrics"
    click, purchase = (shown.metrics[:, shown.metric_names.index(name)] > 0 for name in ("CTR", "CVR"))
    carted = shown.rewards > c.click_reward + c.cart_reward / 2.0
    session = np.repeat(np.arange(sessions), shown.episode_lengths)
    kinds = [("view", click), ("cart", click & carted), ("purchase", purchase)]
    rows = np.concatenate([np.flatnonzero(some) for _, some in kinds])
    codes = np.concatenate([np.full(some.sum(), EVENTS.index(name) + 1) for name, some in kinds])
    order = np.lexsort((codes, rows))
    rows, codes = rows[order], codes[order].astype(np.int8)
    _, starts = np.unique(session[rows], return_index=True)
    return TransitionDataset(
        observations=np.zeros((len(rows), 1), np.float32),
        actions=shown.actions[rows],
        rewards=np.zeros(len(rows), np.float32),
        episode_starts=starts,
        action_count=shop.action_count,
        items=(shown.actions[rows] + 1).astype(np.int32),
        events=codes,
        gaps=np.zeros(len(rows), np.float32),
        item_count=shop.action_count,
        event_count=len(EVENTS),
        train_episodes=round(0.8 * len(starts)),
        provenance=Provenance(source="known"),
        action_names=shop.action_names,
    )
