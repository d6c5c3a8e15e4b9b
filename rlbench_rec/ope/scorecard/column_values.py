"""The values of a column, checked: a refusal names the file, the column and the first bad row."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from ...bad_rows import refuse_rows
from ...errors import InputError
from .row_file import TableFile
from .times import Days, days, exact_order, is_text

if TYPE_CHECKING:
    import pyarrow

WORDS = dict.fromkeys(("true", "t", "yes", "y", "on"), 1.0) | dict.fromkeys(("false", "f", "no", "n", "off"), 0.0)
MISSING = (
    *(
        "",
        "na",
        "n/a",
        "#n/a",
        "<na>",
        "nan",
        "nat",
        "null",
        "#null!",
        "(null)",
        "[null]",
        "\\n",
        "none",
        "(none)",
        "nil",
    ),
    *("undefined", "unknown", "(not set)", "-", "?", "00000000-0000-0000-0000-000000000000"),
)
"""Words for nothing, in small letters."""
ISO = "2025-03-01T10:00:00Z (ISO 8601)"
PLAIN_NUMBER = r"^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$"
"""A number that its text is a name of: not 007."""


@dataclass(frozen=True)
class Values:
    """The columns that were read.

    Args:
        file: where they come from.
        table: what was read of it.
        rows: (n,) which of the file's rows those of the table are; None: all of them.
    """

    file: TableFile
    table: pyarrow.Table
    rows: np.ndarray | None = None

    def numbers(self, column: str, if_missing: str | None = None) -> np.ndarray:
        """(n,) float64, finite; true is 1.

        Args:
            column: which.
            if_missing: what to do about values that are missing.

        Raises:
            InputError: a value that is missing, infinite or no number.
        """
        values = self.read_as_numbers(column)
        bad = ~np.isfinite(values)

        def refusal(row: int, count: int) -> InputError:
            raw = self.raw(column, row)
            hint = if_missing if _missing(raw) else _as_number(raw) if isinstance(raw, str) else None
            return self.refusal(column, "missing or not a finite number", hint, row, count)

        refuse_rows(bad, refusal)
        return values

    def read_as_numbers(self, column: str) -> np.ndarray:
        """(n,) float64; NaN where a value is none."""
        import pyarrow

        values = self.table[column]
        if pyarrow.types.is_temporal(values.type):
            return np.full(len(values), np.nan)
        try:
            # A decimal or a large integer may lose digits: all is computed in float64.
            return values.cast(pyarrow.float64(), safe=False).to_numpy()
        except (pyarrow.ArrowInvalid, pyarrow.ArrowNotImplementedError):
            return self._spelled_out(values)

    def _spelled_out(self, values: pyarrow.ChunkedArray) -> np.ndarray:
        """(n,) float64 of text, words for truth among it."""
        import pandas as pd
        import pyarrow
        from pyarrow import compute

        try:
            spelled = values.cast(pyarrow.string())
        except pyarrow.ArrowInvalid:
            # Bytes that are not text.
            return np.full(len(values), np.nan)
        words = pyarrow.array(list(WORDS))
        of_word = np.array([*WORDS.values(), np.nan])
        at = compute.index_in(compute.utf8_lower(compute.utf8_trim_whitespace(spelled)), words).fill_null(len(words))
        numbers = pd.to_numeric(spelled.to_pandas(), errors="coerce").to_numpy(np.float64, na_value=np.nan)
        at = at.to_numpy()
        return np.where(at < len(words), of_word[at], numbers)

    def codes(self, column: str, *, words: bool = False) -> np.ndarray:
        """(n,) codes 0, 1, … in order of appearance, -1 where a value is missing: null, NaN, or with `words` also one
        that stands for it, such as NULL."""
        import pyarrow
        from pyarrow import compute

        values = self.table[column].combine_chunks().dictionary_encode()
        codes, known = values.indices.fill_null(-1).to_numpy().astype(np.int64), values.dictionary
        if pyarrow.types.is_floating(known.type):
            is_missing = compute.is_nan(known)
        elif words and is_text(known.type):
            spelled = compute.utf8_lower(compute.utf8_trim_whitespace(known))
            is_missing = compute.is_in(spelled, pyarrow.array(MISSING, known.type))
        else:
            return codes
        return np.where(np.append(is_missing.to_numpy(zero_copy_only=False), True)[codes], -1, codes)

    def known(self, column: str) -> np.ndarray:
        """(n,) whether a row has a value: neither null, NaN nor a word that stands for it."""
        import pyarrow
        from pyarrow import compute

        values = self.table[column]
        if pyarrow.types.is_integer(values.type):
            return np.asarray(compute.is_valid(values))
        return self.codes(column, words=True) >= 0

    def ids(self, column: str, *, words: bool = False) -> np.ndarray:
        """(n,) codes 0, 1, … in order of appearance.

        Raises:
            InputError: a value that is missing.
        """
        codes = self.codes(column, words=words)
        self.refuse(column, codes < 0, "missing")
        return codes

    def order(self, column: str) -> np.ndarray:
        """(n,) numbers that sort as the numbers or times do, and are equal where those are.

        Raises:
            InputError: a value that is neither.
        """
        self.refuse(column, self.codes(column, words=True) < 0, "missing")
        ranks, bad = exact_order(self.table[column])
        self.refuse(column, bad, "neither a number nor a time", f"Write times as {ISO}.")
        return ranks

    def feature(self, column: str, *, largest: int = 50) -> np.ndarray:
        """(n, k) float64 of what a model may learn from: numbers as they are, names one column each.

        Raises:
            InputError: a missing value, or more than `largest` names.
        """
        values = self.read_as_numbers(column)
        if not np.isnan(values).all() and not self._are_names(column, values):
            return self.numbers(column)[:, None]
        codes = self.ids(column)
        if codes.max() >= largest:
            what = f"{codes.max() + 1:,} different names; a feature may have {largest}."
            raise InputError(what, where=f"{self.file.path}, column '{column}'", hint="Group the rare ones.")
        return (codes[:, None] == np.arange(codes.max() + 1)).astype(np.float64)

    def _are_names(self, column: str, values: np.ndarray) -> bool:
        """Whether a column of text is of names though some of them are words for truth: segments x and y.

        Args:
            column: which.
            values: it read as numbers.
        """
        from pyarrow import compute

        texts = self.table[column]
        if not is_text(texts.type) or compute.any(compute.match_substring_regex(texts, r"\d")).as_py():
            return False
        return bool((np.isnan(values) & (self.codes(column, words=True) >= 0)).any())

    def slices(self, column: str, timezone: str | None = None, *, most: int = 400) -> tuple[np.ndarray, Days | None]:
        """(n,) labels to slice by, numbers or text; times become days.

        Args:
            column: which.
            timezone: by whose clock days are counted; None: by that of each time.
            most: slices.

        Raises:
            InputError: a missing value, a time zone where there are no times, or more than `most` slices.
        """
        place = f"{self.file.path}, column '{column}'"
        self.refuse(column, self.codes(column) < 0, "missing")
        labels, of_rows = self._numbers_as_labels(column), None
        if labels is None:
            of_rows = days(self.table[column], timezone, place)
            labels = np.array(list(map(str, self.table[column].to_pylist()))) if of_rows is None else of_rows.labels
        if timezone is not None and of_rows is None:
            what = "These are not times; --timezone is for times."
            raise InputError(what, where=place, hint=f"Write times as {ISO}.")
        count = len(np.unique(labels))
        if count > most:
            what = f"{count:,} different values; at most {most} slices are allowed."
            raise InputError(what, where=place, hint=f"Group them; times become days if they are written as {ISO}.")
        return labels, of_rows

    def _numbers_as_labels(self, column: str) -> np.ndarray | None:
        """Whole numbers exactly, others as floats; None where a value is not a number (yes), is written otherwise
        (007), or numbers are fewer than their names (1 and 1.0)."""
        import pyarrow
        from pyarrow import compute

        values = self.table[column]
        if pyarrow.types.is_boolean(values.type):
            return None
        if is_text(values.type) and not compute.all(compute.match_substring_regex(values, PLAIN_NUMBER)).as_py():
            return None
        try:
            labels = values.cast(pyarrow.int64()).to_numpy()
        except (pyarrow.ArrowInvalid, pyarrow.ArrowNotImplementedError):
            labels = self.read_as_numbers(column)
        if pyarrow.types.is_temporal(values.type) or np.isnan(labels).any():
            return None
        return labels if len(np.unique(labels)) == len(values.unique()) else None

    def raw(self, column: str, row: int) -> Any:
        """A value as the file has it."""
        return self.table[column][row].as_py()

    def place(self, row: int) -> str:
        """Where in the file a row of the table is."""
        return self.file.place(row if self.rows is None else int(self.rows[row]))

    def refuse(self, column: str, bad: np.ndarray, why: str, hint: str | None = None) -> None:
        """Raise an InputError if any row is bad."""
        refuse_rows(bad, partial(self.refusal, column, why, hint))

    def refusal(self, column: str, why: str, hint: str | None, row: int, count: int) -> InputError:
        """What is said of bad rows, the first of them and how many."""
        raw = self.raw(column, row)
        shown = "" if _missing(raw) else f" ({raw:.6g})" if isinstance(raw, float) else f" ('{raw}')"
        more = " or more" if self.file.in_parts else ""
        many = f"{count:,}{more} values are {why}, the first in" if count > 1 else f"a value is {why}, in"
        what = f"{many} {self.place(row)}{shown}."
        return InputError(what, where=f"{self.file.path}, column '{column}'", hint=hint)


def _as_number(text: str) -> str:
    """What to write in place of a text that is not a number."""
    if text.endswith("%"):
        return "Write 0.5 for 50%."
    if "," in text:
        return "Write decimals with a point, and no mark between thousands."
    return "Write a number without a unit, or true or false."


def _missing(raw: Any) -> bool:
    return raw is None or raw != raw or str(raw).strip().lower() in MISSING
