"""Times in a column of a table: their order, exactly, and the day on which each falls."""

from __future__ import annotations

import datetime
import re
import zoneinfo
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np

from ...errors import InputError

if TYPE_CHECKING:
    import pandas
    import pyarrow

SURE_DIGITS = 15
"""As many a float holds."""
CLOCK = r"[Tt ](?P<clock>\d[\d:.,]*)\s*(?P<offset>[Zz]|[+-]\d\d(?::?\d\d)?)?$"
"""A time of day at the end of an ISO 8601 time, with its offset; the day of `2025-03-01` is none."""

WHOLE_DATE = r"^\s*\d{4}-?\d\d-?\d\d"


def exact_order(column: pyarrow.ChunkedArray) -> tuple[np.ndarray, np.ndarray]:
    """(n,) numbers that sort as a column without gaps does, and (n,) which of its values are neither number nor time.

    Whole numbers stay as they are, so that nanoseconds stay apart, and times in their own unit; text that is more than
    whole numbers becomes ranks.
    """
    import pyarrow
    from pyarrow import compute

    kind, fine = column.type, np.zeros(len(column), dtype=bool)
    if pyarrow.types.is_temporal(kind):
        whole = pyarrow.int32() if kind.bit_width == 32 else pyarrow.int64()
        return column.cast(whole).to_numpy(), fine
    if pyarrow.types.is_integer(kind):
        return column.to_numpy(), fine
    if pyarrow.types.is_floating(kind):
        return column.to_numpy(), ~np.isfinite(column.to_numpy())
    column = compute.utf8_trim_whitespace(column) if is_text(kind) else column
    for whole in (pyarrow.int64(), pyarrow.float64()):
        try:
            numbers = column.cast(whole).to_numpy()
        except (pyarrow.ArrowInvalid, pyarrow.ArrowNotImplementedError):
            continue
        long = pyarrow.types.is_decimal(kind) or (is_text(kind) and _longest(column) > SURE_DIGITS)
        return (_ranks(column) if long and whole == pyarrow.float64() else numbers), ~np.isfinite(numbers)
    times = _instants(_utc_as_z(column).to_pandas() if is_text(kind) else column.to_pandas())
    if times.isna().all():
        import pandas as pd

        return np.zeros(len(column)), pd.to_numeric(column.to_pandas(), errors="coerce").isna().to_numpy()
    return times.to_numpy().astype(np.int64), times.isna().to_numpy()


def is_text(kind: pyarrow.DataType) -> bool:
    """Whether a column of this type holds text."""
    import pyarrow

    return pyarrow.types.is_string(kind) or pyarrow.types.is_large_string(kind)


def _utc_as_z(column: pyarrow.ChunkedArray) -> pyarrow.ChunkedArray:
    """Text of times, in which BigQuery writes `2025-03-01 10:00:00 UTC`."""
    from pyarrow import compute

    return compute.replace_substring_regex(column, r"(?i)(\d)\s*(?:UTC|GMT)\s*$", r"\1Z")


def _longest(column: pyarrow.ChunkedArray) -> int:
    from pyarrow import compute

    return compute.max(compute.utf8_length(column)).as_py()


def _ranks(column: pyarrow.ChunkedArray) -> np.ndarray:
    """(n,) ranks of numbers in text that has more digits than a float."""
    values = column.combine_chunks().dictionary_encode()
    numbers = [Decimal(text) for text in values.dictionary.to_pylist()]
    ranks = {number: rank for rank, number in enumerate(sorted({number for number in numbers if number.is_finite()}))}
    return np.array([ranks.get(number, -1) for number in numbers])[values.indices.to_numpy()]


def _instants(values: pandas.Series) -> pandas.Series:
    """datetime64 of ISO 8601 times in UTC, those without an offset as they stand; NaT for anything else."""
    import pandas as pd

    instants = pd.to_datetime(values.astype(object), format="ISO8601", utc=True, errors="coerce")
    return instants.dt.tz_convert(None)


@dataclass(frozen=True)
class Days:
    """The day on which each row falls.

    Attributes:
        labels: (n,) `2025-03-01`.
        clock: by which clock, in words; empty for dates, which need none.
    """

    labels: np.ndarray
    clock: str

    @property
    def count(self) -> int:
        """How many days these are."""
        return len(np.unique(self.labels))


def days(column: pyarrow.ChunkedArray, timezone: str | None, where: str) -> Days | None:
    """The days of a column of times; None where it holds something else.

    Args:
        column: without gaps: times or dates of Arrow, or ISO 8601 text.
        timezone: by whose clock: `Europe/Berlin`, `+02:00`; None: by the offset that each time has.
        where: the column, for errors.

    Raises:
        InputError: an unknown time zone, or one for dates, which have no hour.
    """
    import pyarrow
    from pyarrow import compute

    kind, zones = column.type, None
    if pyarrow.types.is_timestamp(kind):
        instants, dates = column.cast(pyarrow.timestamp(kind.unit)).to_pandas(), False
        zones = None if kind.tz is None else np.full(len(column), kind.tz)
    elif pyarrow.types.is_date(kind):
        instants, dates = column.cast(pyarrow.timestamp("s")).to_pandas(), True
    elif is_text(kind):
        if not compute.all(compute.match_substring_regex(column, WHOLE_DATE)).as_py():
            # Of a month or a year the first day is not meant.
            return None
        column = _utc_as_z(column)
        instants, clocks = _instants(column.to_pandas()), compute.extract_regex(column, CLOCK)
        dates, zones = clocks.null_count == len(column), _field(clocks, "offset")
    else:
        return None
    if instants.isna().any():
        return None
    if dates and timezone is not None:
        raise InputError("These are dates; a time zone does not move them.", where=where, hint="Leave out --timezone.")
    if zones is None:
        zones = np.full(len(column), "")
    if timezone is not None:
        clock = f"by the clock of {timezone}"
        clock += "" if (zones != "").all() else "; times without an offset are taken as UTC"
        shown = _shown(instants, np.full(len(column), timezone))
    else:
        shown, clock = _shown(instants, zones), "" if dates else _in_words(zones)
    each, codes = np.unique(shown.to_numpy().astype("datetime64[D]"), return_inverse=True)
    return Days(np.datetime_as_string(each)[codes], clock)


def _field(matches: pyarrow.ChunkedArray, name: str) -> np.ndarray:
    """(n,) the text of a named group of a pattern, empty where there is no match."""
    from pyarrow import compute

    return np.asarray(compute.struct_field(matches, name).fill_null("").to_pylist(), dtype=str)


def zone(name: str) -> datetime.tzinfo:
    """A time zone by its name, or by its offset: `+02:00`.

    Raises:
        InputError: there is none.
    """
    offset = re.fullmatch(r"(?:UTC)?([+-])(\d\d?)(?::?(\d\d))?", name)
    try:
        if offset:
            minutes = 60 * int(offset[2]) + int(offset[3] or 0)
            return datetime.timezone(datetime.timedelta(minutes=-minutes if offset[1] == "-" else minutes))
        return zoneinfo.ZoneInfo("UTC" if name.upper() in ("Z", "UTC") else name)
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError) as error:
        hint = "Write a name such as Europe/Berlin, or an offset such as +02:00."
        raise InputError(f"There is no time zone '{name}'.", where="--timezone", hint=hint) from error


def _shown(instants: pandas.Series, zones: np.ndarray) -> pandas.Series:
    """What a clock in each instant's zone shows; without a zone, the instant itself."""
    import pandas as pd

    shown = instants.copy()
    for name in np.unique(zones[zones != ""]).tolist():
        in_zone = zones == name
        shown[in_zone] = pd.DatetimeIndex(instants[in_zone]).tz_localize("UTC").tz_convert(zone(name)).tz_localize(None)
    return shown


def _in_words(zones: np.ndarray) -> str:
    utc = ("Z", "z", "+00:00", "+0000", "+00", "-00:00")
    names = sorted({"UTC" if name in utc else name for name in np.unique(zones[zones != ""]).tolist()})
    if not names:
        return "as written: its times have no offset"
    if names == ["UTC"]:
        return "of UTC, as its times are; --timezone Europe/Berlin, say, goes by another clock"
    return f"by the clock of its own times ({', '.join(names[:5])}{', …' if len(names) > 5 else ''})"
