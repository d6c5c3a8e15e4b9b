"""Two boards side by side: what changed, and is it more than noise?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from ..headline import headlines
from ..packed import table_at
from ..schema import KEYS, RUN_KEYS
from .claims import useful_changes
from .could_check import could_check
from .intervals import judge_intervals
from .judge import CHANGES, REGRESSIONS, Judged, MinEffect, judge_pairs, min_effect
from .kinds import HASHES, SQUARED_ERROR
from .pairs import LEAST_PAIRS, paired_rows
from .same_code import one_code_and_machine
from .same_data import other_settings, refuse_other_meaning, unchecked
from .selection import select
from .sides import Side, Table, older, sides_of

__all__ = ["CHANGES", "LEAST_PAIRS", "REGRESSIONS", "Comparison", "compare"]

PAIRED = ("runs", "estimates")


@dataclass(frozen=True)
class Comparison:
    """The joined rows.

    Attributes:
        rows: the key columns, `old`, `new`, `difference`, `margin`, `change`, `verdict`; of paired rows also the
            interval of the difference (`ci_low`, `ci_high`, 90 %), `p` (one-sided, in the direction of the difference),
            `p_adjusted`, `pairs`, `covers` (what varies between them), `lost` (runs that the new side lacks) and
            `headline`; worst changes first.
        unchecked: what is not known of the data behind the files, in words; empty where both are of the same data.
        notes: what a reader should know beside, a sentence each.
        useful: policies of a task that beat the floor on one side alone: (task, algorithm, variant, old, new).
        paired: whether runs were paired.
    """

    rows: pd.DataFrame
    unchecked: str = ""
    notes: tuple[str, ...] = ()
    useful: tuple[tuple[str, str, str, str, str], ...] = field(default=())
    paired: bool = False

    @property
    def counts(self) -> dict[str, int]:
        """Change -> rows, in the order of `CHANGES`."""
        counts = Counter(self.rows["change"])
        return {change: counts[change] for change in CHANGES if counts[change]}

    @property
    def verdict_changes(self) -> dict[str, int]:
        """`trusted -> weak` -> rows whose verdict changed so, the most frequent first."""
        return dict(Counter(text for text in self.rows["verdict"] if " -> " in text).most_common())

    @property
    def regressed(self) -> bool:
        """Whether a row became worse than noise explains, did not repeat, or went missing."""
        return any(change in self.counts for change in REGRESSIONS)

    def to_dict(self) -> dict[str, Any]:
        """Plain Python values, NaN as None."""
        rows = self.rows.astype(object).where(self.rows.notna(), None).to_dict("records")
        return {
            "regressed": self.regressed,
            "counts": self.counts,
            "verdict_changes": self.verdict_changes,
            "useful_changes": [list(change) for change in self.useful],
            "paired": self.paired,
            "unchecked": self.unchecked,
            "notes": list(self.notes),
            "rows": rows,
        }


def compare(
    old: Table,
    new: Table,
    *,
    only: Sequence[str] = (),
    min_effect: str | float | None = None,
    allow_different_data: bool = False,
) -> Comparison:
    """Join two boards on their keys and judge each row.

    Of two folders, or two runs.csv, runs are paired: a row's value is averaged over logs and seeds in each replicate
    and the differences are tested over replicates, by Student's t, one-sided, at 5 % for all rows of the comparison
    together (see `comparison.judge.judge_pairs`). With one replicate the pairs are its logs, else its seeds, and what
    is said holds for that shop, or that log, alone. Below `LEAST_PAIRS` pairs nothing is said.

    Of two leaderboards, or other tables without runs, a difference is beyond the intervals when it exceeds the margin
    sqrt(h_old^2 + h_new^2), h the half-width of a row's interval towards the other value: the interval of a difference
    of two independent estimates (Zou and Donner 2008). A row that is `unreliable` on both sides claimed nothing, so its
    changes stay within.

    Where both are of one commit on one machine, runs of the same settings must have the same bytes. A row that is gone,
    or has lost runs that were made, is missing. A row of another `q` is another row, but where a file does not say
    which q a row has (files before schema version 3 do not), the other file's stands for it.

    Args:
        old, new: folders, paths of result tables (`leaderboard.csv`, `runs.csv` or `runs.csv.gz`, `normalised.csv`,
            `useful.csv`, `estimators.csv`, `estimates.csv`), or frames of runs or of a leaderboard.
        only: `column=value` of the rows that are meant; the others are neither judged nor counted.
        min_effect: the least change that counts, in the metric's units (0.02) or of the old value (`5%`).
        allow_different_data: compare what is not of the same data, card, split, task version or way of measuring.

    Raises:
        MissingFileError, InputError: a table that is not there or not such a table, tables of two kinds, or of other
            data.
    """
    effect = _least(min_effect)
    before, after = sides_of(old, new)
    paired = before.kind.name in PAIRED
    keys = RUN_KEYS if paired else KEYS
    left, right = _with_q(before.rows, after.rows), _with_q(after.rows, before.rows)
    both = left.merge(right, on=list(keys), how="outer", suffixes=("_old", "_new"), indicator=True)
    hashes = [f"{name}_{side}" for name in HASHES for side in ("old", "new") if f"{name}_{side}" in both]
    both[hashes] = both[hashes].fillna("")
    both = both[select(both, only)].reset_index(drop=True)
    if not allow_different_data:
        refuse_other_meaning(before, after, both)
    judged = _judged(before, after, both, effect, paired)
    rows = pd.DataFrame([row.columns() for row in judged], columns=_columns())
    order = rows["change"].map(CHANGES.index)
    return Comparison(
        rows.loc[order.sort_values(kind="stable").index].reset_index(drop=True),
        "" if allow_different_data else unchecked(before, after),
        tuple(_notes(before, after, judged, paired)),
        useful_changes(before, after, only),
        paired,
    )


_least = min_effect


def _columns() -> list[str]:
    return [*KEYS, *(name for name in Judged.__dataclass_fields__ if name != "key")]


def _judged(before: Side, after: Side, both: pd.DataFrame, effect: MinEffect, paired: bool) -> list[Judged]:
    # A value of 0 but for rounding is small beside the others of its metric and estimator, not beside itself.
    sizes = both[["value_old", "value_new"]].abs().max(axis=1)
    scales = sizes.groupby([both[name] for name in ("dataset", "task", "metric", "estimator")], dropna=False).transform(
        "max"
    )
    must_repeat = one_code_and_machine(before, after)
    if paired:
        rows = paired_rows(both, before, after, scales.to_numpy(float))
        return judge_pairs(rows, _headline(both), effect, must_repeat=must_repeat)
    unjudged = "" if before.kind.name != "estimators" else "not repeated" if must_repeat else "too few"
    return judge_intervals(both, scales.tolist(), effect, unjudged=unjudged)


def _headline(both: pd.DataFrame) -> frozenset[tuple[str, ...]]:
    """(dataset, task, metric, estimator) of the boards that are looked at first."""
    names = ["dataset", "task", "metric", "estimator", "algorithm"]
    rows = both[names].assign(identification=both["identification_new"].fillna(both["identification_old"]))
    rows = rows.drop_duplicates(ignore_index=True)
    squared = rows[rows["metric"] == SQUARED_ERROR]
    of_scores = zip(squared["dataset"], squared["task"], squared["metric"], squared["estimator"], strict=True)
    chosen = {
        (str(board.rows["dataset"].iloc[0]), str(board.rows["task"].iloc[0]), board.metric, board.estimator)
        for board in headlines(rows)
    }
    return frozenset(chosen | set(of_scores))


def _notes(before: Side, after: Side, judged: Sequence[Judged], paired: bool) -> list[str]:
    notes = [older(side) for side in (before, after)]
    settings = other_settings(before, after)
    if settings:
        notes.append(f"settings that differ: {', '.join(settings)}")
    if paired:
        notes += could_check(judged, must_repeat=one_code_and_machine(before, after))
    if not paired and all(
        side.file and table_at(side.file.with_name("runs.csv")).is_file() for side in (before, after)
    ):
        notes.append("runs.csv lies beside both: of two folders runs are paired, which sees smaller changes")
    fewer = _not_asked(before, after)
    if fewer:
        notes.append(f"{fewer:,} runs of the old side were not asked for on the new one: what both have is compared")
    covers = dict.fromkeys(row.covers for row in judged if row.covers)
    notes += [_COVERS[name] for name in covers if name in _COVERS]
    return [note for note in notes if note]


def _not_asked(before: Side, after: Side) -> int:
    places = {place for place, *_ in after.asked}
    return len({run for run in before.asked - after.asked if run[0] in places})


_COVERS = {
    "seeds": "where pairs are seeds the interval covers training alone: another log or shop may say otherwise",
    "logs": "where pairs are logs the interval covers the log and training: another shop may say otherwise",
}


def _with_q(rows: pd.DataFrame, others: pd.DataFrame) -> pd.DataFrame:
    """The rows, with the q of the others' row of the same name where they do not say theirs."""
    if not len(rows) or (rows["q"] != "").all() or (others["q"] == "").all():
        return rows
    names = [name for name in RUN_KEYS if name != "q"]
    theirs = rows[names].merge(others[[*names, "q"]].drop_duplicates(names), how="left", on=names)["q"].fillna("")
    return rows.assign(q=rows["q"].where(rows["q"] != "", theirs.to_numpy()))
