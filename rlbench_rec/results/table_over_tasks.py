"""A board of several tasks as one table: in how many of them a policy is useful, what it averages over them, and its
score in each."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from ..errors import InputError
from .across_tasks import across_tasks
from .board_table import Table
from .comparison.selection import fitting
from .packed import table_at
from .read import read_table
from .readable_names import row_name
from .row_names import is_best
from .schema import NORMALISED, NORMALISED_KEYS, SUMMARY, SUMMARY_KEYS
from .table_formats import Cell, Number
from .useful import YES
from .whole_points import whole_limits, whole_points

POLICY = ["algorithm", "variant"]


def tables_over_tasks(folder: Path, only: Sequence[str] = ()) -> tuple[pd.DataFrame, pd.DataFrame]:
    """summary.csv of a run, and of normalised.csv a row for each of its policies and tasks, in the same order.

    Args:
        folder: of the run.
        only: `algorithm=value` or `variant=value`, with the wildcards * and ? of a shell; without any, all policies but
            best checkpoints.

    Raises:
        MissingFileError, InputError: a run that has no such tables, or no such policy.
        UnknownNameError: another column.
    """
    summary = read_table(_table(folder, "summary"), SUMMARY, SUMMARY_KEYS)
    chosen = summary[fitting(summary, only, POLICY) if only else ~summary["variant"].map(is_best).astype(bool)]
    if chosen.empty:
        where = f"--only {' --only '.join(only)}" if only else str(folder)
        names = ", ".join(sorted({f"algorithm={name}" for name in summary["algorithm"]})[:20])
        raise InputError("No policy is meant by that.", where=where, hint=f"There are: {names}.")
    scores = across_tasks(read_table(_table(folder, "normalised"), NORMALISED, NORMALISED_KEYS))
    scores = scores.drop_duplicates(["task", *POLICY]).merge(chosen[POLICY].reset_index(), on=POLICY)
    return chosen, scores.sort_values(["index", "task"], kind="stable", ignore_index=True).drop(columns="index")


def _table(folder: Path, name: str) -> Path:
    file = table_at(folder / f"{name}.csv")
    if not file.is_file():
        hint = "It is made by suites with normalise = true and more than one task."
        raise InputError(f"The run has no {name}.csv.", where=str(folder), hint=hint)
    return file


def summary_rows(summary: pd.DataFrame) -> Table:
    """A row for each policy: useful in how many tasks, interquartile mean and median with limits, clipped mean, and how
    often it is better than the behaviour policy."""
    columns = ["policy", "useful in", "IQM", "limits", "median", "limits", "clipped mean", "better than behaviour"]
    rows: list[list[Cell]] = []
    for row in summary.to_dict("records"):
        useful = "" if pd.isna(row["useful_in"]) else f"{row['useful_in']} of {row['n_tasks']}"
        averages: list[Cell] = []
        for name in ("iqm", "median"):
            averages += [_whole(row[name]), whole_limits(row[f"{name}_low"], row[f"{name}_high"])]
        share = Number(row["prob_improvement"], f"{row['prob_improvement']:.0%}")
        rows.append([row_name(row["algorithm"], row["variant"]), useful, *averages, _whole(row["clipped_mean"]), share])
    return columns, rows


def score_columns(scores: pd.DataFrame) -> Table:
    """A row for each policy and a column for each task: the mean score and the half width of its interval, with a star
    where the policy is useful."""
    tasks = sorted(scores["task"].unique())
    cells: dict[tuple[str, str], dict[str, str]] = {}
    for row in scores.to_dict("records"):
        half = (row["ci_high"] - row["ci_low"]) / 2
        width = "" if math.isnan(half) else f" ± {half:.0f}"
        star = " *" if row["useful"] == YES else ""
        of_policy = cells.setdefault((row["algorithm"], row["variant"]), {})
        of_policy[row["task"]] = f"{whole_points(row['normalised'])}{width}{star}"
    rows = [[row_name(*policy), *(of_task.get(task, "") for task in tasks)] for policy, of_task in cells.items()]
    return ["policy", *tasks], rows


def _whole(value: float) -> Number:
    return Number(value, whole_points(value))
