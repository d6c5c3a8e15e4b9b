"""Sessions of items for tests, and the raw request before each of their decisions."""

from __future__ import annotations

import numpy as np

from rlbench_rec.mdp import TransitionDataset
from rlbench_rec.mdp.encoding import encoding_of

ITEMS = tuple("abcdef")
STEPS = 3


def item_sessions(sessions: int = 340) -> TransitionDataset:
    """Three decisions each among six items, logged by chance; in context c the item c is clicked more often."""
    rng = np.random.default_rng(0)
    rows = STEPS * sessions
    context, actions = rng.integers(2, size=rows), rng.integers(len(ITEMS), size=rows)
    return TransitionDataset(
        observations=np.eye(2, dtype=np.float32)[context],
        observation_names=("new", "known"),
        actions=actions,
        action_names=ITEMS,
        rewards=(rng.random(rows) < 0.2 + 0.5 * (actions == context)).astype(np.float32),
        episode_starts=np.arange(0, rows, STEPS),
        action_count=len(ITEMS),
        gamma=0.9,
        items=(actions + 1).astype(np.int32),
        events=np.ones(rows, np.int8),
        gaps=np.zeros(rows, np.float32),
        history=1,
        item_count=len(ITEMS),
        event_count=1,
        propensities=np.full(rows, 1 / len(ITEMS)),
        train_episodes=sessions,
    )


def requests_of(data: TransitionDataset, *, rewards: bool = False) -> list[dict]:
    """As a shop sends them: what it knows, what the session has seen and, where asked, what that earned."""
    (event,) = encoding_of(data).events
    requests = []
    for row, start in enumerate(data.row_starts):
        shown = [{"item_id": data.action_names[a], "event": event} for a in data.actions[start:row]]
        asked = {"context": dict(zip(data.observation_names, map(float, data.observations[row]), strict=True))}
        requests.append(asked | {"events": shown})
        if rewards:
            requests[-1]["rewards"] = data.rewards[start:row].tolist()
    return requests
