"""Which rows are compared: `--only estimator=truth`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from ...errors import InputError, UnknownNameError, did_you_mean
from ..schema import KEYS

if TYPE_CHECKING:
    import pandas as pd

METRIC = "metric"
"""Finds an estimator of the name too: `metric=truth` are the rows that are valued by their truth."""


def select(rows: pd.DataFrame, only: Sequence[str]) -> pd.Series:
    """Which rows are meant: those that fit one of the values of each column that is named.

    Args:
        rows: with the columns of `KEYS`.
        only: `column=value`, the value with the wildcards * and ? of a shell.

    Raises:
        UnknownNameError: no such column, or a value that no row has.
        InputError: not of that form.
    """
    import pandas as pd

    wanted: dict[str, pd.Series] = {}
    for column, value in asked_for(only, KEYS):
        fits = _fits(rows, column, value)
        wanted[column] = fits if column not in wanted else wanted[column] | fits
    chosen = pd.Series(True, index=rows.index)
    for fits in wanted.values():
        chosen &= fits
    if only and len(rows) and not chosen.any():
        raise InputError(
            "No row has all of that.", where=f"--only {' --only '.join(only)}", hint="Ask for less at once."
        )
    return chosen


def asked_for(only: Sequence[str], columns: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The columns and values of `--only`.

    Args:
        only: `column=value`.
        columns: that may be named.

    Raises:
        UnknownNameError: no such column.
        InputError: not of that form.
    """
    for text in only:
        column, equals, value = text.partition("=")
        if not equals:
            hint = f"Columns are {', '.join(columns)}."
            raise InputError(f"{text!r} is not column=value.", where="--only", hint=hint)
        if column not in columns:
            raise UnknownNameError("column", column, columns, where="--only")
        yield column, value


def fitting(rows: pd.DataFrame, only: Sequence[str], columns: Sequence[str]) -> pd.Series:
    """Which rows of any table are meant, likewise; none may be.

    Args:
        rows: the table.
        only: `column=value`, the value with the wildcards * and ? of a shell.
        columns: of the table that may be named.

    Raises:
        UnknownNameError: another column.
        InputError: not of that form.
    """
    import pandas as pd

    values: dict[str, list[str]] = {}
    for column, value in asked_for(only, columns):
        values.setdefault(column, []).append(value)
    chosen = pd.Series(True, index=rows.index)
    for column, patterns in values.items():
        fits = [any(fnmatchcase(str(cell), pattern) for pattern in patterns) for cell in rows[column]]
        chosen &= pd.Series(fits, index=rows.index, dtype=bool)
    return chosen


def _fits(rows: pd.DataFrame, column: str, value: str) -> pd.Series:
    names = [column, "estimator"] if column == METRIC else [column]
    fits = rows[names].apply(lambda cells: cells.map(lambda cell: fnmatchcase(cell, value))).any(axis=1).astype(bool)
    if len(rows) and not fits.any():
        elsewhere = next((name for name in KEYS if (rows[name] == value).any()), None)
        there = sorted({cell for cell in rows[column] if cell})
        shown = ", ".join(there[:20]) + (f" and {len(there) - 20} more" if len(there) > 20 else "")
        guess = f"Did you mean {elsewhere}={value}? " if elsewhere else did_you_mean(value, there)
        raise InputError(f"No row has the {column} {value!r}.", where="--only", hint=f"{guess}There are: {shown}.")
    return fits
