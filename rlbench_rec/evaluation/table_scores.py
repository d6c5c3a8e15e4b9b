"""A table of logged decisions -> the same rows with a trained policy's probability of each logged action."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..errors import InputError
from ..policies import Policy, Reweighted
from .logged_decisions import STATE, TARGET

if TYPE_CHECKING:
    import pyarrow

    from ..ope.scorecard.row_file import TableFile


@dataclass(frozen=True)
class TableColumns:
    """Columns of a table that a policy needs.

    Attributes:
        action: the logged action, by its outside name, or by its number where actions have no names.
        state: a list of all numbers of the state.
        features: in its place, a column for each number of the state, in its order.
        base: a list of the behaviour policy's probabilities of all actions, for a policy that reweights it.
        target: what the new column is called.
    """

    action: str = "action"
    state: str = STATE
    features: tuple[str, ...] = ()
    base: str | None = None
    target: str = TARGET


@dataclass(frozen=True)
class ScoredTable:
    """A table with its new column.

    Attributes:
        table: all columns of the file, and the new one: empty where a row could not be scored.
        rows: how many.
        unknown: rows whose action the policy does not know: their probability is 0, since it never takes it.
        unscored: rows without an action, or whose state is not a full list of numbers.
    """

    table: pyarrow.Table
    rows: int
    unknown: int
    unscored: int


def score_table(
    path: str | Path,
    policy: Policy,
    state_size: int,
    action_names: Sequence[str] = (),
    columns: TableColumns | None = None,
) -> ScoredTable:
    """(n,) pi(a_i | s_i) of the logged actions a_i in the states s_i of a table.

    A state is what the policy was trained on: `state_size` numbers, as `rlbench score --states` writes them. An action
    outside the policy's vocabulary has probability 0. A row that has no action, or whose state lacks a number, cannot
    be scored: its cell stays empty. Nothing is left out.

    Args:
        path: Parquet or CSV, as `rlbench ope` reads it.
        policy: over `action_count` actions, which does not look at the past of sessions.
        state_size: how many numbers a state has.
        action_names: of the actions; empty where they are numbers from 0.
        columns: of the table.

    Raises:
        MissingFileError, InputError: a file or column that cannot be used, no row that can be scored, a policy that
            looks at the past, or one that reweights a base, without it.
    """
    from ..ope.scorecard.row_file import TableFile

    columns = columns or TableColumns()
    if policy.memory is not None:
        what = "It looks at the past of a session, which a table of rows does not hold."
        raise InputError(what, where=f"policy {policy.name}", hint="Score it on the card of its log.")
    file = TableFile(path)
    _check(file, columns)
    states = _states(file, columns, state_size)
    actions, known = _actions(file, columns.action, action_names, policy.action_count)
    full = np.isfinite(states).all(axis=1)
    scored = full & known
    if not scored.any():
        hint = f"The policy takes {state_size} numbers a row, and actions such as {_some(action_names)}."
        raise InputError("No row can be scored.", where=str(path), hint=hint)
    rows = np.flatnonzero(scored & (actions >= 0))
    probabilities = np.where(scored, 0.0, np.nan)
    seen, taken = states[rows].astype(np.float32), actions[rows]
    if isinstance(policy, Reweighted) and policy.base is None:
        probabilities[rows] = policy.probability_of(seen, taken, _base(file, columns, policy.action_count)[rows])
    else:
        probabilities[rows] = policy.probability_of(seen, taken)
    return _with_column(file, columns.target, probabilities, int((scored & (actions < 0)).sum()))


def _with_column(file: TableFile, name: str, probabilities: np.ndarray, unknown: int) -> ScoredTable:
    import pyarrow

    plain = [column for column in file.names if column not in file.nested]
    table = file.read(plain)
    for column in file.names:
        if column in file.nested:
            table = table.append_column(column, file.read_lists(column))
    column = pyarrow.array(probabilities, from_pandas=True)
    return ScoredTable(table.append_column(name, column), len(table), unknown, column.null_count)


def _check(file: TableFile, columns: TableColumns) -> None:
    where = str(file.path)
    if columns.target in file.names:
        hint = "Give the new one another name: --column."
        raise InputError(f"There is a column '{columns.target}' already.", where=where, hint=hint)
    states = columns.features or (columns.state,)
    for name in (columns.action, *states, *([columns.base] if columns.base else [])):
        if name not in file.names:
            have = f"The file has: {', '.join(file.names[:20])}."
            option = "--features A,B,… or --state" if name == columns.state else "its option"
            raise InputError(f"There is no column '{name}'.", where=where, hint=f"Name it by {option}. {have}")


def _states(file: TableFile, columns: TableColumns, size: int) -> np.ndarray:
    """(n, size) float64; NaN where a number is missing or is none."""
    if columns.features:
        if len(columns.features) != size:
            what = f"{len(columns.features)} columns, where the policy takes {size} numbers."
            raise InputError(what, where="--features")
        import pandas as pd

        table = file.read(columns.features).to_pandas()
        cells = [pd.to_numeric(table[name], errors="coerce").to_numpy(np.float64) for name in columns.features]
        return np.stack(cells, axis=1)
    return _lists(file, columns.state, size)


def _base(file: TableFile, columns: TableColumns, size: int) -> np.ndarray:
    if columns.base is None:
        what = "It reweights what is in service, whose probabilities of all actions it needs."
        raise InputError(what, where="--base", hint="Name their column: a list a row.")
    return _lists(file, columns.base, size)


def _lists(file: TableFile, column: str, size: int) -> np.ndarray:
    """(n, size) float64 of lists, or of JSON arrays; NaN throughout a row that is not such a list."""
    table = np.full((0, size), np.nan)
    cells = file.read_lists(column).to_pylist()
    table = np.full((len(cells), size), np.nan)
    for row, cell in enumerate(cells):
        numbers = _parsed(cell)
        if isinstance(numbers, list) and len(numbers) == size:
            with np.errstate(invalid="ignore"):
                table[row] = [np.nan if isinstance(n, str | bool | type(None) | list | dict) else n for n in numbers]
    return table


def _parsed(cell: object) -> object:
    try:
        return json.loads(cell) if isinstance(cell, str) else cell
    except ValueError:
        return None


def _actions(file: TableFile, column: str, names: Sequence[str], count: int) -> tuple[np.ndarray, np.ndarray]:
    """(n,) numbers of the actions, -1 for one that the policy does not have; and whether there is one at all."""
    cells = file.read([column])[column].to_pylist()
    if names:
        numbers = {name: number for number, name in enumerate(names)}
    else:
        numbers = {str(number): number for number in range(count)}
    found = np.array([numbers.get(_written(cell), -1) for cell in cells], dtype=np.int64)
    return found, np.array([cell not in (None, "") for cell in cells], dtype=bool)


def _written(cell: object) -> str:
    """An id as text; a whole number that went through a float without its `.0`."""
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def _some(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names[:3])) if names else "0, 1, 2"
