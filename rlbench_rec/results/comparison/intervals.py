"""Tables without runs behind them: a row changed if its two intervals, as those of independent estimates, say so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ...tolerances import ROUNDING
from ..schema import KEYS
from .judge import Judged, MinEffect
from .kinds import higher_is_better

if TYPE_CHECKING:
    import pandas as pd

    from ..schema import TableRow


def judge_intervals(
    both: pd.DataFrame, scales: Sequence[float], effect: MinEffect, *, unjudged: str = ""
) -> list[Judged]:
    """Each row by its intervals: a difference counts where it exceeds sqrt(h_old^2 + h_new^2), h the half-width of a
    row's interval on the side of the other value (Zou and Donner 2008). Where there is no interval every change counts.
    A row that is `unreliable` on both sides claimed nothing, so its changes do not count.

    Args:
        both: rows of both sides, joined.
        scales: how large values of each row's metric are.
        effect: the least change that counts.
        unjudged: what is said of every change, where the kind of table does not allow to judge any.
    """
    return [_judged(row, scale, effect, unjudged) for row, scale in zip(both.to_dict("records"), scales, strict=True)]


def _judged(row: TableRow, scale: float, effect: MinEffect, unjudged: str) -> Judged:
    key = tuple(str(row[name]) for name in KEYS)
    verdict = _verdicts(row)
    old, new = float(row["value_old"]), float(row["value_new"])
    if row["_merge"] == "right_only" or (np.isnan(old) and not np.isnan(new)):
        return Judged(key, np.nan, new, change="new", verdict=verdict)
    if row["_merge"] == "left_only" or (np.isnan(new) and not np.isnan(old)):
        return Judged(key, old, np.nan, change="missing", verdict=verdict)
    if old == new or np.isnan(old):
        return Judged(key, old, new, 0.0, verdict=verdict)
    difference, margin = new - old, _margin(row)
    if unjudged:
        return Judged(key, old, new, difference, margin, unjudged, verdict)
    side = "better" if (difference > 0) == higher_is_better(str(row["metric"])) else "worse"
    beyond = (
        # Without an interval nothing says how much is noise, so every change counts, but for the last digits.
        not abs(difference) <= np.fmax(margin, ROUNDING * scale)
        and effect.exceeded(old, difference)
        and not row["verdict_old"] == row["verdict_new"] == "unreliable"
    )
    return Judged(key, old, new, difference, margin, f"{side} {'beyond' if beyond else 'within'}", verdict)


def _margin(row: TableRow) -> float:
    """From the sides of both intervals that face each other."""
    if row["value_new"] > row["value_old"]:
        return float(np.hypot(row["ci_high_old"] - row["value_old"], row["value_new"] - row["ci_low_new"]))
    return float(np.hypot(row["value_old"] - row["ci_low_old"], row["ci_high_new"] - row["value_new"]))


def _verdicts(row: TableRow) -> str:
    """One verdict, or `old -> new` where it changed."""
    both = [verdict for verdict in (row["verdict_old"], row["verdict_new"]) if isinstance(verdict, str) and verdict]
    return " -> ".join(dict.fromkeys(both))
