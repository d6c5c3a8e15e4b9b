"""From the columns of a table to the rows of a log: values by row, and the sessions that rows make."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..data.bounds import Range
from ..data.from_matrices import episode_order
from ..data.log_fields import ROW_FIELDS
from .column_values import Values
from .probabilities import same_but_for_rounding
from .table_layout import TableLayout
from .target_policy import mixed, of_policies
from .thinning import row_weights

LARGEST_WHOLE = 2.0**53
"""Whole numbers above it run together in a float."""


def row_fields(values: Values, layout: TableLayout) -> tuple[dict[str, Any], float | None]:
    """Fields of an EvaluationLog that hold a value for every row, each judged by its own row alone; and the temperature
    of a tilt.

    Raises:
        InputError: a value that cannot be used: names the column and the first bad row.
    """
    parts = layout.parts
    rows: dict[str, Any] = {"rewards": values.numbers(parts["reward"], "Where nothing was earned, write 0.")}
    _in_range(values, parts["reward"], rows["rewards"], layout.reward_range)
    probabilities, temperature = of_policies(values, parts, layout.target)
    rows |= probabilities
    if "q" in parts:
        rows |= {"q_logged": values.numbers(parts["q"]), "v_target": values.numbers(parts["v"])}
    if layout.metrics:
        rows["metrics"] = np.stack([values.numbers(name) for name in layout.metrics], axis=1)
    if "weight" in parts:
        rows["weights"] = row_weights(values, parts["weight"])
    return rows, temperature


def log_fields(
    values: Values, layout: TableLayout, rows: dict[str, Any], users: np.ndarray | None
) -> tuple[dict[str, Any], np.ndarray | None, np.ndarray | None]:
    """Fields of the log once propensities are known: the target policy's mixture, and rows in the order of sessions;
    (episodes,) the users, -1 where a session has none; and (episodes,) the first row of each session in the table, None
    where every row is one.

    Args:
        values: of the table.
        layout: how it is read.
        rows: of `row_fields`.
        users: (n,) codes of rows, -1 where a user is missing; None where nobody says.

    Raises:
        InputError: a step that repeats, another user or another weight within a session: names the first such row.
    """
    parts = layout.parts
    rows = rows | mixed(rows, layout.target)
    rows["target_propensities"] = same_but_for_rounding(rows["target_propensities"], rows["propensities"])
    if "episode" not in parts:
        return rows, users, None
    order, starts = _episodes(values, parts)
    if "weights" in rows:
        _same_weight(values, parts, rows["weights"], order, starts)
    rows = {name: row[order] if name in ROW_FIELDS else row for name, row in rows.items()}
    rows["episode_starts"] = starts
    users = None if users is None else _users(values, parts, users, order, starts)
    return rows, users, order[starts]


def _episodes(values: Values, parts: Mapping[str, str]) -> tuple[np.ndarray, np.ndarray]:
    """The order of rows that makes episodes contiguous, and their first rows in it."""
    episodes = values.ids(parts["episode"], words=True)
    if "step" not in parts:
        return episode_order(episodes, None)
    steps = values.order(parts["step"])
    order = np.lexsort((steps, episodes))
    again = np.zeros(len(steps), dtype=bool)
    # Compared, not subtracted: the difference of two whole numbers may not fit.
    again[order[1:]] = (np.diff(episodes[order]) == 0) & (steps[order][1:] == steps[order][:-1])
    hint = "Steps must give an order; of rows that were written twice leave one, or name their id: --decision."
    if steps.dtype.kind == "f" and np.abs(steps).max() > LARGEST_WHOLE:
        hint += " These are floats, in which nanoseconds run together: store whole numbers."
    values.refuse(parts["step"], again, f"a repeat within its '{parts['episode']}'", hint)
    return episode_order(episodes, steps)


def _users(
    values: Values, parts: Mapping[str, str], users: np.ndarray, order: np.ndarray, starts: np.ndarray
) -> np.ndarray:
    """(episodes,) their users, -1 where no row has one; rows before a log-in belong to the user who logged in."""
    lengths = np.diff(starts, append=len(users))
    no_user = users.max() + 1
    owners = np.minimum.reduceat(np.where(users < 0, no_user, users)[order], starts)
    of_episode = np.repeat(np.where(owners == no_user, -1, owners), lengths)
    other = np.zeros(len(users), dtype=bool)
    other[order] = (users[order] != of_episode) & (users[order] >= 0)
    values.refuse(parts["user"], other, f"another than elsewhere in its '{parts['episode']}'")
    return of_episode[starts]


def _in_range(values: Values, reward: str, rewards: np.ndarray, limits: Range | None) -> None:
    """Refuse a reward beyond the known limits, by its line: the log knows rows alone, which sessions put in order."""
    if limits is None:
        return
    low, high = limits
    hint = "Give the limits that hold for every row."
    values.refuse(reward, (rewards < low) | (rewards > high), f"outside the reward range [{low:g}, {high:g}]", hint)


def _same_weight(
    values: Values, parts: Mapping[str, str], weights: np.ndarray, order: np.ndarray, starts: np.ndarray
) -> None:
    """Refuse a weight that changes within a session."""
    other = np.zeros(len(weights), dtype=bool)
    other[order] = weights[order] != np.repeat(weights[order][starts], np.diff(starts, append=len(weights)))
    hint = "Whole sessions are kept or not."
    values.refuse(parts["weight"], other, f"unlike an earlier one of the same '{parts['episode']}'", hint)
