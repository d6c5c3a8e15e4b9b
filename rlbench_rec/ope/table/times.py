"""Times in a column of a table: their order, exactly, and the day on which each falls."""

from __future__ import annotations

import datetime
import re
import zoneinfo
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

import numpy as np

from ...errors import InputError

if TYPE_CHECKING:
    import pandas
    import pyarrow

CLOCK = re.compile(r"[Tt ]\d[\d:.,]*\s*(?P<offset>[Zz]|[+-]\d\d(?::?\d\d)?)?$")
"""A time of day at the end of an ISO 8601 time, with its offset; the day of `2025-03-01` is none."""


def exact_order(column: pyarrow.ChunkedArray) -> tuple[np.ndarray, np.ndarray]:
    """(n,) numbers that sort as a column without gaps does, and (n,) which of its values are neither number nor time.

    Whole numbers stay as they are, so that nanoseconds stay apart, and times in their own unit; text that is more than
    whole numbers becomes ranks.
    """
    import pyarrow

    kind, fine = column.type, np.zeros(len(column), dtype=bool)
    if pyarrow.types.is_temporal(kind):
        whole = pyarrow.int32() if kind.bit_width == 32 else pyarrow.int64()
        return column.cast(whole).to_numpy(), fine
    if pyarrow.types.is_integer(kind):
        return column.to_numpy(), fine
    if pyarrow.types.is_floating(kind):
        return column.to_numpy(), ~np.isfinite(column.to_numpy())
    try:
        return column.cast(pyarrow.int64()).to_numpy(), fine
    except (pyarrow.ArrowInvalid, pyarrow.ArrowNotImplementedError):
        codes = column.combine_chunks().dictionary_encode()
        ranks, bad = _ranks(codes.dictionary.to_pylist())
        at = codes.indices.to_numpy()
        return ranks[at], bad[at]


def _ranks(spelled: list) -> tuple[np.ndarray, np.ndarray]:
    """Ranks of values as numbers, or where none is one as times, and which of them are bad."""
    numbers = [_decimal(one) for one in spelled]
    if all(one is None for one in numbers):
        times = _instants(spelled)
        numbers = [None if gone else time for gone, time in zip(times.isna(), times, strict=True)]
    known = sorted({one for one in numbers if one is not None})
    ranks = {number: rank for rank, number in enumerate(known)}
    return np.array([ranks.get(one, -1) for one in numbers]), np.array([one is None for one in numbers])


def _decimal(text: object) -> Decimal | None:
    try:
        number = Decimal(str(text))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _instants(spelled: list) -> pandas.Series:
    """datetime64 of ISO 8601 times in UTC, those without an offset as they stand; NaT for anything else."""
    import pandas as pd

    found = pd.to_datetime(pd.Series(spelled, dtype=object), format="ISO8601", utc=True, errors="coerce")
    return found.dt.tz_convert(None)


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
        InputError: an unknown time zone, or one for dates, whose hour nobody knows.
    """
    import pyarrow

    kind = column.type
    values = column.combine_chunks().dictionary_encode()
    codes, spelled = values.indices.to_numpy(), values.dictionary.to_pylist()
    if pyarrow.types.is_timestamp(kind):
        instants = values.dictionary.cast(pyarrow.timestamp(kind.unit)).to_pandas()
        offsets = [kind.tz] * len(spelled)
        dates = False
    elif pyarrow.types.is_date(kind) or pyarrow.types.is_string(kind) or pyarrow.types.is_large_string(kind):
        instants = _instants(spelled)
        clocks = [CLOCK.search(str(one)) for one in spelled]
        offsets = [clock and clock["offset"] for clock in clocks]
        dates = not any(clocks)
    else:
        return None
    if instants.isna().any():
        return None
    if dates and timezone:
        raise InputError("These are dates, which no time zone moves.", where=where, hint="Leave out --timezone.")
    if timezone:
        local, clock = _by_zone(instants, [timezone] * len(spelled)), f"by the clock of {timezone}"
        clock += "" if all(offsets) else "; times without an offset are taken as UTC"
    else:
        local, clock = _by_zone(instants, offsets), "" if dates else _in_words(offsets)
    return Days(local.dt.strftime("%Y-%m-%d").to_numpy(dtype=str)[codes], clock)


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


def _by_zone(instants: pandas.Series, zones: list[str | None]) -> pandas.Series:
    """What the clock shows at each instant in its own zone; None: the instant is what it shows."""
    import pandas as pd

    names = np.array([one or "" for one in zones])
    shown = instants.copy()
    for name in np.unique(names[names != ""]).tolist():
        own = names == name
        shown[own] = pd.DatetimeIndex(instants[own]).tz_localize("UTC").tz_convert(zone(name)).tz_localize(None)
    return shown


def _in_words(offsets: list[str | None]) -> str:
    names = sorted({"UTC" if one in ("Z", "z", "+00:00", "+0000", "+00", "-00:00") else one for one in offsets if one})
    if not names:
        return "as written: its times have no offset"
    if names == ["UTC"]:
        return "of UTC, as its times are; --timezone Europe/Berlin, say, goes by another clock"
    return f"by the clock of its own times ({', '.join(names[:5])}{', …' if len(names) > 5 else ''})"
