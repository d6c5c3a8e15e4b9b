"""From whole policy matrices, in any row order, to the vectors of an EvaluationLog."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...errors import InputError
from . import checks
from .evaluation_log import ROW_FIELDS, EvaluationLog
from .policy_matrices import (
    as_matrix,
    category_codes,
    category_sums,
    check_distributions,
    checked_actions,
    chunks,
    read,
    refuse_rows,
)

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
    categories: np.ndarray | None = None,
    positions: np.ndarray | None = None,
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
        categories: (A,) category of each action, or (A, d) features of which each combination is one; with the
            behaviour policy they give the vectors that `mips` needs.
        positions: (n,) position of each row, where policies and q differ by position; matrices are then (n, A, P).
        options: further fields of EvaluationLog (gamma, reward_range, state_ratios, …): those by row in the order
            given, those by episode in the order in which episodes first appear.

    Raises:
        InputError: shapes that differ, an action out of range, a row that does not sum to 1, a behaviour policy that
            contradicts the propensities, two rows of one episode at the same step, or a user who changes within an
            episode; names the argument and the first bad row.
    """
    rewards, propensities = checks.vector("rewards", rewards), checks.vector("propensities", propensities)
    matrices = {"target_policy": target_policy, "q_hat": q_hat, "behaviour_policy": behaviour_policy}
    for name, column in {"rewards": rewards, "propensities": propensities, "target_policy": target_policy}.items():
        if column is None:
            raise InputError("A log needs them.", where=name)
    n = len(rewards)
    matrices = {name: as_matrix(name, matrix, by_position=positions is not None) for name, matrix in matrices.items()}
    given = {"actions": actions, "propensities": propensities, "trajectory_ids": trajectory_ids, "steps": steps}
    given["positions"] = positions
    own = {name: options.pop(name) for name in ROW_FIELDS if name in options}
    own = {name: np.asarray(column) for name, column in own.items() if column is not None}
    for name, column in (given | matrices | {"clusters": clusters, "metrics": metrics} | own).items():
        if column is not None and len(column) != n:
            raise InputError(f"{len(column)} rows for {n} rewards.", where=name)
    target_shape = matrices["target_policy"].shape
    for name, matrix in matrices.items():
        if matrix is not None and matrix.shape != target_shape:
            raise InputError(f"Shape {matrix.shape}, target_policy has {target_shape}.", where=name)
    action_count = target_shape[1]
    actions = checked_actions(actions, action_count)
    if positions is not None:
        positions = checked_actions(positions, target_shape[2], "positions")
    if categories is not None:
        if behaviour_policy is None:
            raise InputError("Categories need the behaviour_policy too.", where="categories")
        categories = category_codes(categories, action_count)

    # A behaviour policy is compared with them.
    checks.chances("propensities", propensities, positive=True)
    vectors = _slices(actions, propensities, *matrices.values(), categories, positions)
    for name in own:
        if vectors.get(name) is not None:
            raise InputError("Given as a column and as a matrix.", where=name, hint="Give one of them.")
    vectors |= own | {"rewards": rewards, "propensities": propensities}
    vectors |= {} if metrics is None else {"metrics": np.asarray(metrics)}
    users = None if clusters is None else np.asarray(clusters)
    if trajectory_ids is None:
        return EvaluationLog(**vectors, clusters=users, **options)
    if "episode_starts" in options:
        raise InputError(
            "Episodes are told by trajectory_ids or by episode_starts, not by both.", where="episode_starts"
        )
    order, starts = episode_order(np.asarray(trajectory_ids), steps)
    if users is not None:
        users = _episode_users(checks.codes("clusters", users)[0][order], starts)
    ordered = {name: None if vector is None else vector[order] for name, vector in vectors.items()}
    return EvaluationLog(**ordered, episode_starts=starts, clusters=users, **options)


def _slices(
    actions: np.ndarray,
    propensities: np.ndarray,
    target: np.ndarray,
    q_hat: np.ndarray | None,
    behaviour: np.ndarray | None,
    categories: np.ndarray | None,
    positions: np.ndarray | None,
) -> dict[str, np.ndarray | None]:
    n = len(target)
    logged = np.empty(n)
    q_logged, v_target = (None, None) if q_hat is None else (np.empty(n), np.empty(n))
    unsupported = None if behaviour is None else np.empty(n)
    of_category, target_of_category = (None, None) if categories is None else (np.empty(n), np.empty(n))
    for part in chunks(target):
        first = part.start
        pi = read(target, part, positions)
        check_distributions("target_policy", pi, first)
        at = actions[part, None]
        logged[part] = np.take_along_axis(pi, at, axis=1)[:, 0]
        if q_hat is not None:
            q = read(q_hat, part, positions)
            with np.errstate(invalid="ignore"):
                refuse_rows("q_hat", ~np.isfinite(q.sum(axis=1)), first, "holds values that are not finite numbers")
            q_logged[part] = np.take_along_axis(q, at, axis=1)[:, 0]
            v_target[part] = np.einsum("na,na->n", pi, q)
        if behaviour is not None:
            b = read(behaviour, part, positions)
            check_distributions("behaviour_policy", b, first)
            apart = np.abs(np.take_along_axis(b, at, axis=1)[:, 0] / propensities[part] - 1.0)
            why = "disagrees with the logged propensity"
            refuse_rows("behaviour_policy", apart > PROPENSITY_TOLERANCE, first, why)
            unsupported[part] = np.where(b > 0, 0.0, pi).sum(axis=1)
            if categories is not None:
                of_category[part] = category_sums(b, actions[part], categories)
                target_of_category[part] = category_sums(pi, actions[part], categories)
    return {
        "target_propensities": np.minimum(logged, 1.0),
        "q_logged": q_logged,
        "v_target": v_target,
        "unsupported_mass": None if unsupported is None else np.minimum(unsupported, 1.0),
        "category_propensities": of_category,
        "target_category_propensities": target_of_category,
    }


def episode_order(ids: np.ndarray, steps: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """The row order that makes episodes contiguous, in order of first appearance, and their first rows in it."""
    codes, first_seen = checks.codes("trajectory_ids", ids)
    rank = np.empty(len(first_seen), dtype=np.int64)
    rank[np.argsort(first_seen)] = np.arange(len(first_seen))
    episode = rank[codes]
    if steps is None:
        order = np.argsort(episode, kind="stable")
    else:
        when = checks.codes("steps", steps)[0]
        if isinstance(np.asarray(steps)[0], str | bytes):
            # As text, step 10 would come before step 2.
            raise InputError("Numbers or times are needed, not text.", where="steps")
        order = np.lexsort((when, episode))
        same = (np.diff(episode[order]) == 0) & (np.diff(when[order]) == 0)
        if same.any():
            row = int(order[1:][same][0])
            what = f"Row {row} repeats step {np.asarray(steps)[row]} of trajectory {ids[row]}."
            raise InputError(what, where="steps")
    starts = np.flatnonzero(np.diff(episode[order], prepend=-1))
    return order, starts


def _episode_users(users: np.ndarray, starts: np.ndarray) -> np.ndarray:
    lengths = np.diff(starts, append=len(users))
    if (users != np.repeat(users[starts], lengths)).any():
        raise InputError("An episode belongs to one user; here one changes within an episode.", where="clusters")
    return users[starts]
