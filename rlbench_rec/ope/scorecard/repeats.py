"""Decisions that a table holds several times: a log that was joined or delivered twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from .column_roles import likely
from .column_values import Values

FEWEST = 20
"""Different rows; the counts of fewer may all be even by chance."""


@dataclass(frozen=True)
class DecisionCounts:
    """What is said of the ids of decisions: how many rows have none, and how many repeat an earlier one."""

    without: int = 0
    repeated: int = 0

    def merged(self, other: DecisionCounts) -> DecisionCounts:
        """The counts of two parts together, no id being in both."""
        return DecisionCounts(self.without + other.without, self.repeated + other.repeated)

    def notes(self, decision: str) -> tuple[str, ...]:
        """The counts in words; `decision` is the column."""
        notes = []
        if self.without:
            notes.append(f"{self.without:,} rows have no '{decision}'; each is taken as a decision of its own.")
        if self.repeated:
            notes.append(f"{self.repeated:,} rows repeat a '{decision}' that was there before; each is counted once.")
        return tuple(notes)


def counted_once(values: Values, decision: str) -> tuple[Values, DecisionCounts]:
    """The table with every decision once, and what was left out. Rows without an id are decisions of their own.

    Args:
        values: of the table.
        decision: the column that says which decision a row is.

    Raises:
        InputError: rows of one decision that differ in what is read of them.
    """
    codes = values.codes(decision, words=True)
    without = int((codes < 0).sum())
    first = _first_rows(codes)
    again = first < np.arange(len(codes))
    if not again.any():
        return values, DecisionCounts(without)
    for column in values.table.column_names:
        held = values.codes(column)
        hint = (
            "A decision that repeats is counted once if its rows agree. Where a decision has several rows: "
            f"--decision none, and --episode {decision} if they are its steps."
        )
        values.refuse(column, held != held[first], f"unlike an earlier one of the same '{decision}'", hint)
    kept = np.flatnonzero(~again)
    rows = kept if values.rows is None else values.rows[kept]
    return replace(values, table=values.table.take(kept), rows=rows), DecisionCounts(without, int(again.sum()))


def _first_rows(codes: np.ndarray) -> np.ndarray:
    """(n,) the first row of each row's code; a row without one is its own."""
    rows = np.arange(len(codes))
    firsts = np.full(codes.max(initial=-1) + 1, len(codes))
    np.minimum.at(firsts, codes[codes >= 0], rows[codes >= 0])
    return np.where(codes >= 0, firsts[codes] if len(firsts) else rows, rows)


def copies_left_out(values: Values, keys: Sequence[str], *, sure: bool) -> tuple[Values, tuple[str, ...]]:
    """The table without rows that equal an earlier one in every column of the file, and what was left out, in words.
    Where all rows of a sure key agree in the columns that are read, the others need not be equal.

    Args:
        values: of the table.
        keys: columns that say which decision a row is, if nothing else does.
        sure: whether no two decisions share them; else copies are named, not left out, since two decisions of one
            moment may look alike.
    """
    key_names = " and ".join(f"'{key}'" for key in keys)
    # Reading every column is slow: first those that must repeat.
    repeated = _repeated(Values(values.file, values.file.read(keys)), keys)
    if not repeated.any():
        return values, ()
    flat = [name for name in values.file.names if name not in values.file.nested]
    names = [name for name, count in Counter(flat).items() if count == 1]
    # Two rows may differ in what a struct holds.
    sure = sure and not values.file.nested
    copies = _repeated(Values(values.file, values.file.read(names)), keys)
    count, others = int(copies.sum()), int((repeated & ~copies).sum())
    asked: tuple[str, ...] = ()
    if sure and others:
        if _alike(values, keys[0]):
            note = f"{count + others:,} rows repeat the '{keys[0]}' of an earlier one with the same values"
            return _without(values, repeated), (f"{note}; each is counted once.",)
        asked = (
            f"{others:,} rows repeat the '{keys[0]}' of an earlier one with other values: is it the decision's? "
            f"--decision {keys[0]} counts each once, --episode {keys[0]} takes them as its steps.",
        )
    if not count:
        return values, asked
    note = f"{count:,} rows equal an earlier one in every column, {key_names} included"
    if not sure:
        return values, (f"{note}: was the log written twice? --decision COLUMN counts each decision once.", *asked)
    return _without(values, copies), (f"{note}; each is counted once.", *asked)


def _without(values: Values, rows: np.ndarray) -> Values:
    kept = np.flatnonzero(~rows)
    return replace(values, table=values.table.take(kept), rows=kept)


def _alike(values: Values, key: str) -> bool:
    """Whether rows of one key agree in all that is read: the log was delivered twice, with another time of delivery."""
    first = _first_rows(Values(values.file, values.file.read([key])).codes(key, words=True))
    return all((held == held[first]).all() for held in map(values.codes, values.table.column_names))


def _repeated(values: Values, keys: Sequence[str]) -> np.ndarray:
    """(n,) whether a row has all keys and equals an earlier one in all columns."""
    import pandas as pd

    known = np.all([values.codes(key, words=True) >= 0 for key in keys], axis=0)
    return (
        known & pd.DataFrame({name: values.codes(name) for name in values.table.column_names}).duplicated().to_numpy()
    )


def repeats(values: Values, part_columns: Mapping[str, str], taken: bool) -> tuple[Values, tuple[str, ...]]:
    """The table with every decision once, as far as its columns tell, and what was left out, in words.

    Args:
        values: of the table.
        part_columns: part -> column.
        taken: whether to look at all.
    """
    if not taken:
        return values, ()
    if "decision" in part_columns:
        once, counts = counted_once(values, part_columns["decision"])
        return once, counts.notes(part_columns["decision"])
    names = values.file.names
    ids = [name for name in likely("decision", names) if name not in part_columns.values()]
    if ids:
        return copies_left_out(values, ids[:1], sure=True)
    if "episode" in part_columns and "step" in part_columns:
        # Repeated steps are refused.
        return values, ()
    users = [part_columns["user"]] if "user" in part_columns else likely("user", names)
    times = [part_columns["step"]] if "step" in part_columns else likely("step", names)
    if users and times:
        return copies_left_out(values, [users[0], times[0]], sure=False)
    return values, _all_alike(values)


def _all_alike(values: Values) -> tuple[str, ...]:
    """What to ask where no column tells decisions apart, and every row is there two (or three, …) times."""
    if _multiple(values)[0] == 1:
        return ()
    names = [name for name, count in Counter(values.file.names).items() if count == 1]
    times, different = _multiple(Values(values.file, values.file.read(names))) if not values.file.nested else (1, 0)
    if times == 1 or different < FEWEST:
        return ()
    return (
        f"Every row occurs {times} times, or a multiple of that, and no column says which decision it is: was the log "
        f"written {times} times? Then intervals are too narrow; --decision COLUMN counts each decision once.",
    )


def _multiple(values: Values) -> tuple[int, int]:
    """The largest number of which every row's count is a multiple, and how many rows differ."""
    import pandas as pd

    frame = pd.DataFrame({name: values.codes(name) for name in values.table.column_names})
    counts = frame.value_counts(sort=False).to_numpy()
    return int(np.gcd.reduce(counts)), len(counts)
