"""Rows of runs.csv on the normalised scale -> normalised.csv: each policy's truth beside what a log says of it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .across_tasks import across_tasks
from .leaderboard import leaderboard
from .row_names import BEHAVIOUR, REFERENCE, TRUTH, is_best, is_frontier_control
from .row_names import NORMALISED_METRIC as METRIC
from .schema import NORMALISED, STATUSES
from .scores import truths
from .summary import CLIP

NAMES = ["task", "algorithm", "variant"]
TRUTH_COLUMNS = {
    "mean": "normalised",
    **{name: name for name in ("ci_low", "ci_high", "n_seeds", "n_replicates", "uncertainty", "useful")},
}
ESTIMATE_COLUMNS = {"mean": "estimate", "ci_low": "estimate_low", "ci_high": "estimate_high", "verdict": "verdict"}


def normalised_table(runs: pd.DataFrame, *, confidence: float = 0.95) -> pd.DataFrame:
    """Rows of normalised.csv, one for each task, policy and estimator, the best of a task first.

    Intervals are the leaderboard's; the column `uncertainty` says what they cover. With one replicate the draw of the
    log and of the shop is not in the truth's, nor is the error of the behaviour policy's and the reference's value.

    Args:
        runs: rows of runs.csv.
        confidence: level of the intervals.
    """
    rows = runs[runs["status"].isin(STATUSES) & (runs["metric"] == METRIC)]
    if rows.empty:
        return pd.DataFrame(columns=list(NORMALISED))
    board = leaderboard(rows, confidence=confidence)
    truth = board[board["estimator"] == TRUTH][[*NAMES, *TRUTH_COLUMNS]].rename(columns=TRUTH_COLUMNS)
    values = truths(rows)
    clipped = values.assign(clipped=np.maximum(values["value"], CLIP)).groupby(NAMES, as_index=False)["clipped"].mean()
    estimates = board[board["estimator"] != TRUTH][[*NAMES, "estimator", "q", *ESTIMATE_COLUMNS]]
    table = truth.merge(clipped, how="left", on=NAMES)
    table = table.merge(estimates.rename(columns=ESTIMATE_COLUMNS), how="left", on=NAMES)
    order = table.assign(worst=-table["normalised"])
    order = order.sort_values(["task", "worst", *NAMES, "estimator", "q"], kind="stable", ignore_index=True)
    return order[list(NORMALISED)]


def matrix(table: pd.DataFrame) -> pd.DataFrame:
    """The truth alone, for a screen: a row for each policy that learns or controls, without best checkpoints and
    controls of frontiers, and a column for each task.

    Args:
        table: rows of normalised.csv.
    """
    shown = table[~table["algorithm"].isin([BEHAVIOUR, REFERENCE])].drop_duplicates(NAMES)
    beside = [is_best(variant) or is_frontier_control(variant) for variant in shown["variant"]]
    shown = shown[~np.array(beside, dtype=bool)]
    return across_tasks(shown).pivot_table(index=["algorithm", "variant"], columns="task", values="normalised")
