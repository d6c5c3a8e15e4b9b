"""A task's log: what a shop would have recorded while a policy served its users."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import numpy as np

from ..errors import InputError
from ..mdp.dataset import TransitionDataset
from ..mdp.provenance import Provenance
from ..policies.policy import Policy
from .insiders import InsiderPolicy
from .rollout import Decisions, batches, play

if TYPE_CHECKING:
    from .base import Task


def write_log(task: Task, episodes: int, policy: Policy, seed: int, train_fraction: float) -> TransitionDataset:
    """Play `episodes` sessions and keep every decision with its exact propensity.

    Args:
        task: the shop.
        episodes: number of sessions, at least 2; the first `train_fraction` of them are the training side.
        policy: makes the decisions.
        seed: of the users and of the policy's draws.
        train_fraction: in (0, 1).

    Raises:
        InputError: too few episodes, or a fraction that leaves a side empty.
    """
    train_episodes = round(episodes * train_fraction)
    if not 0 < train_episodes < episodes:
        raise InputError(
            f"{episodes} episodes at train_fraction {train_fraction} leave a side of the split empty.",
            where=task.id,
            hint="Ask for more episodes, or a fraction between 0 and 1.",
        )
    parts = [_by_user(list(play(task, policy, size, seed, batch)), size) for batch, size in batches(episodes)]
    lengths = np.concatenate([part[0] for part in parts])
    states, actions, propensities, rewards, metrics, events = (
        np.concatenate([part[1][i] for part in parts]) for i in range(len(Decisions._fields) - 1)
    )
    layout = task.layout
    return TransitionDataset(
        observations=np.ascontiguousarray(states[:, : layout.context]),
        actions=actions,
        rewards=rewards,
        episode_starts=np.cumsum(lengths) - lengths,
        action_count=task.action_count,
        gamma=task.gamma,
        propensities=propensities,
        metrics=metrics,
        metric_names=task.metric_names,
        train_episodes=train_episodes,
        provenance=_provenance(task, episodes, policy, seed, train_episodes),
        action_names=task.action_names,
        observation_names=task.observation_names,
        items=(actions + 1).astype(np.int32) if layout.history else None,
        events=events if layout.history else None,
        gaps=np.zeros(len(actions), np.float32) if layout.history else None,
        history=layout.history,
        item_count=layout.item_count,
        event_count=layout.event_count,
    )


def _by_user(steps: list[Decisions], n_users: int) -> tuple[np.ndarray, list[np.ndarray]]:
    """Session lengths, and the columns after `users` with each user's steps together: row = user's start + step."""
    lengths = np.bincount(np.concatenate([step.users for step in steps]), minlength=n_users)
    starts = np.cumsum(lengths) - lengths
    columns = []
    for name in Decisions._fields[1:]:
        first = getattr(steps[0], name)
        column = np.empty((lengths.sum(), *first.shape[1:]), dtype=first.dtype)
        for t, step in enumerate(steps):
            column[starts[step.users] + t] = getattr(step, name)
        columns.append(column)
    return lengths, columns


def _provenance(task: Task, episodes: int, policy: Policy, seed: int, train_episodes: int) -> Provenance:
    recipe = {
        "task": task.id,
        "task_version": task.version,
        "task_seed": task.seed,
        "task_config": task.config.model_dump(mode="json"),
        "policy": policy.name,
        "episodes": episodes,
        "seed": seed,
    }
    sha256 = _hash(recipe)
    # The propensities of an insider are those of the best model of what the log has; the true ones went unrecorded.
    known = "estimated" if isinstance(policy, InsiderPolicy) else "identified"
    return Provenance(task.id, sha256, _hash([sha256, train_episodes]), identification=known, config=recipe)


def _hash(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
