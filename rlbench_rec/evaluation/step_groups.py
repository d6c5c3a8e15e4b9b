"""Groups of test steps that ranking metrics are given for: by outcome, by item, by user."""

from __future__ import annotations

import numpy as np

from ..mdp.dataset import TransitionDataset
from .session_actions import SessionActions

OF_ITEMS = ("head", "mid", "tail", "cold-item")
"""Groups by the logged item, which the vocabulary has to know."""
GROUPS = ("all", "new", "click", "purchase", *OF_ITEMS, "known-user", "cold-user")
"""All groups: see `step_groups`."""


def step_groups(
    data: TransitionDataset, sessions: SessionActions, train: TransitionDataset | None, cold_below: int
) -> dict[str, np.ndarray]:
    """Group -> (n,) bool, for the groups that the log has.

    `all`; `new`: the item did not occur earlier in the session (of steps outside the vocabulary the first alone, as the
    others may be of the same item); `purchase`: the step brought a purchase, by itself or by what is credited to it;
    `click`: it brought a click, cart or favourite and no purchase; `head`, `mid`, `tail`: the item is one of the most
    popular that together have a third of the training steps, of those that have the next third, of the others;
    `cold-item`: it has fewer than `cold_below` training steps; `known-user`, `cold-user`: the user has a training
    session, or has none.

    Args:
        data: the test side.
        sessions: its sessions.
        train: the training side, None for none: then there are no groups by items and users.
        cold_below: how many training steps make an item not cold.
    """
    groups = {"all": np.ones(len(data), dtype=bool), "new": sessions.new} | _by_outcome(data)
    if train is not None:
        groups |= _by_item(data, training_counts(train), cold_below) | _by_user(data, train)
    return {name: groups[name] for name in GROUPS if name in groups and groups[name].any()}


def training_counts(train: TransitionDataset) -> np.ndarray:
    """(action_count,) training steps of each action; 0 for what stands for all outside the vocabulary."""
    counts = np.bincount(train.actions, minlength=train.action_count)
    if train.other_action is not None:
        counts[train.other_action] = 0
    return counts


def _by_outcome(data: TransitionDataset) -> dict[str, np.ndarray]:
    if data.metrics is None or not {"CTR", "CVR"} <= set(data.metric_names):
        return {}
    clicked, purchased = (data.metrics[:, data.metric_names.index(name)] > 0 for name in ("CTR", "CVR"))
    return {"click": clicked & ~purchased, "purchase": purchased}


def _by_item(data: TransitionDataset, counts: np.ndarray, cold_below: int) -> dict[str, np.ndarray]:
    known = np.ones(len(data), dtype=bool) if data.other_action is None else data.actions != data.other_action
    thirds = _thirds(counts)[data.actions]
    groups = {name: known & (thirds == third) for third, name in enumerate(("head", "mid", "tail"))}
    return groups | {"cold-item": known & (counts[data.actions] < cold_below)}


def _thirds(counts: np.ndarray) -> np.ndarray:
    """(action_count,) 0, 1 or 2: which third of the training steps an item's own begin in, most popular items first."""
    order = np.argsort(-counts, kind="stable")
    begin = np.cumsum(counts[order]) - counts[order]
    thirds = np.empty(len(counts), dtype=np.int64)
    thirds[order] = np.minimum(3 * begin // max(counts.sum(), 1), 2)
    return thirds


def _by_user(data: TransitionDataset, train: TransitionDataset) -> dict[str, np.ndarray]:
    if data.clusters is None or train.clusters is None:
        return {}
    known = np.repeat(np.isin(data.clusters, train.clusters), data.episode_lengths)
    return {"known-user": known, "cold-user": ~known}
