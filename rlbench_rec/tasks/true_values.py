"""True policy values, by playing the policy until the value is precise enough."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..errors import InputError
from ..policies.policy import Policy
from .rollout import USERS, play

if TYPE_CHECKING:
    from .base import Task

MAX_EPISODES = 2_000_000
"""Rollouts end here at the latest; the standard error that they reached is always reported."""


@dataclass(frozen=True)
class TrueValue:
    """A policy's value, known up to a standard error.

    Attributes:
        value: mean of sum_t gamma^t r_t over episodes; the first reward counts in full.
        std_error: standard deviation of the episodes' returns / sqrt(episodes).
        episodes: how many were played.
        metrics: metric name -> (mean of sum_t gamma^t m_t, its standard error).
    """

    value: float
    std_error: float
    episodes: int
    metrics: dict[str, tuple[float, float]]


def returns(task: Task, policy: Policy, n_users: int, seed: int, batch: int, gamma: float) -> np.ndarray:
    """(n_users, 1 + m) discounted sums of the reward and of each metric, one row per episode: drawn or expected
    ones, as the config's `rollouts` says."""
    sums = np.zeros((n_users, 1 + len(task.metric_names)))
    expected = task.config.rollouts == "expected"
    for t, step in enumerate(play(task, policy, n_users, seed, batch, expected=expected)):
        # A user appears once per step, so += on a selection adds every row.
        sums[step.users, 0] += gamma**t * step.rewards
        sums[step.users, 1:] += gamma**t * step.metrics
    return sums


def true_value(
    task: Task, policy: Policy, *, scale: float, relative_error: float, seed: int, gamma: float
) -> TrueValue:
    """Play batches of users until the standard error is at most relative_error x scale.

    Batch b of a seed has the same users and random numbers for every policy, so differences between policies are
    sharper than their standard errors say.

    Args:
        task: the shop.
        policy: the policy.
        scale: the absolute value that `relative_error` is relative to.
        relative_error: in (0, 1].
        seed: of the users.
        gamma: discount factor.

    Raises:
        InputError: `relative_error` or `gamma` out of range.
    """
    check_precision(relative_error, gamma)
    episodes, batch = 0, 0
    mean = squares = np.zeros(1 + len(task.metric_names))
    while True:
        sums = returns(task, policy, USERS, seed, batch, gamma)
        # Merge the batch into mean and sum of squared deviations (Chan et al.), which does not cancel.
        shift = sums.mean(axis=0) - mean
        squares = squares + sums.var(axis=0) * USERS + shift**2 * (episodes * USERS / (episodes + USERS))
        mean = mean + shift * (USERS / (episodes + USERS))
        episodes, batch = episodes + USERS, batch + 1
        errors = np.sqrt(squares / (episodes - 1) / episodes)
        if errors[0] <= relative_error * abs(scale) or episodes >= MAX_EPISODES:
            break
    metrics = {name: (float(mean[i]), float(errors[i])) for i, name in enumerate(task.metric_names, start=1)}
    return TrueValue(float(mean[0]), float(errors[0]), episodes, metrics)


def check_precision(relative_error: float, gamma: float) -> None:
    """Raise an InputError on a relative error outside (0, 1] or a gamma outside [0, 1]."""
    if not 0.0 < relative_error <= 1.0:
        raise InputError(f"relative_error is {relative_error}; it must lie in (0, 1].", where="true_value")
    if not 0.0 <= gamma <= 1.0:
        raise InputError(f"gamma is {gamma}; it must lie in [0, 1].", where="true_value")
