"""(n, A) matrices of policies: read in chunks, checked row by row."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ...bad_rows import refuse_rows
from ...errors import InputError
from ...tolerances import PROBABILITY_SUM

CHUNK_CELLS = 1_000_000


def as_matrix(name: str, values: object, *, by_position: bool = False) -> np.ndarray:
    """(n, A) numbers, A >= 1, or (n, A, P) of which each row needs one position; a memory-mapped matrix is not read."""
    if values is None:
        raise InputError("A log needs them.", where=name)
    try:
        matrix = np.asarray(values)
    except ValueError as error:
        raise InputError("Its rows differ in length.", where=name) from error
    if matrix.dtype.kind not in "fiub":
        raise InputError(f"dtype {matrix.dtype}; numbers are needed.", where=name)
    if matrix.ndim != 2 + by_position or matrix.shape[1] == 0:
        needed = "(rows, actions, positions)" if by_position else "(rows, actions)"
        hint = "Name the position of each row with positions=." if matrix.ndim == 3 else None
        raise InputError(f"Shape {matrix.shape}; {needed} is needed.", where=name, hint=hint)
    return matrix


def read(matrix: np.ndarray, rows: slice, positions: np.ndarray | None) -> np.ndarray:
    """(rows, A) float64; of (n, A, P) the slices at each row's position."""
    block = np.asarray(matrix[rows])
    if positions is not None:
        block = block[np.arange(len(block)), :, positions[rows]]
    return np.asarray(block, dtype=np.float64)


def chunks(matrix: np.ndarray) -> Iterator[slice]:
    """Slices of rows of about a million cells."""
    size = max(1, CHUNK_CELLS // int(np.prod(matrix.shape[1:])))
    for first in range(0, len(matrix), size):
        yield slice(first, min(first + size, len(matrix)))


def checked_actions(actions: np.ndarray, action_count: int, name: str = "actions") -> np.ndarray:
    """(n,) actions (or positions), integers in [0, A)."""
    actions = np.asarray(actions)
    if actions.ndim != 1:
        raise InputError(f"Shape {actions.shape}; a vector is needed.", where=name)
    if not np.issubdtype(actions.dtype, np.integer):
        raise InputError(f"dtype {actions.dtype}; integers are needed.", where=name)

    def refusal(row: int, _: int) -> InputError:
        what = f"{name[:-1].capitalize()} {actions[row]} at row {row} is outside 0..{action_count - 1}."
        return InputError(what, where=name)

    refuse_rows((actions < 0) | (actions >= action_count), refusal)
    return actions


def check_distributions(name: str, matrix: np.ndarray, first: int) -> None:
    """Refuse rows, numbered from `first`, that are not distributions."""
    sums = matrix.sum(axis=1)
    # Written as "not near" so that NaN is refused too.
    bad = ~(np.abs(sums - 1.0) <= PROBABILITY_SUM)
    if matrix.min() < 0:
        bad |= matrix.min(axis=1) < 0
    why = "is not a distribution: it sums to"
    refuse_rows(bad, lambda row, _: InputError(f"Row {first + row} {why} {sums[row]:.6g}.", where=name))


def category_codes(categories: np.ndarray, action_count: int) -> np.ndarray:
    """(A,) codes 0, 1, … of the actions' categories."""
    categories = np.asarray(categories)
    if categories.ndim not in (1, 2) or len(categories) != action_count:
        raise InputError(f"Shape {categories.shape} for {action_count} actions.", where="categories")
    return np.unique(categories, axis=0, return_inverse=True)[1].ravel()


def category_sums(policy: np.ndarray, actions: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """(n,) a policy's probability of the logged action's category, at most 1."""
    order = np.argsort(codes, kind="stable")
    firsts = np.flatnonzero(np.diff(codes[order], prepend=-1))
    by_category = np.add.reduceat(policy[:, order], firsts, axis=1)
    return np.minimum(by_category[np.arange(len(policy)), codes[actions]], 1.0)
