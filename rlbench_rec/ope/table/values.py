"""The values of a column, checked: a refusal names the file, the column and the first bad row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import InputError
from .file import TableFile

if TYPE_CHECKING:
    import pyarrow

ROUNDING = 1e-6
"""A probability in single precision may end so far above 1; it is 1."""
WORDS = {"true": 1.0, "false": 0.0, "yes": 1.0, "no": 0.0}
MISSING = ("", "na", "n/a", "nan", "null", "none")


@dataclass(frozen=True)
class Values:
    """The columns that were read.

    Args:
        file: where they come from.
        table: what was read of it.
    """

    file: TableFile
    table: pyarrow.Table

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
        if bad.any():
            raw = self.raw(column, int(np.argmax(bad)))
            comma = isinstance(raw, str) and raw.count(",") == 1
            hint = "Write decimals with a point." if comma else if_missing if _missing(raw) else None
            self.refuse(column, bad, "missing or no finite number", hint)
        return values

    def read_as_numbers(self, column: str) -> np.ndarray:
        """(n,) float64; NaN where a value is none."""
        import pyarrow

        values = self.table[column]
        try:
            # A decimal or a large integer may lose digits: all is computed in float64.
            return values.cast(pyarrow.float64(), safe=False).to_numpy()
        except (pyarrow.ArrowInvalid, pyarrow.ArrowNotImplementedError):
            import pandas as pd

            spelled = values.to_pandas().astype(object).map(lambda one: WORDS.get(str(one).strip().lower(), one))
            return pd.to_numeric(spelled, errors="coerce").to_numpy(np.float64, na_value=np.nan)

    def chances(self, column: str, *, positive: bool = False) -> np.ndarray:
        """(n,) probabilities, in (0, 1] if they must be positive.

        Raises:
            InputError: a value that is none.
        """
        values = self.numbers(column)
        values = np.where((values > 1) & (values <= 1 + ROUNDING), 1.0, values)
        low, high = values.min(), values.max()
        hint = None
        if high <= 0 > low:
            hint = "They look like logarithms: give exp of them."
        elif 1 < high <= 100 and low >= 0:
            hint = "Percent must be divided by 100; a density of prices or bids is no probability."
        elif low == 0:
            hint = "What has probability 0 cannot have been logged: is it the probability of the *logged* action?"
        bad = (values < 0) | (values > 1) | (positive & (values == 0))
        self.refuse(column, bad, f"outside {'(' if positive else '['}0, 1]", hint)
        return values

    def ids(self, column: str) -> np.ndarray:
        """(n,) codes 0, 1, … in order of appearance.

        Raises:
            InputError: a value that is missing.
        """
        codes = self.table[column].combine_chunks().dictionary_encode().indices.fill_null(-1).to_numpy()
        self.refuse(column, codes < 0, "missing")
        return codes.astype(np.int64)

    def order(self, column: str) -> np.ndarray:
        """(n,) numbers, or times as nanoseconds.

        Raises:
            InputError: a value that is neither.
        """
        import pandas as pd

        values = self.read_as_numbers(column)
        if not np.isnan(values).all():
            return self.numbers(column)
        times = pd.to_datetime(self.table[column].to_pandas(), errors="coerce", format="ISO8601", utc=True)
        self.refuse(column, times.isna().to_numpy(), "neither a number nor a time")
        return times.dt.as_unit("ns").astype(np.int64).to_numpy()

    def feature(self, column: str, *, largest: int = 50) -> np.ndarray:
        """(n, k) float64 of what a model may learn from: numbers as they are, names one column each.

        Raises:
            InputError: a missing value, or more than `largest` names.
        """
        values = self.read_as_numbers(column)
        if not np.isnan(values).all():
            return self.numbers(column)[:, None]
        codes = self.ids(column)
        if codes.max() >= largest:
            what = f"{codes.max() + 1:,} different names; a feature may have {largest}."
            raise InputError(what, where=f"{self.file.path}, column '{column}'", hint="Group the rare ones.")
        return (codes[:, None] == np.arange(codes.max() + 1)).astype(np.float64)

    def slices(self, column: str, *, most: int = 400) -> tuple[np.ndarray, int | None]:
        """(n,) labels to slice by, numbers or text; times become days, of which there are so many.

        Raises:
            InputError: a missing value, or more than `most` slices.
        """
        import pandas as pd
        import pyarrow

        given = self.table[column].to_pandas()
        self.refuse(column, given.isna().to_numpy(), "missing")
        temporal, days = pyarrow.types.is_temporal(self.table[column].type), None
        labels = np.full(len(given), np.nan) if temporal else self.read_as_numbers(column)
        if np.isnan(labels).any():
            times = pd.to_datetime(given, errors="coerce", format="ISO8601", utc=True)
            is_time = bool(times.notna().all())
            labels = (times.dt.strftime("%Y-%m-%d") if is_time else given.astype(str)).to_numpy(dtype=str)
            days = len(np.unique(labels)) if is_time else None
        count = len(np.unique(labels))
        if count > most:
            what = f"{count:,} different values; {most} slices are the most."
            raise InputError(what, where=f"{self.file.path}, column '{column}'", hint="Group them.")
        return labels, days

    def raw(self, column: str, row: int) -> Any:
        """A value as the file has it."""
        return self.table[column][row].as_py()

    def refuse(self, column: str, bad: np.ndarray, why: str, hint: str | None = None) -> None:
        """Raise an InputError if any row is bad."""
        if not bad.any():
            return
        row, count = int(np.argmax(bad)), int(np.count_nonzero(bad))
        raw = self.raw(column, row)
        shown = "" if _missing(raw) else f" ({raw:.6g})" if isinstance(raw, float) else f" ('{raw}')"
        many = f"{count:,} values are {why}, the first in" if count > 1 else f"a value is {why}, in"
        what = f"{many} {self.file.place(row)}{shown}."
        raise InputError(what, where=f"{self.file.path}, column '{column}'", hint=hint)


def _missing(raw: Any) -> bool:
    return raw is None or raw != raw or str(raw).strip().lower() in MISSING
