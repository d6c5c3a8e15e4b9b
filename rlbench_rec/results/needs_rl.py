"""Does this log need RL? The same algorithm with and without looking ahead, side by side."""

from __future__ import annotations

import math

import pandas as pd

from .leaderboard import is_lift

CONTROL = "gamma-0"
"""Label of the control that does not look ahead."""

PREFERRED = ("truth", "dr", "snips")
"""Estimators to answer by, the best first."""


def needs_rl(board: pd.DataFrame) -> list[str]:
    """One sentence per place (data set or task) that ran the control, by the best estimator it has."""
    sentences = []
    reward = board[(board["metric"] == "reward") & ~board["estimator"].map(is_lift).astype(bool)]
    for place, rows in reward.groupby(["dataset", "task"], sort=False, dropna=False):
        place_name = next(str(part) for part in place if part and part == part)
        control = rows[rows["variant"].str.split("/").map(lambda parts: CONTROL in parts)]
        if control.empty:
            continue
        offered = set(rows["estimator"])
        estimator = next((name for name in PREFERRED if name in offered), sorted(offered)[0])
        sentences.append(_sentence(place_name, rows[rows["estimator"] == estimator], estimator))
    return sentences


def _sentence(name: str, rows: pd.DataFrame, estimator: str) -> str:
    is_control = rows["variant"].str.split("/").map(lambda parts: CONTROL in parts)
    algorithms = set(rows.loc[is_control, "algorithm"])
    same = rows["algorithm"].isin(algorithms)
    ahead, myopic = _best(rows[same & ~is_control]), _best(rows[is_control])
    if ahead is None or myopic is None:
        return f"Does {name} need RL? No value to compare."
    difference = ahead["mean"] - myopic["mean"]
    # The interval of a difference of independent estimates, from the sides that face each other.
    low = difference - math.hypot(ahead["mean"] - ahead["ci_low"], myopic["ci_high"] - myopic["mean"])
    high = difference + math.hypot(ahead["ci_high"] - ahead["mean"], myopic["mean"] - myopic["ci_low"])
    if "not-identified" in (ahead["identification"], myopic["identification"]):
        answer = "cannot be told: users chose the items themselves"
    elif "unreliable" in (ahead["verdict"], myopic["verdict"]):
        answer = "cannot be told: the log does not support one of the two"
    elif low > 0:
        answer = "yes"
    else:
        answer = "no, looking ahead is worse" if high < 0 else "not shown: the interval holds 0"
    return (
        f"Does {name} need RL? {answer[0].upper()}{answer[1:]}. {ahead['algorithm']} looking ahead against gamma = 0, "
        f"each in its best form ({estimator}): {difference:+.3g}, interval "
        f"[{low:+.3g}, {high:+.3g}]."
    )


def _best(rows: pd.DataFrame) -> pd.Series | None:
    """The highest value the log supports; where it supports none, the highest."""
    rows = rows[rows["mean"].notna()]
    supported = rows[rows["verdict"] != "unreliable"]
    rows = rows if supported.empty else supported
    return None if rows.empty else rows.iloc[int(rows["mean"].to_numpy().argmax())]
