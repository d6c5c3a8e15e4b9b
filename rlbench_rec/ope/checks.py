"""What a column must be: every refusal names the column and its first bad row."""

from __future__ import annotations

import numpy as np

from ..errors import InputError


def vector(name: str, values: object) -> np.ndarray | None:
    """(n,) float64, finite; None stays None."""
    if values is None:
        return None
    column = _floats(name, values)
    if column.ndim != 1:
        raise InputError(f"Shape {column.shape}; a vector is needed.", where=name)
    # One sum tells whether anything is wrong without a temporary the size of the column.
    if not np.isfinite(column.sum()):
        refuse(name, ~np.isfinite(column), "not a finite number", column)
    return column


def table(name: str, values: object) -> np.ndarray | None:
    """(n, m) float64, finite; None stays None."""
    if values is None:
        return None
    columns = _floats(name, values)
    if columns.ndim != 2:
        raise InputError(f"Shape {columns.shape}; (rows, {name}) is needed.", where=name)
    refuse(name, ~np.isfinite(columns).all(axis=1), "not a finite number", columns.sum(axis=1))
    return columns


def chances(name: str, column: np.ndarray | None, largest: float = 1.0, *, positive: bool = False) -> None:
    """Refuse entries outside [0, largest], or outside (0, largest]; None passes."""
    if column is None:
        return
    if positive:
        refuse(name, ~((column > 0) & (column <= largest)), f"outside (0, {largest:g}]", column)
    else:
        # Sums of probabilities may exceed 1 by rounding.
        refuse(name, ~((column >= 0) & (column <= largest + 1e-9)), f"outside [0, {largest:g}]", column)


def episode_starts(values: object, n_rows: int) -> np.ndarray:
    """(episodes,) int64, ascending from 0."""
    starts = np.asarray(values)
    if starts.ndim != 1 or len(starts) == 0 or not np.issubdtype(starts.dtype, np.integer):
        raise InputError("A vector of row numbers is needed.", where="episode_starts")
    starts = starts.astype(np.int64)
    refuse("episode_starts", np.diff(starts, prepend=-1) <= 0, "not ascending", starts)
    if starts[0] != 0 or starts[-1] >= n_rows:
        raise InputError(
            f"Episodes start at rows {starts[0]} to {starts[-1]} of {n_rows}; the first must be 0.",
            where="episode_starts",
        )
    return starts


def cluster_codes(values: object, n_episodes: int) -> np.ndarray:
    """(episodes,) int64 codes 0, 1, … of the users."""
    users = np.asarray(values)
    if users.shape != (n_episodes,):
        raise InputError(f"{len(users)} entries for {n_episodes} episodes.", where="clusters")
    if np.issubdtype(users.dtype, np.floating):
        refuse("clusters", np.isnan(users), "no user", users)
    return np.unique(users, return_inverse=True)[1].astype(np.int64)


def refuse(name: str, bad: np.ndarray, why: str, values: np.ndarray) -> None:
    """Raise an InputError if any row is bad."""
    if bad.any():
        row = int(np.argmax(bad))
        raise InputError(f"{int(bad.sum())} values are {why}; the first is {values[row]:g} at row {row}.", where=name)


def _floats(name: str, values: object) -> np.ndarray:
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError("Numbers are needed.", where=name) from error
