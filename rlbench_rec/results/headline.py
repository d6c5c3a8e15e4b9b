"""What of a leaderboard a reader looks at first: one metric and one estimator per place."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

from .leaderboard import BEHAVIOUR, ON_POLICY, RANKED, is_lift
from .schema import TableRow

OFF_POLICY = "snips"
"""The estimator looked at first where the truth is not known; the files have all of them."""
MODEL_BASED = "dm"
"""Looked at last: no interval covers the bias of its model."""


@dataclass(frozen=True)
class Headline:
    """The rows of one place (data set or task) that a picture or a screen shows.

    Attributes:
        place: data set or task.
        metric: `reward`, or NDCG where users chose the items themselves.
        estimator: `truth` where it is known, else `snips`; `ranking` for NDCG.
        rows: leaderboard rows, ranked ones first, each best first.
        behaviour: the behaviour policy's own row: its truth, or its mean on its own log; None where there is none.
    """

    place: str
    metric: str
    estimator: str
    rows: pd.DataFrame
    behaviour: pd.Series | None


def formatted(row: TableRow | pd.Series) -> tuple[str, str]:
    """Value and interval as text, with as many decimals as give the interval's half-width two digits (five at most);
    empty where they are not defined."""
    mean, low, high = row["mean"], row["ci_low"], row["ci_high"]
    if pd.isna(mean):
        return "", ""
    half = (high - low) / 2
    if not half > 0:
        return f"{mean:.4g}", "" if pd.isna(low) else f"[{low:.4g}, {high:.4g}]"
    decimals = min(max(0, 1 - math.floor(math.log10(half))), 5)
    # Adding 0.0 turns a rounded -0.0 into 0.0.
    value, low, high = (f"{round(number, decimals) + 0.0:.{decimals}f}" for number in (mean, low, high))
    return value, f"[{low}, {high}]"


def headlines(board: pd.DataFrame) -> list[Headline]:
    """One per place that has something to show, in the order of the board."""
    shown_places = []
    for (dataset, task), rows in board.groupby(["dataset", "task"], sort=False):
        choice = _choice(rows)
        if choice is None:
            continue
        metric, estimator = choice
        same = rows[rows["metric"] == metric]
        shown = same[same["estimator"] == estimator].reset_index(drop=True)
        shown_places.append(Headline(str(dataset or task), metric, estimator, shown, _behaviour(same, estimator)))
    return shown_places


def _choice(rows: pd.DataFrame) -> tuple[str, str] | None:
    """A value that is not identified is not a headline: such a log shows only how well users are imitated."""
    reward = rows[(rows["metric"] == "reward") & (rows["identification"] != "not-identified")]
    # A lift compares with 0, and only some policies have one.
    offered = {name for name in reward["estimator"] if not is_lift(name)}
    others = sorted(offered - {"truth", OFF_POLICY, ON_POLICY, MODEL_BASED})
    for estimator in ("truth", OFF_POLICY, *others, MODEL_BASED, ON_POLICY):
        if estimator in offered:
            return "reward", estimator
    gains = [name for name in rows["metric"] if name.startswith("NDCG@") and not name.endswith("-new")]
    return (gains[0], RANKED) if gains else None


def _behaviour(rows: pd.DataFrame, estimator: str) -> pd.Series | None:
    logged = rows[rows["algorithm"] == BEHAVIOUR]
    for name in (estimator, ON_POLICY):
        by_estimator = logged[logged["estimator"] == name]
        if len(by_estimator):
            return by_estimator.iloc[0]
    return None
