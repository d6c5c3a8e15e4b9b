"""Rows as they are printed against the same rows made again: the same cells, or within what rounding can explain."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from ..results.leaderboard import TRUTH
from ..results.schema import STATUSES, VERDICTS, TableRow
from ..tolerances import ROUNDING

if TYPE_CHECKING:
    import pandas as pd

RowVerdict = Literal["same", "within", "new", "beyond", "other", "missing", "extra"]
"""All cells are the same; numbers within the interval's error; a row that other code adds; a number beyond its margin;
another text or whole number; a row that is printed and does not come out, or comes out and is not printed."""
PASSED = ("same", "within", "new")
NAMES_OF_RUNS = ("schema_version", "run_id", "config_hash", "suite")
"""Columns that name settings and code; `circumstances` compares those."""
MEASURED = ("value", "ci_low", "ci_high")
BY_ROUNDING = (
    "true_value",
    "true_error",
    "behaviour_value",
    "ess",
    "overestimation",
    "steps_used",
    "verdict",
    "status",
)
"""Columns that another processor's rounding may move, beside the estimate and its interval."""
NORMAL = 1.96
"""Standard errors to a side of a 95 % interval."""
STEPS_APART = 1
"""Verdicts next to one another may change places where a figure lies on the border."""


@dataclass(frozen=True)
class RowCheck:
    """One row, printed and made again.

    Attributes:
        row: what it is of, in words.
        verdict: what was found.
        why: the first difference that matters; empty where there is none.
    """

    row: str
    verdict: RowVerdict
    why: str = ""

    @property
    def passed(self) -> bool:
        return self.verdict in PASSED


def check_rows(
    printed: pd.DataFrame,
    again: pd.DataFrame,
    keys: tuple[str, ...],
    columns: tuple[str, ...],
    *,
    bytes_wanted: bool,
    all_wanted: bool = True,
) -> list[RowCheck]:
    """Compare the rows of a job, key by key.

    Where the same bytes are wanted every cell must be the same. Elsewhere a row passes if its value and both ends of
    its interval are each within sqrt(2) half-widths of the interval *made again*, the error of a difference of two such
    estimates: a printed interval cannot widen its own margin. True values have twice the margin of the truths made
    again. Verdicts may be one step apart; texts, seeds and hashes of data must be the same.

    Args:
        printed: rows of the folder.
        again: rows of the same job, made now.
        keys: what tells rows apart.
        columns: what is compared.
        bytes_wanted: whether code, libraries and machine are those of the run.
        all_wanted: whether a row that comes out must have been printed; other code may have more.
    """
    now = {_key(row, keys): row for row in again.to_dict("records")}
    truths = [row for row in now.values() if row["estimator"] == TRUTH]
    truth_margins = {metric: 2.0 * max(map(_half_width, of)) for metric, of in _by_metric(truths).items()}
    checks = []
    for row in printed.to_dict("records"):
        name = named(row)
        made = now.pop(_key(row, keys), None)
        if made is None:
            checks.append(RowCheck(name, "missing", "the row does not come out again"))
        else:
            checks.append(_check(name, row, made, columns, truth_margins, bytes_wanted))
    more: RowVerdict = "extra" if all_wanted else "new"
    return checks + [RowCheck(named(row), more, "the row comes out and is not printed") for row in now.values()]


def named(row: TableRow) -> str:
    """What a row is of: place, algorithm or policy, variant, metric, estimator and seed."""
    place = row.get("dataset") or row.get("task")
    parts = [place, row.get("algorithm"), row.get("variant") or row.get("policy"), row.get("metric"), row["estimator"]]
    seed = row["seed"] if "seed" in row else row.get("log_seed")
    return " ".join(str(part) for part in [*parts, f"seed {seed}"] if part)


def _key(row: TableRow, keys: tuple[str, ...]) -> tuple[Any, ...]:
    return tuple(row[name] for name in keys)


def _check(
    name: str,
    row: TableRow,
    made: TableRow,
    columns: tuple[str, ...],
    truth_margins: dict[str, float],
    bytes_wanted: bool,
) -> RowCheck:
    compared = [column for column in columns if column not in NAMES_OF_RUNS]
    different = [column for column in compared if not _equal(row[column], made[column])]
    if not different:
        return RowCheck(name, "same")
    first = _difference(different[0], row, made)
    if bytes_wanted:
        return RowCheck(name, "beyond" if different[0] in MEASURED else "other", f"{first}, on a machine like this one")
    moves = {*MEASURED, *BY_ROUNDING, *(("n_episodes",) if row["estimator"] == TRUTH else ())}
    other = next((column for column in different if column not in moves), None)
    if other is not None:
        return RowCheck(name, "other", _difference(other, row, made))
    margin = math.sqrt(2.0) * _half_width(made) + ROUNDING * abs(_number(made["value"]))
    beyond = next((column for column in MEASURED if not _near(row[column], made[column], margin)), None)
    if beyond is None and not _near(row["true_value"], made["true_value"], _truth_margin(made, truth_margins)):
        beyond = "true_value"
    if beyond is not None:
        return RowCheck(name, "beyond", _difference(beyond, row, made))
    for column, apart in (("verdict", _verdicts_apart(row, made)), ("status", _failed(row) != _failed(made))):
        if apart:
            return RowCheck(name, "other", _difference(column, row, made))
    return RowCheck(name, "within", first)


def _by_metric(rows: Sequence[TableRow]) -> dict[str, list[TableRow]]:
    found: dict[str, list[TableRow]] = {}
    for row in rows:
        found.setdefault(str(row["metric"]), []).append(row)
    return found


def _truth_margin(made: TableRow, truth_margins: dict[str, float]) -> float:
    # Rows of estimates.csv say how well the truth is known; those of runs.csv have rows of truth beside them.
    own = (
        2.0 * NORMAL * _number(made["true_error"])
        if "true_error" in made
        else truth_margins.get(str(made["metric"]), 0.0)
    )
    return own + ROUNDING * abs(_number(made["true_value"]))


def _half_width(row: TableRow) -> float:
    return (_number(row["ci_high"]) - _number(row["ci_low"])) / 2.0


def _number(value: Any) -> float:
    """The number of a cell; 0 where it is empty."""
    return float(value) if _is_known(value) else 0.0


def _is_known(value: Any) -> bool:
    import pandas as pd

    return not pd.isna(value)


def _equal(one: Any, other: Any) -> bool:
    known = _is_known(one), _is_known(other)
    return bool(one == other) if all(known) else known == (False, False)


def _near(one: Any, other: Any, margin: float) -> bool:
    if _is_known(one) != _is_known(other):
        return False
    return abs(_number(one) - _number(other)) <= margin


def _verdicts_apart(row: TableRow, made: TableRow) -> bool:
    both = (row["verdict"], made["verdict"])
    if not set(both) <= set(VERDICTS):
        return both[0] != both[1]
    return abs(VERDICTS.index(both[0]) - VERDICTS.index(both[1])) > STEPS_APART


def _failed(row: TableRow) -> bool:
    return row["status"] not in STATUSES


def _difference(column: str, row: TableRow, made: TableRow) -> str:
    return f"{column} is {row[column]} there, {made[column]} here"
