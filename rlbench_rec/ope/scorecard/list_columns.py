"""Columns that hold a number for every action: lists in Parquet, JSON arrays in text."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from ...bad_rows import refuse_rows
from ...errors import InputError
from ...tolerances import PROBABILITY_SUM
from .column_values import Values
from .times import is_text

if TYPE_CHECKING:
    import pyarrow


def scores_of(values: Values, column: str) -> np.ndarray:
    """(n, A) float64 scores; minus infinity rules an action out.

    Raises:
        InputError: rows that are not lists of one length, or hold something else than numbers.
    """
    table = _matrix(values, column)
    bad = np.logical_not((table < np.inf).all(axis=1))
    _refuse(values, column, bad, "with a NaN, a null or plus infinity", "Minus infinity rules an action out.")
    return table


def probabilities_of(values: Values, column: str) -> np.ndarray:
    """(n, A) float64 rows of probabilities.

    Raises:
        InputError: rows that are not lists of one length, or do not hold probabilities that sum to 1 within 1e-4.
    """
    table = _matrix(values, column)
    _refuse(values, column, np.logical_not((table >= 0.0).all(axis=1)), "with a NaN, a null or a number below 0", None)
    sums = table.sum(axis=1)
    bad = np.logical_not(np.abs(sums - 1.0) <= PROBABILITY_SUM)

    def hint(row: int) -> str:
        return f"Give those of all actions. It sums to {sums[row]:.6g}."

    _refuse(values, column, bad, "of probabilities that do not sum to 1", hint)
    return table


def _matrix(values: Values, column: str) -> np.ndarray:
    """(n, A) float64; NaN where an element is null."""
    lists = values.file.read_lists(column)
    if values.rows is not None:
        lists = lists.take(values.rows)
    try:
        table = _of_text(lists) if is_text(lists.type) else _of_lists(lists)
    except (ValueError, TypeError):
        table = None
    if table is None:
        raise _first_wrong(values, column, lists)
    return table


def _of_text(cells: pyarrow.ChunkedArray) -> np.ndarray | None:
    from pyarrow import compute

    if compute.any(compute.match_substring_regex(cells, '"|true|false')).as_py():
        return None
    rows = json.loads(f"[{','.join(text or 'null' for text in cells.to_pylist())}]")
    lengths = {len(row) if isinstance(row, list) else -1 for row in rows}
    # A cell "1], [2" would be two rows.
    if len(rows) != len(cells) or len(lengths) != 1 or lengths & {-1, 0}:
        return None
    return np.array(rows, dtype=np.float64)


def _of_lists(lists: pyarrow.ChunkedArray) -> np.ndarray | None:
    import pyarrow
    from pyarrow import compute

    if not _of_numbers(lists.type.value_type):
        return None
    lengths = compute.list_value_length(lists)
    if lengths.null_count or len(lengths.unique()) != 1 or lengths[0].as_py() == 0:
        return None
    try:
        flat = compute.list_flatten(lists).cast(pyarrow.float64(), safe=False)
    except (pyarrow.ArrowInvalid, pyarrow.ArrowNotImplementedError):
        return None
    return flat.to_numpy().astype(np.float64, copy=False).reshape(len(lists), -1)


def _of_numbers(kind: pyarrow.DataType) -> bool:
    """Whether a list holds numbers (or nothing but nulls): a text or a truth value would be cast to one."""
    from pyarrow import types

    return types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind) or types.is_null(kind)


def _first_wrong(values: Values, column: str, lists: pyarrow.ChunkedArray) -> InputError:
    """Why the column is not a table: the first row that is not a list of numbers, or of another length."""
    size = None
    for row, cell in enumerate(lists):
        numbers = _numbers(cell.as_py())
        if numbers is None or not numbers:
            return _refusal(values, column, "not a list of numbers", "Write [0.1, 0.7, 0.2], one for each action.", row)
        if len(numbers) != (size := size or len(numbers)):
            why = f"a list of {len(numbers)} numbers, where the first row has {size}"
            return _refusal(values, column, why, "Give a number for each action, in every row.", row)
    return _refusal(values, column, "not a list of numbers", None, 0)


def _numbers(cell: object) -> list[object] | None:
    """The elements of a cell, if it is a list of numbers (or nulls)."""
    if isinstance(cell, str):
        try:
            cell = json.loads(cell)
        except ValueError:
            return None
    if not isinstance(cell, list) or any(isinstance(each, str | list | dict | bool) for each in cell):
        return None
    return cell


def _refuse(values: Values, column: str, bad: np.ndarray, why: str, hint: str | Callable[[int], str] | None) -> None:
    def refusal(row: int, count: int) -> InputError:
        what = f"a list {why}" + (f" ({count:,} in all)" if count > 1 else "")
        return _refusal(values, column, what, hint(row) if callable(hint) else hint, row)

    refuse_rows(bad, refusal)


def _refusal(values: Values, column: str, why: str, hint: str | None, row: int) -> InputError:
    place = values.place(row)
    # Not the name of a file.
    what = f"{'R' + place[1:] if place.startswith('row ') else place} is {why}."
    return InputError(what, where=f"{values.file.path}, column '{column}'", hint=hint)
