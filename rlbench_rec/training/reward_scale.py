"""The unit in which values are learnt: how much the returns of a log differ."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from ..mdp.dataset import TransitionDataset
from ..tolerances import ROUNDING


def reward_scale(data: TransitionDataset) -> float:
    """Standard deviation, over the episodes, of the discounted return from their first decision on.

    Rewards divided by it mean the same everywhere, and so do what is measured against them: a learning rate, the bend
    of a Huber loss, CQL's alpha, SAC's temperature. The discount factor is the log's, whatever the learner's own, so
    that all learners of a log share the scale. 1 where all returns are alike, or are too large for a number.

    Args:
        data: the episodes that are trained on.
    """
    returns = data.returns_to_go()[data.episode_starts]
    with np.errstate(over="ignore", invalid="ignore"):
        scale = float(returns.std())
    # The mean of equal numbers is not always that number: what is left is no unit.
    return scale if math.isfinite(scale) and scale > ROUNDING * np.abs(returns).max() else 1.0


def in_units_of(data: TransitionDataset, scale: float) -> TransitionDataset:
    """The same log with its rewards divided by `scale`."""
    if scale == 1.0:
        return data
    return replace(data, rewards=(data.rewards.astype(np.float64) / scale).astype(np.float32))
