"""From whole policy matrices, in any row order, to the vectors of an EvaluationLog."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Unpack

import numpy as np

from ...bad_rows import refuse_rows
from ...errors import InputError
from . import checks
from .evaluation_log import EvaluationLog
from .log_fields import OPTIONAL_BY_ROW, LoggedFields, RowField
from .policy_matrices import (
    as_matrix,
    category_codes,
    category_sums,
    check_distributions,
    checked_actions,
    chunks,
    read,
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
    categories: np.ndarray | None = None,
    positions: np.ndarray | None = None,
    **fields: Unpack[LoggedFields],
) -> EvaluationLog:
    """An EvaluationLog from (n, A) matrices. It keeps slices alone, so float32 and memory-mapped matrices are fine.

    Args:
        actions: (n,) logged actions, integers in [0, A).
        rewards: (n,).
        propensities: (n,) behaviour policy's probability of the logged action.
        target_policy: (n, A) probabilities; rows sum to 1 within 1e-4 and are not renormalised.
        q_hat: (n, A) a model's values, from a model that never saw the row.
        behaviour_policy: (n, A) probabilities, equal to `propensities` at the logged actions; shows how much of
            the target policy is on actions that are never logged.
        trajectory_ids: (n,) which episode a row belongs to; None: every row is an episode.
        steps: (n,) order within an episode; None: the order of the rows.
        categories: (A,) category of each action, or (A, d) features of which each combination is one; with the
            behaviour policy they give the vectors that `mips` needs.
        positions: (n,) position of each row, where policies and q differ by position; matrices are then (n, A, P).
        fields: further fields of EvaluationLog (gamma, reward_range, metrics, …): those by row, and `clusters` too, in
            the order given, others by episode in the order in which episodes first appear.

    Raises:
        InputError: shapes that differ, an action out of range, a row that does not sum to 1, a behaviour policy that
            contradicts the propensities, two rows of one episode at the same step, or a user who changes within an
            episode; names the argument and the first bad row.
    """
    rewards, propensities = checks.vector("rewards", rewards), checks.vector("propensities", propensities)
    by_position = positions is not None
    target = as_matrix("target_policy", target_policy, by_position=by_position)
    q = None if q_hat is None else as_matrix("q_hat", q_hat, by_position=by_position)
    behaviour = None
    if behaviour_policy is not None:
        behaviour = as_matrix("behaviour_policy", behaviour_policy, by_position=by_position)
    by_row = {name: np.asarray(fields[name]) for name in OPTIONAL_BY_ROW if fields.get(name) is not None}
    users = None if fields.get("clusters") is None else np.asarray(fields["clusters"])
    columns: dict[str, np.ndarray | None] = {
        "actions": actions,
        "propensities": propensities,
        "trajectory_ids": trajectory_ids,
        "steps": steps,
        "positions": positions,
        "target_policy": target,
        "q_hat": q,
        "behaviour_policy": behaviour,
        "clusters": users,
    }
    for name, column in (*columns.items(), *by_row.items()):
        if column is not None and len(column) != len(rewards):
            raise InputError(f"{len(column)} rows for {len(rewards)} rewards.", where=name)
    for name, matrix in (("q_hat", q), ("behaviour_policy", behaviour)):
        if matrix is not None and matrix.shape != target.shape:
            raise InputError(f"Shape {matrix.shape}, target_policy has {target.shape}.", where=name)
    actions = checked_actions(actions, target.shape[1])
    if positions is not None:
        positions = checked_actions(positions, target.shape[2], "positions")
    if categories is not None:
        if behaviour is None:
            raise InputError("Categories need the behaviour_policy too.", where="categories")
        categories = category_codes(categories, target.shape[1])
    # A behaviour policy is compared with them.
    checks.chances("propensities", propensities, positive=True)
    logged, of_matrices = _at_logged_actions(actions, propensities, target, q, behaviour, categories, positions)
    twice = [name for name in of_matrices if name in by_row]
    for name in ("target_propensities", *twice) if "target_propensities" in fields else twice:
        raise InputError("Given as a column and as a matrix.", where=name, hint="Give one of them.")
    by_row |= of_matrices
    further: LoggedFields = {**fields, "clusters": users}
    order = None
    if trajectory_ids is not None:
        if "episode_starts" in fields:
            what = "Give trajectory_ids or episode_starts, not both."
            raise InputError(what, where="episode_starts")
        order, starts = episode_order(np.asarray(trajectory_ids), steps)
        further["episode_starts"] = starts
        if users is not None:
            further["clusters"] = _episode_users(checks.codes("clusters", users)[0][order], starts)
    for name, vector in by_row.items():
        further[name] = vector if order is None else vector[order]
    rewards, propensities, logged = (
        vector if order is None else vector[order] for vector in (rewards, propensities, logged)
    )
    return EvaluationLog(rewards, propensities, logged, **further)


def _at_logged_actions(
    actions: np.ndarray,
    propensities: np.ndarray,
    target: np.ndarray,
    q_hat: np.ndarray | None,
    behaviour: np.ndarray | None,
    categories: np.ndarray | None,
    positions: np.ndarray | None,
) -> tuple[np.ndarray, dict[RowField, np.ndarray]]:
    """(n,) the target policy's probability of the logged action, and what else the matrices say, by field."""
    n = len(target)
    logged, fields = np.empty(n), {name: np.empty(n) for name in _fields_of(q_hat, behaviour, categories)}
    for part in chunks(target):
        first = part.start
        pi = read(target, part, positions)
        check_distributions("target_policy", pi, first)
        at = actions[part, None]
        logged[part] = np.take_along_axis(pi, at, axis=1)[:, 0]
        if q_hat is not None:
            q = read(q_hat, part, positions)
            with np.errstate(invalid="ignore"):
                _refuse("q_hat", ~np.isfinite(q.sum(axis=1)), first, "holds values that are not finite numbers")
            fields["q_logged"][part] = np.take_along_axis(q, at, axis=1)[:, 0]
            fields["v_target"][part] = np.einsum("na,na->n", pi, q)
        if behaviour is not None:
            b = read(behaviour, part, positions)
            check_distributions("behaviour_policy", b, first)
            apart = np.abs(np.take_along_axis(b, at, axis=1)[:, 0] / propensities[part] - 1.0)
            _refuse("behaviour_policy", apart > PROPENSITY_TOLERANCE, first, "disagrees with the logged propensity")
            fields["unsupported_mass"][part] = np.minimum(np.where(b > 0, 0.0, pi).sum(axis=1), 1.0)
            if categories is not None:
                fields["category_propensities"][part] = category_sums(b, actions[part], categories)
                fields["target_category_propensities"][part] = category_sums(pi, actions[part], categories)
    return np.minimum(logged, 1.0), fields


def _refuse(name: str, bad: np.ndarray, first: int, why: str) -> None:
    """Refuse rows, numbered from `first`, of a matrix."""
    refuse_rows(bad, lambda row, _: InputError(f"Row {first + row} {why}.", where=name))


def _fields_of(
    q_hat: np.ndarray | None, behaviour: np.ndarray | None, categories: np.ndarray | None
) -> Iterator[RowField]:
    """What can be read from the matrices."""
    if q_hat is not None:
        yield from ("q_logged", "v_target")
    if behaviour is not None:
        yield "unsupported_mass"
    if categories is not None:
        yield from ("category_propensities", "target_category_propensities")


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
        labels = np.asarray(steps)

        def refusal(before: int, _: int) -> InputError:
            row = order[before + 1]
            return InputError(f"Row {row} repeats step {labels[row]} of trajectory {ids[row]}.", where="steps")

        refuse_rows((np.diff(episode[order]) == 0) & (np.diff(when[order]) == 0), refusal)
    starts = np.flatnonzero(np.diff(episode[order], prepend=-1))
    return order, starts


def _episode_users(users: np.ndarray, starts: np.ndarray) -> np.ndarray:
    lengths = np.diff(starts, append=len(users))
    if (users != np.repeat(users[starts], lengths)).any():
        raise InputError("An episode belongs to one user; here one changes within an episode.", where="clusters")
    return users[starts]
