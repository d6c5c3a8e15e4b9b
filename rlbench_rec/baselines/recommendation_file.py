"""A file of recommendations from any other library: who, which item, and how good or how likely it is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from ..bad_rows import refuse_rows
from ..column_names import likely_columns
from ..errors import InputError, MissingFileError
from ..tolerances import PROBABILITY_SUM
from .recommendation_columns import ids, read_columns, values

if TYPE_CHECKING:
    import pyarrow

Worth = Literal["probability", "score", "rank"]
KINDS = ("user", "session", "item", "step", "probability", "score", "rank")
"""Of columns; see `column_names`."""
HINT = "Name the columns user_id or session_id, item_id, and score, probability or rank (and step of a session)."
STEPS = 1 << 31
"""More than any session has."""


@dataclass(frozen=True)
class Recommendations:
    """The rows of a file, in the order of `who` and of `steps`.

    Attributes:
        path: the file.
        of: whether it names users or sessions.
        has_steps: whether a row is for one step of a session, from 0.
        names: the users or sessions as the file writes them, ascending.
        who: (r,) int64, which of them each row is for; ascending.
        steps: (r,) int64; 0 where the file has none.
        item_names: the items as the file writes them, ascending.
        items: (r,) int64, which of them each row recommends.
        worth: (r,) float64 what is said of each.
        kind: what that is: a probability, a score (higher is better), or a rank (lower is better).
    """

    path: str
    of: Literal["user", "session"]
    has_steps: bool
    names: np.ndarray
    who: np.ndarray
    steps: np.ndarray
    item_names: np.ndarray
    items: np.ndarray
    worth: np.ndarray
    kind: Worth

    @property
    def starts(self) -> np.ndarray:
        """The first row of each user, of each session, or of each step of one."""
        new = np.ones(len(self.who), dtype=bool)
        new[1:] = (self.who[1:] != self.who[:-1]) | (self.steps[1:] != self.steps[:-1])
        return np.flatnonzero(new)


def read_recommendations(path: str | Path) -> Recommendations:
    """Read a Parquet or CSV file (also gzipped) with a user or session, an item, and a score, probability or rank each.

    Columns are known by their names, in the spelling of most libraries (`user_id`, `user`, `item_id:token`, ...); of
    several that fit, the likeliest is taken, and other columns are left alone. A rank beside a score or a probability
    is left alone too.

    Args:
        path: the file.

    Raises:
        MissingFileError: there is no such file.
        InputError: it cannot be read; a column is missing, or there are two where one is due (a user and a session, a
            score and a probability); an empty cell, something that is not a finite number, a negative probability,
            probabilities of a list that sum to more than 1, or an item that stands twice in a list.
    """
    path = Path(path)
    if not path.is_file():
        hint = "Give a Parquet or CSV file; a path in a suite begins in the folder that you run it in."
        raise MissingFileError("There is no such file of recommendations.", where=str(path), hint=hint)
    table = read_columns(path, _roles)
    of: Literal["user", "session"] = "user" if "user" in table else "session"
    kind: Worth = next(name for name in ("probability", "score", "rank") if name in table)
    (names, who), (item_names, items) = ids(table[of], of, path), ids(table["item"], "item", path)
    worth = values(table[kind], kind, path)
    steps = _steps(table["step"], path) if "step" in table else np.zeros(len(who), np.int64)
    order = np.lexsort((steps, who))
    rows = Recommendations(
        path=str(path),
        of=of,
        has_steps="step" in table,
        names=names,
        who=who[order],
        steps=steps[order],
        item_names=item_names,
        items=items[order],
        worth=worth[order],
        kind=kind,
    )
    _refuse_repeats(rows)
    if kind == "probability":
        _refuse_other_than_probabilities(rows)
    return rows


def _roles(names: list[str], where: str) -> dict[str, str]:
    """What is read -> the column that holds it.

    Raises:
        InputError: something is missing, or is there twice.
    """
    # RecBole writes the type behind the name: `user_id:token`.
    bare: dict[str, str] = {}
    for name in names:
        if bare.setdefault(name.partition(":")[0], name) != name:
            what = f"There are two columns of one name ({bare[name.partition(':')[0]]} and {name})."
            raise InputError(what, where=where, hint="Keep one of the two columns.")
    found = {kind: likely_columns([kind], list(bare)) for kind in KINDS}
    roles = {kind: bare[columns[0]] for kind, columns in found.items() if columns}
    quoted = ", ".join(names)
    for one, other in (("user", "session"), ("score", "probability")):
        if one in roles and other in roles:
            what = f"There are a {one} ({roles[one]}) and a {other} ({roles[other]})."
            raise InputError(what, where=where, hint="Keep one of the two columns.")
    if "item" not in roles or not {"user", "session"} & set(roles) or not {"score", "probability", "rank"} & set(roles):
        raise InputError(f"The columns are {quoted}.", where=where, hint=HINT)
    if "step" in roles and "user" in roles:
        what = f"A step ({roles['step']}) is one of a session, and the file names users ({roles['user']})."
        raise InputError(what, where=where, hint="Name sessions, or leave the step out.")
    if "score" in roles or "probability" in roles:
        roles.pop("rank", None)
    return roles


def _steps(column: pyarrow.ChunkedArray, path: Path) -> np.ndarray:
    steps = values(column, "step", path)
    bad = (steps < 0) | (steps != np.floor(steps)) | (steps >= STEPS)
    refuse_rows(bad, lambda row, _: InputError(f"Row {row + 1} has the step {steps[row]:g}.", where=str(path)))
    return steps.astype(np.int64)


def _refuse_repeats(rows: Recommendations) -> None:
    numbers = np.zeros(len(rows.who), dtype=np.int64)
    numbers[rows.starts] = 1
    numbers = np.cumsum(numbers)
    order = np.lexsort((rows.items, numbers))
    again = (np.diff(numbers[order], prepend=-1) == 0) & (np.diff(rows.items[order], prepend=-1) == 0)

    def refusal(place: int, count: int) -> InputError:
        row = order[place]
        at = f" at step {rows.steps[row]}" if rows.has_steps else ""
        item, who = rows.item_names[rows.items[row]], rows.names[rows.who[row]]
        what = f"Item {item} stands twice for {rows.of} {who}{at} ({count} such rows)."
        return InputError(what, where=rows.path, hint="Keep one row for each.")

    refuse_rows(again, refusal)


def _refuse_other_than_probabilities(rows: Recommendations) -> None:
    def negative(row: int, _: int) -> InputError:
        what = f"A probability of {rows.of} {rows.names[rows.who[row]]} is {rows.worth[row]:g}."
        return InputError(what, where=rows.path, hint="If these are scores, call the column score.")

    refuse_rows(rows.worth < 0, negative)
    sums = np.add.reduceat(rows.worth, rows.starts)

    def above_one(number: int, _: int) -> InputError:
        who = rows.names[rows.who[rows.starts[number]]]
        what = f"The probabilities of {rows.of} {who} sum to {sums[number]:g}, above 1."
        return InputError(what, where=rows.path, hint="If these are scores, call the column score.")

    refuse_rows(sums > 1.0 + PROBABILITY_SUM, above_one)
