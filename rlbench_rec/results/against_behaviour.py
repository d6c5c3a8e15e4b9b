"""Rows of a leaderboard against the behaviour policy: difference, p, probability of being better."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..statistics.hypotheses import holm
from ..statistics.student import Error
from ..tolerances import ROUNDING
from .board_rows import common_gains
from .row_names import BEHAVIOUR, ON_POLICY, RANKED, REFERENCE, is_lift, last_checkpoint
from .schema import VERDICTS, TableRow


def against_behaviour(group: pd.DataFrame, board: pd.DataFrame) -> pd.DataFrame:
    """The rows of one board with `delta_vs_behaviour`, `p_adjusted` and `prob_improvement`.

    Args:
        group: rows that compete, as `board_rows.board_row` makes them.
        board: all rows, among them the behaviour policy's.
    """
    behaviour = _behaviour(group.iloc[0], board)
    rows = [_difference(row, behaviour) for row in group.to_dict("records")]
    columns = ["delta_vs_behaviour", "p_adjusted", "prob_improvement"]
    group = group.assign(**dict(zip(columns, np.array(rows, dtype=float).T, strict=True)))
    return group.assign(p_adjusted=_adjusted(group))


def _adjusted(group: pd.DataFrame) -> np.ndarray:
    """Holm's adjustment over the policies of a board that are tested, each counted once: a last checkpoint that is the
    best one, with the same numbers for every run, is not a second hypothesis."""
    p = group["p_adjusted"].where(group["algorithm"] != REFERENCE).to_numpy(float)
    places: dict[object, int] = {}
    first = np.array([places.setdefault(policy, place) for place, policy in enumerate(policies_of(group))])
    once = np.where(first == np.arange(len(p)), p, np.nan)
    adjusted: np.ndarray = np.where(np.isnan(p), np.nan, holm(once)[first])
    return adjusted


def _behaviour(row: pd.Series, board: pd.DataFrame) -> pd.Series | None:
    """The behaviour policy's row for this board: by the same estimator, else its mean on its own log; of lifts, 0."""
    if row["estimator"] == RANKED:
        return None
    if is_lift(row["estimator"]):
        return pd.Series({"mean": 0.0, "below": Error(0.0), "above": Error(0.0), "verdict": VERDICTS[0], "units": None})
    same = np.logical_and.reduce([board[name] == row[name] for name in ("dataset", "task", "metric")])
    candidates = board[same & (board["algorithm"] == BEHAVIOUR)]
    for estimator in (row["estimator"], ON_POLICY):
        by_estimator = candidates[candidates["estimator"] == estimator]
        if len(by_estimator):
            return by_estimator.iloc[0]
    return None


def _difference(row: TableRow, behaviour: pd.Series | None) -> tuple[float, float, float]:
    """Delta, two-sided p and probability of being better."""
    if behaviour is None or row["algorithm"] == BEHAVIOUR:
        return np.nan, np.nan, np.nan
    if len(row["units"]) > 1 or len(behaviour["units"] or ()) > 1:
        delta, below, above = _paired(row, behaviour)
    else:
        delta = row["mean"] - behaviour["mean"]
        below, above = row["below"] + behaviour["above"], row["above"] + behaviour["below"]
    if abs(delta) <= ROUNDING * max(abs(row["mean"]), abs(behaviour["mean"])):
        delta = 0.0
    if not row["eligible"] or behaviour["verdict"] == "unreliable":
        return delta, np.nan, np.nan
    error = below if delta > 0 else above
    gain = delta if row["higher_is_better"] else -delta
    return delta, 2 * error.tail(abs(delta)), error.tail(-gain)


def _paired(row: TableRow, behaviour: pd.Series) -> tuple[float, Error, Error]:
    """The mean difference over the replicates of both, and its error, which is not known of a single one."""
    theirs = behaviour["units"] if behaviour["units"] is not None else dict.fromkeys(row["units"], 0.0)
    gains = common_gains(row["units"], theirs)
    if len(gains) < 2:
        return float(gains.mean()) if len(gains) else np.nan, Error(np.nan), Error(np.nan)
    error = Error(float(gains.var(ddof=1)) / len(gains), len(gains) - 1)
    return float(gains.mean()), error, error


def policies_of(group: pd.DataFrame) -> list[tuple[object, ...]]:
    """What each row is about, the checkpoint apart where both earned the same in every run.

    Args:
        group: rows of one board with `algorithm`, `variant` and `numbers`.
    """
    forms = group["variant"].map(last_checkpoint)
    return list(zip(group["algorithm"], forms, group["numbers"], strict=True))
