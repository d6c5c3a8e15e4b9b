"""runs.csv -> leaderboard.csv."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..statistics.bootstrap import parts_of
from .against_behaviour import against_behaviour
from .board_rows import RUN_COLUMNS, board_row
from .row_names import (
    BEHAVIOUR,
    BEST,
    DIVERGING,
    LIFT,
    ON_POLICY,
    RANKED,
    REFERENCE,
    TRUTH,
    is_lift,
)
from .schema import KEYS, LEADERBOARD, RUN_KEYS, STATUSES
from .scores import truths
from .ties import tie_groups
from .uncertainty import replicates_named
from .useful import useful_table, usefulness

__all__ = [
    "BEHAVIOUR",
    "BEST",
    "DIVERGING",
    "LIFT",
    "ON_POLICY",
    "RANKED",
    "REFERENCE",
    "TRUTH",
    "is_lift",
    "leaderboard",
]

BOARD = ("dataset", "task", "metric", "estimator", "q")
"""Rows that compete."""
NAMES = (*KEYS, "base")
"""Columns of text that may be empty."""


def leaderboard(runs: pd.DataFrame, *, confidence: float = 0.95) -> pd.DataFrame:
    """One row per (dataset, task, algorithm, variant, metric, estimator, q), over replicates, else over seeds.

    Interval of the mean, over replicates: each has a shop, a log and training seeds of its own, so its runs are
    averaged first, and the spread s over R replicates, of R - 1 degrees of freedom, has all that varies in it, the
    sampling of the log and the error of rollouts too: the half-width is t s / sqrt(R).

    With one replicate: each run's own interval is about the same log, so its mean half-width h does not shrink with
    seeds; the spread s over S seeds does. With the squared errors (h / 1.96)^2, taken as known, and s^2 / S, of S - 1
    degrees of freedom, the half-width is t sqrt((h / 1.96)^2 + s^2 / S), t having Satterthwaite's degrees: near 1.96
    where the log is the larger doubt, near t_{S-1} where the seeds are. h is taken for each side apart. Ends may lie
    outside a metric's range (a negative click rate): they are not cut, since that would hide how little is known.
    What the runs' own errors do not share is counted in both h and s, so the interval errs on the wide side. The column
    `uncertainty` says which of both it is.

    Against the behaviour policy (its row by the same estimator, else its on-policy mean): over replicates the mean of
    the paired differences, with Student's p and probability; with one replicate Student's, from the sides of both
    intervals that face each other (Zou and Donner 2008), as for independent estimates. That is careful where both rest
    on the same log, where their errors partly cancel.

    Only rows that may be ranked get p and probability, and are counted in Holm's adjustment: an `unreliable` interval,
    the row's or the behaviour policy's, does not allow a test, and a `not-identified` value is not the policy's. One
    policy is one hypothesis: where the best checkpoint is the last one, with the same numbers for every run, both rows
    have the p of one. The `reference` has none: it is an end of the scale, not a contender.

    A lift is a difference from the behaviour policy already, so it is held against 0, on a board of its own. Rows of
    `diverging` runs are ranked by their truth alone: with more steps the policy behind an estimate is another one. A
    row that lacks a replicate of its board, as one does whose training failed, is not ranked: the mean of the others is
    of other shops.

    Ranked within a board by mean; tied as `ties.tie_groups` says.

    Args:
        runs: rows of runs.csv.
        confidence: level of the runs' intervals, and of the leaderboard's.
    """
    # pandas reads empty names as NaN, and groupby drops rows of NaN without a word.
    ok = runs[runs["status"].isin(STATUSES)].astype(dict.fromkeys(NAMES, object)).fillna(dict.fromkeys(NAMES, ""))
    ok = replicates_named(ok).sort_values([*RUN_KEYS], kind="stable", ignore_index=True)
    columns = {name: ok[name].to_numpy() for name in RUN_COLUMNS}
    rows = [
        board_row(names, {name: column[places] for name, column in columns.items()}, confidence)
        for names, places in _by_row(ok)
    ]
    if not rows:
        return pd.DataFrame(columns=list(LEADERBOARD))
    board = pd.DataFrame(rows)
    board["better"] = board["higher_is_better"].map({True: 1.0, False: -1.0}) * board["mean"]
    most = board.groupby(list(BOARD))["n_replicates"].transform("max")
    board["eligible"] = (
        (board["verdict"] != "unreliable")
        & (board["identification"] != "not-identified")
        & board["mean"].notna()
        & ((board["status"] != DIVERGING) | (board["estimator"] == TRUTH))
        & (board["n_replicates"] == most)
    )
    board["useful"] = _usefulness(board, ok)
    by_board = board.groupby(list(BOARD), sort=True)
    boards = [_ranked(against_behaviour(group, board), confidence) for _, group in by_board]
    return pd.concat(boards, ignore_index=True)[list(LEADERBOARD)]


def _by_row(runs: pd.DataFrame) -> list[tuple[dict[str, str], np.ndarray]]:
    """The names of each row, in order, and where its runs are."""
    numbers = runs.groupby(list(KEYS), sort=True).ngroup().to_numpy()
    names = runs[[*KEYS]].to_numpy()
    return [(dict(zip(KEYS, names[at[0]], strict=True)), at) for at in parts_of(numbers)] if len(runs) else []


def _usefulness(board: pd.DataFrame, runs: pd.DataFrame) -> list[str]:
    """The column `useful`: of rows on the true values that it is tested on."""
    values = truths(runs)
    answers = usefulness(useful_table(values))
    tested = set(zip(values["task"], values["metric"], strict=True))
    return [
        answers.get((row["task"], row["algorithm"], row["variant"]), "")
        if row["estimator"] == TRUTH and (row["task"], row["metric"]) in tested
        else ""
        for row in board.to_dict("records")
    ]


def _ranked(group: pd.DataFrame, confidence: float) -> pd.DataFrame:
    # Unranked rows follow, by value too; names settle ties, so that the order is always the same.
    group = group.sort_values(
        ["eligible", "better", "algorithm", "variant"], ascending=[False, False, True, True], na_position="last"
    )
    ranked = int(group["eligible"].sum())
    places = group["better"].where(group["eligible"]).rank(method="min", ascending=False)
    letters = tie_groups(group.head(ranked), confidence) + [""] * (len(group) - ranked)
    return group.assign(rank=places.astype("Int64"), tie_group=letters)
