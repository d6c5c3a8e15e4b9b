"""Small logs that contracts are checked on: every form that a state can take."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..events.event_types import EVENTS
from ..mdp.dataset import TransitionDataset

IMPRESSION, CLICK = (EVENTS.index(name) + 1 for name in ("impression", "click"))
ACTIONS = 4
SESSIONS = 40
STEPS = 3


def toy_logs() -> dict[str, TransitionDataset]:
    """What is special about a log -> the log: 40 sessions of three steps (or 120 of one), four items, logged by the
    uniform policy."""
    sessions = _sessions()
    rows = len(sessions)
    forbidden = np.zeros((rows, ACTIONS), dtype=bool)
    forbidden[np.arange(rows), (sessions.actions + 1) % ACTIONS] = True
    one_step = replace(
        sessions, episode_starts=np.arange(rows), history=0, train_episodes=rows, clusters=np.arange(rows) // STEPS
    )
    return {
        "sessions": sessions,
        "single decisions": one_step,
        "items outside the vocabulary": replace(sessions, other_item=ACTIONS, other_action=ACTIONS - 1),
        "forbidden actions": replace(sessions, forbidden=forbidden, propensities=np.full(rows, 1 / (ACTIONS - 1))),
        "candidates": _candidates(sessions),
        "clicks between impressions": _with_clicks(sessions),
    }


def _sessions() -> TransitionDataset:
    rng = np.random.default_rng(0)
    rows = SESSIONS * STEPS
    actions = rng.integers(ACTIONS, size=rows)
    user = np.arange(rows) // STEPS % 2
    clicks = (rng.random(rows) < 0.2 + 0.2 * (actions == user)).astype(np.float32)
    return TransitionDataset(
        observations=np.stack([user == 0, user == 1, rng.normal(size=rows)], axis=1).astype(np.float32),
        observation_names=("user=ann", "user=bob", "hour"),
        actions=actions,
        action_names=tuple(f"item-{number}" for number in range(ACTIONS)),
        rewards=clicks,
        episode_starts=np.arange(0, rows, STEPS),
        action_count=ACTIONS,
        items=(actions + 1).astype(np.int32),
        events=np.ones(rows, dtype=np.int8),
        gaps=rng.uniform(1, 60, rows).astype(np.float32),
        history=2,
        item_count=ACTIONS,
        event_count=1,
        propensities=np.full(rows, 1 / ACTIONS),
        metrics=np.stack([clicks, clicks * actions], axis=1).astype(np.float32),
        metric_names=("CTR", "revenue"),
        clusters=np.arange(SESSIONS),
        train_episodes=SESSIONS,
    )


def _with_clicks(sessions: TransitionDataset) -> TransitionDataset:
    """Each impression that was clicked is followed by an event of its own, which is not a decision."""
    clicked = sessions.rewards > 0
    copies = np.where(clicked, 2, 1)
    rows = np.repeat(np.arange(len(sessions)), copies)
    first = np.cumsum(copies) - copies
    events = np.where(np.arange(len(rows)) == first[rows], IMPRESSION, CLICK).astype(np.int8)
    assert sessions.items is not None and sessions.gaps is not None, "they have a history"
    return replace(
        sessions,
        items=sessions.items[rows],
        events=events,
        gaps=sessions.gaps[rows],
        event_count=CLICK,
        event_rows=first,
        event_starts=first[sessions.episode_starts],
    )


def _candidates(sessions: TransitionDataset) -> TransitionDataset:
    """Three slots, the logged item in one of them, and another one empty in every second row."""
    rng = np.random.default_rng(1)
    rows = len(sessions)
    slots = np.argsort(rng.random((rows, ACTIONS)), axis=1)[:, :3].astype(np.int32) + 1
    chosen = rng.integers(3, size=rows)
    slots[np.arange(0, rows, 2), (chosen[::2] + 1) % 3] = 0
    items = slots[np.arange(rows), chosen]
    return replace(
        sessions, candidates=slots, actions=chosen, items=items, action_count=3, action_names=(), propensities=None
    )
