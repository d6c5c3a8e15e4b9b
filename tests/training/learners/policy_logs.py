"""Small one-step logs for the learners that look for a policy by what it would have earned."""

from __future__ import annotations

import numpy as np

from rlbench_rec.mdp.dataset import TransitionDataset

ARMS = 4
CHANCES = np.array([0.1, 0.1, 0.5, 0.2])


def easy_log(rows: int = 4_000, seed: int = 0, context: bool = False) -> TransitionDataset:
    """Four actions, logged uniformly; the third clicks most. With `context` it does so where x > 0, and elsewhere the
    first does, with the same chances."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, 2)).astype(np.float32)
    actions = rng.integers(ARMS, size=rows)
    ranked = np.where(context & (x[:, 0] < 0), (actions + 2) % ARMS, actions)
    return one_step_log(x, actions, (rng.random(rows) < CHANCES[ranked]).astype(np.float32), np.full(rows, 1 / ARMS))


def one_step_log(
    observations: np.ndarray, actions: np.ndarray, rewards: np.ndarray, propensities: np.ndarray | None
) -> TransitionDataset:
    """A log whose episodes are single decisions."""
    return TransitionDataset(
        observations=observations,
        actions=actions,
        rewards=rewards,
        episode_starts=np.arange(len(actions)),
        action_count=ARMS,
        gamma=0.0,
        propensities=propensities,
        train_episodes=len(actions),
    )
