"""Policies that ignore the state: uniform, and popularity."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from ..arguments import expect
from ..errors import InputError
from ..mdp.dataset import TransitionDataset
from ..tolerances import ROUNDING
from .policy import Policy


class Stateless(Policy):
    """The same probabilities in every state.

    Args:
        name: label in tables.
        distribution: (A,) probabilities that sum to 1.
    """

    def __init__(self, name: str, distribution: np.ndarray):
        distribution = np.asarray(distribution, dtype=np.float64)
        if (distribution < 0).any() or not abs(distribution.sum() - 1.0) < ROUNDING:
            raise InputError(f"The probabilities sum to {distribution.sum():g}.", where=f"policy {name}")
        self.name, self.action_count, self.distribution = name, len(distribution), distribution

    def probabilities(self, states: np.ndarray) -> np.ndarray:
        return np.broadcast_to(self.distribution, (len(states), self.action_count))

    def probability_of(self, states: np.ndarray, actions: np.ndarray) -> np.ndarray:
        return self.distribution[actions]


class Uniform(Stateless):
    """Every action equally likely: pi(a) = 1 / A."""

    def __init__(self, action_count: int):
        super().__init__("random", np.full(action_count, 1.0 / action_count))


def uniform(train: TransitionDataset) -> Stateless:
    """Every action equally likely.

    The action that stands for items outside the vocabulary cannot be recommended, so it has probability 0.
    """
    expect(train, TransitionDataset, "train")
    return Stateless("random", _shares(np.ones(train.action_count - (train.other_action is not None)), train))


def popularity(
    train: TransitionDataset, smoothing: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 1.0
) -> Stateless:
    """Each action in proportion to what it earned in the training log.

    pi(a) is proportional to the reward that action a earned, plus `smoothing` times the mean over actions. Where the
    log carries propensities each reward is weighted by 1 / propensity, so that an action is not popular merely for
    having been shown often. Negative totals (costs) count as 0. The action outside the vocabulary cannot be
    recommended, so its reward does not count. Where nothing was earned all are equally likely.
    """
    expect(train, TransitionDataset, "train")
    weights = train.rewards.astype(np.float64)
    if train.propensities is not None:
        weights = weights / train.propensities
    earned = np.maximum(np.bincount(train.actions, weights, minlength=train.action_count), 0.0)
    if train.other_action is not None:
        earned = np.delete(earned, train.other_action)
    # Smoothing is in units of the mean earning, so that the unit of the reward (clicks, euros) does not matter.
    scores = earned + smoothing * (earned.mean() or 1.0)
    return Stateless("popularity", _shares(scores if scores.any() else np.ones(len(scores)), train))


def _shares(scores: np.ndarray, train: TransitionDataset) -> np.ndarray:
    """(A,) probabilities in proportion to the scores of the actions that may be recommended, 0 for the other one."""
    shares = scores / scores.sum()
    return shares if train.other_action is None else np.insert(shares, train.other_action, 0.0)
