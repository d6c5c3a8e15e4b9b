"""From whole policy matrices, in any row order, to the vectors of an EvaluationLog."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import InputError
from .log import EvaluationLog

CHUNK_CELLS = 1_000_000
ROW_SUM_TOLERANCE = 1e-4
PROPENSITY_TOLERANCE = 1e-3
"""Relative; single precision and rounding in a log stay below it."""


def from_arrays(
    actions: np.ndarray,
    rewards: np.ndarray,
    propensities: np.ndarray,
    target_policy: np.ndarray,
    q_hat: np.ndarray | None = None,
    behaviour_policy: np.ndarray | None = None,
    *,
    trajectory_ids: np.ndarray | None = None,
    steps: np.ndarray | None = None,
    clusters: np.ndarray | None = None,
    metrics: np.ndarray | None = None,
    **options: Any,
) -> EvaluationLog:
    """An EvaluationLog from (n, A) matrices. Only slices are held: float32 and memory-mapped matrices are welcome.

    Args:
        actions: (n,) logged actions, integers in [0, A).
        rewards: (n,).
        propensities: (n,) behaviour policy's probability of the logged action.
        target_policy: (n, A) evaluation policy; rows sum to 1 within 1e-4 and are not renormalised.
        q_hat: (n, A) a model's values, from a model that never saw the row.
        behaviour_policy: (n, A) logging policy, equal to `propensities` at the logged actions; tells the evaluation
            policy's mass on actions that are never logged.
        trajectory_ids: (n,) which episode a row belongs to; None: every row is an episode.
        steps: (n,) order within an episode; None: the order given.
        clusters: (n,) user of each row.
        metrics: (n, m) further outcomes.
        options: further fields of EvaluationLog (gamma, reward_range, …).

    Raises:
        InputError: shapes that differ, an action out of range, a row that does not sum to 1, a behaviour policy that
            contradicts the propensities, two rows of one episode at the same step, or a user who changes within an
            episode; names the argument and the first bad row.
    """
    n = len(rewards)
    matrices = {"target_policy": target_policy, "q_hat": q_hat, "behaviour_policy": behaviour_policy}
    # A memory-mapped matrix stays one; lists become arrays.
    matrices = {name: None if matrix is None else np.asarray(matrix) for name, matrix in matrices.items()}
    given = {"actions": actions, "propensities": propensities, "trajectory_ids": trajectory_ids, "steps": steps}
    for name, column in (given | matrices | {"clusters": clusters, "metrics": metrics}).items():
        if column is not None and len(column) != n:
            raise InputError(f"{len(column)} rows for {n} rewards.", where=name)
    for name, matrix in matrices.items():
        if matrix is not None and (matrix.ndim != 2 or matrix.shape != matrices["target_policy"].shape):
            raise InputError(f"Shape {matrix.shape}; (rows, actions) is needed.", where=name)
    actions = _checked_actions(actions, matrices["target_policy"].shape[1])

    propensities = np.asarray(propensities)
    vectors = _slices(actions, propensities, *matrices.values())
    vectors |= {"rewards": np.asarray(rewards), "propensities": propensities}
    vectors |= {} if metrics is None else {"metrics": np.asarray(metrics)}
    users = None if clusters is None else np.asarray(clusters)
    if trajectory_ids is None:
        return EvaluationLog(**vectors, clusters=users, **options)
    order, starts = _episode_order(np.asarray(trajectory_ids), steps)
    if users is not None:
        users = _episode_users(users[order], starts)
    ordered = {name: None if vector is None else vector[order] for name, vector in vectors.items()}
    return EvaluationLog(**ordered, episode_starts=starts, clusters=users, **options)


def _checked_actions(actions: np.ndarray, action_count: int) -> np.ndarray:
    actions = np.asarray(actions)
    if not np.issubdtype(actions.dtype, np.integer):
        raise InputError(f"dtype {actions.dtype}; integers are needed.", where="actions")
    bad = (actions < 0) | (actions >= action_count)
    if bad.any():
        row = int(np.argmax(bad))
        raise InputError(f"Action {actions[row]} at row {row} is outside 0..{action_count - 1}.", where="actions")
    return actions


def _slices(
    actions: np.ndarray,
    propensities: np.ndarray,
    target: np.ndarray,
    q_hat: np.ndarray | None,
    behaviour: np.ndarray | None,
) -> dict[str, np.ndarray | None]:
    n, action_count = target.shape
    logged = np.empty(n)
    q_logged, v_target = (None, None) if q_hat is None else (np.empty(n), np.empty(n))
    unsupported = None if behaviour is None else np.empty(n)
    size = max(1, CHUNK_CELLS // action_count)
    for first in range(0, n, size):
        part = slice(first, min(first + size, n))
        pi = np.asarray(target[part], dtype=np.float64)
        _check_rows("target_policy", pi, first)
        at = actions[part, None]
        logged[part] = np.take_along_axis(pi, at, axis=1)[:, 0]
        if q_hat is not None:
            q = np.asarray(q_hat[part], dtype=np.float64)
            _refuse_rows("q_hat", ~np.isfinite(q.sum(axis=1)), first, "holds values that are not finite numbers")
            q_logged[part] = np.take_along_axis(q, at, axis=1)[:, 0]
            v_target[part] = np.einsum("na,na->n", pi, q)
        if behaviour is not None:
            b = np.asarray(behaviour[part], dtype=np.float64)
            _check_rows("behaviour_policy", b, first)
            apart = np.abs(np.take_along_axis(b, at, axis=1)[:, 0] / propensities[part] - 1.0)
            why = "disagrees with the logged propensity"
            _refuse_rows("behaviour_policy", apart > PROPENSITY_TOLERANCE, first, why)
            unsupported[part] = np.where(b > 0, 0.0, pi).sum(axis=1)
    return {
        "target_propensities": np.minimum(logged, 1.0),
        "q_logged": q_logged,
        "v_target": v_target,
        "unsupported_mass": None if unsupported is None else np.minimum(unsupported, 1.0),
    }


def _check_rows(name: str, matrix: np.ndarray, first: int) -> None:
    sums = matrix.sum(axis=1)
    # Written as "not near" so that NaN is refused too.
    bad = ~(np.abs(sums - 1.0) <= ROW_SUM_TOLERANCE)
    if matrix.min() < 0:
        bad |= matrix.min(axis=1) < 0
    _refuse_rows(name, bad, first, f"is no distribution: it sums to {sums[np.argmax(bad)]:.6g}")


def _refuse_rows(name: str, bad: np.ndarray, first: int, why: str) -> None:
    if bad.any():
        raise InputError(f"Row {first + int(np.argmax(bad))} {why}.", where=name)


def _episode_order(ids: np.ndarray, steps: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """The row order that makes episodes contiguous, in order of first appearance, and their first rows in it."""
    _, first_seen, codes = np.unique(ids, return_index=True, return_inverse=True)
    rank = np.empty(len(first_seen), dtype=np.int64)
    rank[np.argsort(first_seen)] = np.arange(len(first_seen))
    episode = rank[codes]
    if steps is None:
        order = np.argsort(episode, kind="stable")
    else:
        steps = np.asarray(steps)
        if np.issubdtype(steps.dtype, np.floating):
            _refuse_rows("steps", np.isnan(steps), 0, "has no step")
        order = np.lexsort((steps, episode))
        same = (np.diff(episode[order]) == 0) & (np.diff(steps[order]) == 0)
        if same.any():
            row = int(order[1:][same][0])
            raise InputError(f"Row {row} repeats step {steps[row]} of trajectory {ids[row]}.", where="steps")
    starts = np.flatnonzero(np.diff(episode[order], prepend=-1))
    return order, starts


def _episode_users(users: np.ndarray, starts: np.ndarray) -> np.ndarray:
    lengths = np.diff(starts, append=len(users))
    if (users != np.repeat(users[starts], lengths)).any():
        raise InputError("An episode belongs to one user; here one changes within an episode.", where="clusters")
    return users[starts]
