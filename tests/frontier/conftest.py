"""Toy logs for frontiers: few actions, a behaviour policy that is known, values that are exact."""

from __future__ import annotations

import numpy as np
import pytest

import rlbench_rec as rb
from rlbench_rec.mdp.dataset import TransitionDataset


@pytest.fixture(scope="session")
def make_log():
    """A log of one-step episodes with two actions and a click rate each: (episodes, b of action 1, click rates, seed)
    -> TransitionDataset with exact propensities."""

    def make(episodes=2_000, chance=0.5, rates=(0.1, 0.3), seed=0, **columns):
        rng = np.random.default_rng(seed)
        actions = (rng.random(episodes) < chance).astype(np.int64)
        rewards = (rng.random(episodes) < np.asarray(rates)[actions]).astype(np.float32)
        fields = {
            "observations": np.zeros((episodes, 1), dtype=np.float32),
            "actions": actions,
            "rewards": rewards,
            "episode_starts": np.arange(episodes),
            "action_count": 2,
            "gamma": 1.0,
            "propensities": np.where(actions == 1, chance, 1.0 - chance),
        }
        return TransitionDataset(**(fields | columns))

    return make


@pytest.fixture(scope="session")
def shop():
    """`tabular-v1`, whose values are exact, with short sessions."""
    return rb.tasks.make("tabular-v1", seed=3, horizon=4)


@pytest.fixture(scope="session")
def shop_log(shop):
    """(validation, test) of the shop."""
    data = shop.log(episodes=6_000, seed=5)
    return data.episodes(0, 3_000), data.episodes(3_000, 6_000)


@pytest.fixture(scope="session")
def best_q(shop):
    """The optimal Q of the shop."""
    values = shop.optimal_values()
    return lambda states: states @ values
