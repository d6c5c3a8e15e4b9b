"""What was earned from each row on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from .dataset import TransitionDataset


def returns_to_go(data: TransitionDataset, gamma: float) -> np.ndarray:
    """(n,) float64, sum_k gamma^k r over each row and those it leads to."""
    returns = data.rewards.astype(np.float64)
    if data.next_episodes is not None:
        return _chained(data, returns, gamma)
    steps = np.arange(len(data)) - data.row_starts
    for step in range(int(steps.max()), 0, -1):
        here = np.flatnonzero(steps == step)
        returns[here - 1] += gamma * returns[here]
    return returns


def session_returns_to_go(data: TransitionDataset) -> np.ndarray:
    """(n,) float64 the same at the dataset's gamma within each session, whether or not its user comes back."""
    return returns_to_go(data if data.next_episodes is None else replace(data, next_episodes=None), data.gamma)


def session_returns(data: TransitionDataset) -> np.ndarray:
    """(episodes,) float64 discounted return of each session by itself."""
    return session_returns_to_go(data)[data.episode_starts]


def _chained(data: TransitionDataset, returns: np.ndarray, gamma: float) -> np.ndarray:
    """The same over all later episodes of a user, which together may be long: each pass doubles how far it looks."""
    ahead = data.next_rows(np.arange(len(data)))
    discounts = np.where(data.terminals, 0.0, gamma)
    for _ in range(len(data).bit_length()):
        returns = returns + discounts * returns[ahead]
        discounts, ahead = discounts * discounts[ahead], ahead[ahead]
    return returns
