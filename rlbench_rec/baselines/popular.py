"""The most popular items, for good or of late."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from ..mdp.dataset import TransitionDataset
from ..policies import Greedy
from .item_scores import FixedScores, choice_count, choices

DAY = 86_400_000.0
"""In milliseconds."""

Counted = Literal["rewards", "choices"]
"""What makes an item popular: the rewards that it earned, or how often it was chosen."""


def popular_greedy(train: TransitionDataset, *, counted: Counted = "rewards") -> Greedy:
    """Always the action that earned most in all.

    argmax_a of sum_i 1{a_i = a} r_i / p_i, p_i the logged propensity (1 where it is unknown). It is `popularity`
    without chance; among candidates items are counted, not slots.

    Args:
        train: the training side.
        counted: `rewards`, or `choices`: 1 in place of r_i. Where nothing was earned choices are counted.
    """
    policy = Greedy(FixedScores(train, popular(train, counted)), train.action_count)
    policy.name = "popular-greedy"
    return policy


def popular_recent(
    train: TransitionDataset,
    *,
    counted: Counted = "rewards",
    half_life: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 7.0,
    half_life_share: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 0.1,
) -> Greedy:
    """Always the action that earned most of late: `popular-greedy` with a half-life.

    What happened t days before the end of the training side counts 2^(-t / half_life) (Ji et al. 2020, "A Re-visit of
    the Popularity Baseline").

    Args:
        train: the training side.
        counted: as for `popular-greedy`.
        half_life: in days.
        half_life_share: in its place where time is only an order: as a share of the decisions.
    """
    policy = Greedy(
        FixedScores(train, popular(train, counted, _decay(train, half_life, half_life_share))), train.action_count
    )
    policy.name = "popular-recent"
    return policy


def popular(train: TransitionDataset, counted: Counted = "rewards", decay: np.ndarray | None = None) -> np.ndarray:
    """(choices + 1,) how popular each choice is, by the ids of `choices`; what was never chosen is not above any other.

    Args:
        train: the training side.
        counted: see `popular_greedy`.
        decay: (n,) what each row counts; None: all the same.
    """
    weights = np.ones(len(train)) if train.propensities is None else 1.0 / train.propensities
    if decay is not None:
        weights = weights * decay
    if counted == "rewards" and train.rewards.any():
        weights = weights * train.rewards
    ids, size = choices(train), choice_count(train) + 1
    totals = np.bincount(ids, weights, minlength=size)
    # What was never chosen is not popular for having cost nothing.
    totals[np.bincount(ids, minlength=size) == 0] = min(float(totals.min()), 0.0)
    return totals


def _decay(train: TransitionDataset, half_life: float, half_life_share: float) -> np.ndarray:
    """(n,) 2^(-age in half-lives)."""
    if train.timestamps is None:
        return np.exp2((np.arange(len(train)) - (len(train) - 1)) / (half_life_share * len(train)))
    return np.exp2((train.timestamps - train.timestamps.max()) / (half_life * DAY))
