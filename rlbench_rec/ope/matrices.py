"""(n, A) matrices of policies: read in chunks, checked row by row."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..errors import InputError

CHUNK_CELLS = 1_000_000
ROW_SUM_TOLERANCE = 1e-4


def chunks(matrix: np.ndarray) -> Iterator[slice]:
    """Slices of rows of about a million cells."""
    size = max(1, CHUNK_CELLS // matrix.shape[1])
    for first in range(0, len(matrix), size):
        yield slice(first, min(first + size, len(matrix)))


def checked_actions(actions: np.ndarray, action_count: int) -> np.ndarray:
    """(n,) actions, integers in [0, A)."""
    actions = np.asarray(actions)
    if not np.issubdtype(actions.dtype, np.integer):
        raise InputError(f"dtype {actions.dtype}; integers are needed.", where="actions")
    bad = (actions < 0) | (actions >= action_count)
    if bad.any():
        row = int(np.argmax(bad))
        raise InputError(f"Action {actions[row]} at row {row} is outside 0..{action_count - 1}.", where="actions")
    return actions


def check_distributions(name: str, matrix: np.ndarray, first: int) -> None:
    """Refuse rows, numbered from `first`, that are no distributions."""
    sums = matrix.sum(axis=1)
    # Written as "not near" so that NaN is refused too.
    bad = ~(np.abs(sums - 1.0) <= ROW_SUM_TOLERANCE)
    if matrix.min() < 0:
        bad |= matrix.min(axis=1) < 0
    refuse_rows(name, bad, first, f"is no distribution: it sums to {sums[np.argmax(bad)]:.6g}")


def refuse_rows(name: str, bad: np.ndarray, first: int, why: str) -> None:
    """Raise an InputError if any row is bad."""
    if bad.any():
        raise InputError(f"Row {first + int(np.argmax(bad))} {why}.", where=name)
