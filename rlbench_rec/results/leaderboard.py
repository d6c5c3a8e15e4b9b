"""runs.csv -> leaderboard.csv."""

from __future__ import annotations

import string

import numpy as np
import pandas as pd

from .schema import KEYS, LEADERBOARD
from .statistics import holm, iqm, normal_tail, student_quantile

CONFIDENCE = 0.95
Z = 1.959963984540054
"""Normal quantile of that level: interval half-widths over it are standard errors."""
VERDICTS = ("trusted", "weak", "unreliable")
BEHAVIOUR = "behaviour"
BOARD = ("dataset", "task", "metric", "estimator")
"""Rows that compete."""
MEASURED = ("truth", "on-policy")
"""Estimators of a value that needs no weights."""


def leaderboard(runs: pd.DataFrame) -> pd.DataFrame:
    """One row per (dataset, task, algorithm, variant, metric, estimator), over seeds.

    Interval of the mean: every run's own interval speaks of the same log, so its mean half-width h does not shrink with
    seeds; the spread s over S seeds does, with half-width t_{S-1} s / sqrt(S). Both are independent and combine as
    sqrt(h^2 + (t s / sqrt(S))^2) on either side of the mean, h taken for each side apart.

    Against the logging policy: its value is subtracted; standard errors (half-widths over 1.96) of both combine as for
    independent estimates. That is careful where both rest on the same log, where they would partly cancel.

    Ranked within a board by mean; `unreliable` and `not-identified` rows get no rank. The best row opens tie group `a`;
    a row joins the current group while its interval overlaps that of the row that opened it.
    """
    ok = runs[(runs["status"] == "ok")]
    rows = [_row(dict(zip(KEYS, key, strict=True)), group) for key, group in ok.groupby(list(KEYS), sort=True)]
    if not rows:
        return pd.DataFrame(columns=list(LEADERBOARD))
    board = pd.DataFrame(rows)
    board["better"] = board["higher_is_better"].map({True: 1.0, False: -1.0}) * board["mean"]
    boards = [_ranked(_against_behaviour(group, board)) for _, group in board.groupby(list(BOARD), sort=True)]
    return pd.concat(boards, ignore_index=True)[list(LEADERBOARD)]


def _row(key: dict[str, str], group: pd.DataFrame) -> dict[str, object]:
    values = group["value"].to_numpy(float)
    seeds = len(values)
    mean = float(values.mean())
    spread = float(values.std(ddof=1)) if seeds > 1 else np.nan
    between = student_quantile((1 + CONFIDENCE) / 2, seeds - 1) * spread / np.sqrt(seeds) if seeds > 1 else 0.0
    below = float(np.mean(values - group["ci_low"].to_numpy(float)))
    above = float(np.mean(group["ci_high"].to_numpy(float) - values))
    return key | {
        "n_seeds": seeds,
        "mean": mean,
        "iqm": iqm(values) if np.isfinite(values).all() else np.nan,
        "ci_low": mean - float(np.hypot(below, between)),
        "ci_high": mean + float(np.hypot(above, between)),
        "std": spread,
        "verdict": max(group["verdict"], key=VERDICTS.index),
        "identification": group["identification"].iloc[0],
        "higher_is_better": bool(group["higher_is_better"].iloc[0]),
    }


def _against_behaviour(group: pd.DataFrame, board: pd.DataFrame) -> pd.DataFrame:
    group = group.copy()
    reference = _reference(group, board)
    if reference is None:
        return group.assign(delta_vs_behaviour=np.nan, p_adjusted=np.nan, prob_improvement=np.nan)
    others = (group["algorithm"] != BEHAVIOUR).to_numpy()
    delta = np.where(others, group["mean"] - reference["mean"], np.nan)
    error = np.hypot(_std_error(group), _std_error(reference))
    with np.errstate(divide="ignore", invalid="ignore"):
        z = delta / error
    sign = np.where(group["higher_is_better"], 1.0, -1.0)
    group["delta_vs_behaviour"] = delta
    group["p_adjusted"] = holm(np.array([np.nan if np.isnan(v) else 2 * normal_tail(abs(v)) for v in z]))
    group["prob_improvement"] = [np.nan if np.isnan(v) else normal_tail(-v) for v in z * sign]
    return group


def _reference(group: pd.DataFrame, board: pd.DataFrame) -> pd.Series | None:
    """The logging policy's row for this board: by the same estimator, else its measured value."""
    first = group.iloc[0]
    same = (board["algorithm"] == BEHAVIOUR) & np.logical_and.reduce(
        [board[name] == first[name] for name in ("dataset", "task", "metric")]
    )
    if first["estimator"] == "ranking":
        return None
    for estimator in (first["estimator"], *MEASURED[::-1]):
        found = board[same & (board["estimator"] == estimator)]
        if len(found):
            return found.iloc[0]
    return None


def _std_error(rows: pd.DataFrame | pd.Series) -> np.ndarray | float:
    return (rows["ci_high"] - rows["ci_low"]) / (2 * Z)


def _ranked(group: pd.DataFrame) -> pd.DataFrame:
    eligible = (
        (group["verdict"] != "unreliable") & (group["identification"] != "not-identified") & group["mean"].notna()
    )
    # Unranked rows follow, by value too; names settle ties, so that the order is always the same.
    group = group.assign(eligible=eligible).sort_values(
        ["eligible", "better", "algorithm", "variant"], ascending=[False, False, True, True], na_position="last"
    )
    ranked = int(group["eligible"].sum())
    places = group["better"].rank(method="min", ascending=False).where(group["eligible"])
    group["rank"] = places[group["eligible"]].rank(method="min").reindex(group.index).astype("Int64")
    group["tie_group"] = _tie_groups(group.head(ranked)) + [""] * (len(group) - ranked)
    return group


def _tie_groups(rows: pd.DataFrame) -> list[str]:
    groups: list[str] = []
    number, leader = -1, None
    for row in rows.to_dict("records"):
        apart = leader is None or row["ci_high"] < leader["ci_low"] or row["ci_low"] > leader["ci_high"]
        if apart:
            number, leader = number + 1, row
        groups.append(_letters(number))
    return groups


def _letters(number: int) -> str:
    """0 -> a, 25 -> z, 26 -> aa."""
    text = ""
    number += 1
    while number:
        number, digit = divmod(number - 1, 26)
        text = string.ascii_lowercase[digit] + text
    return text
