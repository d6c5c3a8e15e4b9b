"""Two leaderboards (or two runs.csv) side by side: what changed, and is it more than noise?"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..errors import InputError
from ..tolerances import ROUNDING
from .data_identity import DataHashes, of_leaderboard, of_runs, refuse_other_data
from .metrics import METRICS
from .read import check_frame, header_of, load_leaderboard, load_runs
from .schema import KEYS, LEADERBOARD, RUN_KEYS, RUNS, STATUSES, TableRow

CHANGES = ("worse beyond", "missing", "worse within", "better within", "better beyond", "new", "identical")
"""What can be said of a row, worst first."""
REGRESSIONS = ("worse beyond", "missing")

Table = str | Path | pd.DataFrame
"""A leaderboard or runs: a file, or what it holds."""


@dataclass(frozen=True)
class Comparison:
    """The joined rows.

    Attributes:
        rows: the key columns, old, new, difference, margin, change, verdict; worst changes first.
        unchecked: what is not known of the data behind the files, in words; empty where both are of the same data.
    """

    rows: pd.DataFrame
    unchecked: str = ""

    @property
    def counts(self) -> dict[str, int]:
        """Change -> rows, in the order of `CHANGES`."""
        counts = Counter(self.rows["change"])
        return {change: counts[change] for change in CHANGES if counts[change]}

    @property
    def regressed(self) -> bool:
        """Whether a row became worse beyond its intervals, or went missing."""
        return any(change in self.counts for change in REGRESSIONS)

    def to_dict(self) -> dict[str, Any]:
        """Plain Python values, NaN as None."""
        rows = self.rows.astype(object).where(self.rows.notna(), None).to_dict("records")
        return {"regressed": self.regressed, "counts": self.counts, "unchecked": self.unchecked, "rows": rows}


def compare(old: Table, new: Table) -> Comparison:
    """Join two tables on their keys and judge each row.

    Both must be of the same data and card: by the hashes in runs.csv, or in the manifest.json beside a leaderboard. A
    leaderboard that is a frame has no manifest, so that is not checked of it (see `Comparison.unchecked`).

    A difference is beyond the intervals when it exceeds the margin sqrt(h_old^2 + h_new^2), h the half-width of a row's
    interval towards the other value: the interval of a difference of two independent estimates (Zou and Donner 2008).
    Rows of equal value are identical, whatever their intervals; a value that became undefined is missing. A row that
    is `unreliable` in both files claimed nothing, so its changes stay within.

    A row of another `q` is another row, but where a file does not say which q a row has (files before schema version 3
    do not), the other file's stands for it.

    Args:
        old, new: paths of leaderboard.csv or runs.csv, or frames with those columns (`load_leaderboard`, `load_runs`).

    Raises:
        MissingFileError, InputError: a file that is not there or not such a table, files of two kinds, or of other
            data.
    """
    before, keys, old_data = _from_frame(old, "old") if isinstance(old, pd.DataFrame) else _from_file(Path(old))
    after, new_keys, new_data = _from_frame(new, "new") if isinstance(new, pd.DataFrame) else _from_file(Path(new))
    where = ", ".join("a frame" if isinstance(table, pd.DataFrame) else str(table) for table in (old, new))
    if keys != new_keys:
        raise InputError("One table is a leaderboard, the other holds runs.", where=where)
    refuse_other_data(old_data, new_data, where)
    before, after = _with_q(before, after, keys), _with_q(after, before, keys)
    both = before.merge(after, on=list(keys), how="outer", suffixes=("_old", "_new"), indicator=True)
    # A value of 0 but for rounding is small beside the others of its metric, not beside itself.
    sizes = both[["value_old", "value_new"]].abs().max(axis=1)
    scales = sizes.groupby([both[name] for name in ("dataset", "task", "metric")], dropna=False).transform("max")
    judged = [_judge(row, scale) for row, scale in zip(both.to_dict("records"), scales, strict=True)]
    rows = pd.concat(
        [both[list(keys)], pd.DataFrame(judged, columns=["old", "new", "difference", "margin", "change"])], axis=1
    ).assign(verdict=[_verdicts(row) for row in both.to_dict("records")])
    order = rows["change"].map(CHANGES.index)
    unchecked = "; ".join(dict.fromkeys(filter(None, (old_data.missing, new_data.missing))))
    return Comparison(rows.loc[order.sort_values(kind="stable").index].reset_index(drop=True), unchecked)


Rows = tuple[pd.DataFrame, tuple[str, ...], DataHashes]
"""The value and interval of each row, by its key; what tells rows apart; and what is known of the data."""


def _from_file(path: Path) -> Rows:
    if "run_id" in header_of(path):
        return _of_runs(load_runs(path))
    return _rows(load_leaderboard(path), KEYS, "mean"), KEYS, of_leaderboard(path)


def _from_frame(frame: pd.DataFrame, argument: str) -> Rows:
    if "run_id" in frame:
        return _of_runs(check_frame(frame, RUNS, RUN_KEYS, where=argument))
    checked = check_frame(frame, LEADERBOARD, KEYS, where=argument)
    return _rows(checked, KEYS, "mean"), KEYS, DataHashes({}, {}, "a leaderboard in memory does not name its data")


def _of_runs(runs: pd.DataFrame) -> Rows:
    # A failed run has no estimator; its row still tells that something went missing.
    return _rows(runs[runs["status"].isin(STATUSES)], RUN_KEYS, "value"), RUN_KEYS, of_runs(runs)


def _rows(frame: pd.DataFrame, keys: tuple[str, ...], value: str) -> pd.DataFrame:
    return frame[[*keys, "ci_low", "ci_high", "verdict"]].assign(value=frame[value])


def _with_q(rows: pd.DataFrame, others: pd.DataFrame, keys: tuple[str, ...]) -> pd.DataFrame:
    """The rows, with the q of the others' row of the same name where they do not say theirs."""
    names = [name for name in keys if name != "q"]
    theirs = rows[names].merge(others[[*names, "q"]].drop_duplicates(names), how="left", on=names)["q"].fillna("")
    return rows.assign(q=rows["q"].where(rows["q"] != "", theirs.to_numpy()))


def _judge(row: TableRow, scale: float) -> tuple[float, float, float, float, str]:
    old, new = row["value_old"], row["value_new"]
    if row["_merge"] == "right_only" or (np.isnan(old) and not np.isnan(new)):
        return np.nan, new, np.nan, np.nan, "new"
    if row["_merge"] == "left_only" or (np.isnan(new) and not np.isnan(old)):
        return old, np.nan, np.nan, np.nan, "missing"
    if old == new or np.isnan(old):
        return old, new, 0.0, np.nan, "identical"
    difference = new - old
    # Each interval's side that faces the other value.
    if difference > 0:
        margin = np.hypot(row["ci_high_old"] - old, new - row["ci_low_new"])
    else:
        margin = np.hypot(old - row["ci_low_old"], row["ci_high_new"] - new)
    better = (difference > 0) == _higher_is_better(row["metric"])
    # Without an interval nothing says how much is noise, so every change counts, but for the last digits.
    beyond = (
        not abs(difference) <= np.fmax(margin, ROUNDING * scale)
        and not row["verdict_old"] == row["verdict_new"] == "unreliable"
    )
    return old, new, difference, margin, f"{'better' if better else 'worse'} {'beyond' if beyond else 'within'}"


def _verdicts(row: TableRow) -> str:
    """One verdict, or `old -> new` where it changed."""
    both = [verdict for verdict in (row["verdict_old"], row["verdict_new"]) if isinstance(verdict, str)]
    return " -> ".join(dict.fromkeys(both))


def _higher_is_better(metric: str) -> bool:
    return METRICS[metric].higher_is_better if metric in METRICS else True
