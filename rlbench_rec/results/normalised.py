"""Rows of runs.csv on the normalised scale -> normalised.csv: each policy's truth beside what a log says of it, by task
and over all tasks."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from .leaderboard import BEHAVIOUR, REFERENCE, leaderboard
from .schema import NORMALISED, STATUSES, VERDICTS

METRIC, TRUTH, ALL = "normalised", "truth", "all"
NAMES = ["task", "algorithm", "variant"]
TRUTH_COLUMNS = {"mean": "normalised", "ci_low": "ci_low", "ci_high": "ci_high", "n_seeds": "n_seeds"}
ESTIMATE_COLUMNS = {"mean": "estimate", "ci_low": "estimate_low", "ci_high": "estimate_high", "verdict": "verdict"}


def normalised_table(runs: pd.DataFrame, *, confidence: float = 0.95) -> pd.DataFrame:
    """Rows of normalised.csv, one for each task, policy and estimator, and for each policy over all tasks, best first.

    Intervals are the leaderboard's: what differs between training seeds, and the error of the rollouts (for estimates,
    the sampling of the log). Left out are what all seeds share: the draw of the log and of the shop, the error of the
    behaviour policy's and of the reference's value, and, over all tasks, which tasks there are.

    Args:
        runs: rows of runs.csv.
        confidence: level of the intervals.
    """
    rows = runs[runs["status"].isin(STATUSES) & (runs["metric"] == METRIC)]
    if rows.empty:
        return pd.DataFrame(columns=list(NORMALISED))
    counts = rows.groupby(["algorithm", _kind(rows)])["task"].nunique()
    board = leaderboard(pd.concat([rows, over_tasks(rows)], ignore_index=True), confidence=confidence)
    truth = board[board["estimator"] == TRUTH][[*NAMES, *TRUTH_COLUMNS]].rename(columns=TRUTH_COLUMNS)
    estimates = board[board["estimator"] != TRUTH][[*NAMES, "estimator", "q", *ESTIMATE_COLUMNS]]
    table = truth.merge(estimates.rename(columns=ESTIMATE_COLUMNS), how="left", on=NAMES)
    several = [counts[key] for key in zip(table["algorithm"], _kind(table), strict=True)]
    table["n_tasks"] = np.where(table["task"] == ALL, several, 1)
    # The mean over all tasks stands first.
    order = table.assign(of_one_task=table["task"] != ALL, worst=-table["normalised"])
    order = order.sort_values(
        ["of_one_task", "task", "worst", *NAMES, "estimator", "q"], kind="stable", ignore_index=True
    )
    return order[list(NORMALISED)]


def over_tasks(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of one more place, `all`: for each policy, estimator and seed the mean over the tasks that have it.

    The runs of a seed in two tasks have nothing in common, so their errors add in squares: the half-width of a mean
    of T values is sqrt(sum of the squared half-widths) / T.

    Args:
        rows: rows of runs.csv on the normalised scale.
    """
    names = ["algorithm", "variant", "estimator", "seed"]
    rows, means = rows.assign(variant=_kind(rows)), []
    # Over all seeds: a run that failed makes no other estimator of the other seeds' rows.
    models = {key: sorted(set(group["q"])) for key, group in rows.groupby(names[:-1])}
    for key, group in rows.groupby(names, sort=True):
        value = group["value"].mean(skipna=False)
        low, high = (
            np.sqrt(((group["value"] - group[end]) ** 2).sum(skipna=False)) / len(group)
            for end in ("ci_low", "ci_high")
        )
        means.append(
            group.iloc[0].to_dict()
            | dict(zip(names, key, strict=True))
            | {"task": ALL, "value": value, "ci_low": value - low, "ci_high": value + high}
            | {"verdict": max(group["verdict"], key=VERDICTS.index), "q": "+".join(models[key[:-1]])}
        )
    return pd.DataFrame(means)


def matrix(table: pd.DataFrame) -> pd.DataFrame:
    """The truth alone, for a screen: a row for each policy that learns or controls, a column for each task."""
    shown = table[~table["algorithm"].isin([BEHAVIOUR, REFERENCE])].drop_duplicates(NAMES)
    shown = shown.assign(variant=_kind(shown))
    wide = shown.pivot_table(index=["algorithm", "variant"], columns="task", values="normalised")
    wide = wide.sort_values(ALL, ascending=False)
    return wide[[ALL, *(task for task in wide if task != ALL)]]


def _kind(rows: pd.DataFrame) -> pd.Series:
    """Variants without the parameter of their form, which is in units of a task's reward; `fixed` for the reference."""
    plain = rows["variant"].map(lambda text: re.sub(r"(softmax|epsilon-greedy)-[0-9.e-]+$", r"\1", text))
    return plain.where(rows["algorithm"] != REFERENCE, "best known")
