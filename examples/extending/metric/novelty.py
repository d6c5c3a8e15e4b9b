"""A metric that is computed of any log: how often a decision shows something new in the session."""

from __future__ import annotations

import numpy as np

import rlbench_rec as rb
from rlbench_rec.mdp import TransitionDataset
from rlbench_rec.results.metrics import Metric


def first_time(data: TransitionDataset) -> np.ndarray:
    """(n,) 1 where the action was not taken earlier in the session, else 0."""
    session = np.repeat(np.arange(data.n_episodes), data.episode_lengths)
    first = np.unique(session * data.action_count + data.actions, return_index=True)[1]
    new = np.zeros(len(data))
    new[first] = 1.0
    return new


rb.register(
    "metrics",
    "novelty",
    Metric(
        label="novelty",
        higher_is_better=True,
        kind="outcome",
        description="Discounted sum of decisions that were the session's first of their kind.",
        compute=first_time,
    ),
)
