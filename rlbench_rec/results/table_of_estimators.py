"""A board of estimators as one table: how far each was from the truth, by place and size of the log."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..errors import InputError
from .board_table import Table
from .comparison.selection import fitting
from .packed import table_at
from .read import read_table
from .schema import ESTIMATOR_KEYS, ESTIMATORS
from .table_formats import Number

FILE = "estimators.csv"
SHOWN = ("rmse", "bias", "coverage95", "rank_correlation", "regret_at_1")
ALL = "policies=all"


def is_of_estimators(run: Path) -> bool:
    """Whether a path is the folder of a run that scored estimators, or its table."""
    return table_at(run / FILE).is_file() if run.is_dir() else run.name in (FILE, f"{FILE}.gz")


def table_of_estimators(run: Path, only: Sequence[str] = (), whole: bool = False) -> Table:
    """A row for each place, size of the log and estimator, the smallest error of a place and size first.

    Args:
        run: folder of the run, or its estimators.csv.
        only: `column=value` of `ESTIMATOR_KEYS`, the value with the wildcards * and ? of a shell; over all policies
            unless `policies` is named.
        whole: whether to give all columns of estimators.csv.

    Raises:
        MissingFileError, InputError: no such table, or no such row.
        UnknownNameError: another column.
    """
    scores = read_table(run / FILE if run.is_dir() else run, ESTIMATORS, ESTIMATOR_KEYS)
    asked = only if any(text.startswith("policies=") for text in only) else [*only, ALL]
    chosen = scores[fitting(scores, asked, ESTIMATOR_KEYS)]
    if chosen.empty:
        tasks = ", ".join(sorted({f"task={name}" for name in scores["task"]})[:20])
        where = f"--only {' --only '.join(only)}" if only else str(run)
        raise InputError("No row is meant by that.", where=where, hint=f"There are: {tasks or 'none'}.")
    chosen = chosen.sort_values(["task", "n_episodes", "policies", "rmse"], kind="stable")
    if whole:
        return list(chosen.columns), chosen.to_numpy(object).tolist()
    columns = ["place", "sessions", "policies", "estimator", *SHOWN]
    rows = [
        [
            *(row["task"], Number(row["n_episodes"], f"{row['n_episodes']:,}"), row["policies"], row["estimator"]),
            *(Number(row[name], f"{row[name]:.3f}") if row[name] == row[name] else None for name in SHOWN),
        ]
        for row in chosen.to_dict("records")
    ]
    return columns, rows
