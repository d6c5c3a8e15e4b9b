"""How the times of a column are written: a unit of whole numbers, ISO 8601, or a format."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from .time_wrapping import unwrapped, wrapped, zones_of

FIRST = datetime(1995, 1, 1, tzinfo=UTC).timestamp()
"""No shop's log is older."""
DAY = 86_400
FIT = 0.95
"""Share of the texts that must fit."""
MOST_TEXTS = 3_000
"""Distinct texts that are tried, spread over all."""
UNITS = {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}
ISO = re.compile(r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d+)?)?)?( ?(Z|UTC|[+-]\d\d(:?\d\d)?))?")
OFFSET = re.compile(r".*\d ?(Z|UTC|GMT|[+-]\d\d(:?\d\d)?)")
CLOCK = re.compile(r"([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d([.,]\d+)?)?( ?[AaPp][Mm])?")
_NUMBER = re.compile(r"-?\d+(\.\d*)?([eE][+-]?\d+)?")
_COMPACT = {
    8: "%Y%m%d",
    10: "%Y%m%d%H",
    12: "%Y%m%d%H%M",
    14: "%Y%m%d%H%M%S",
    17: "%Y%m%d%H%M%S%f",
}
_ORDERS = (
    ("%Y", "%m", "%d"), ("%d", "%m", "%Y"), ("%m", "%d", "%Y"), ("%d", "%m", "%y"), ("%m", "%d", "%y"),
    ("%d", "%b", "%Y"), ("%d", "%b", "%y"), ("%d", "%B", "%Y"), ("%Y", "%b", "%d"), ("%b", "%d", "%Y"),
)  # fmt: skip
_DATES = (
    *(mark.join(order) for mark in "/.- " for order in _ORDERS),
    "%b %d, %Y", "%B %d, %Y", "%B %d %Y", "%d %b, %Y", "%a %b %d %Y", "%a, %d %b %Y", "%A, %B %d, %Y", "%Y%m%d",
    "%d%b%Y", "%d%b%y", "%Y年%m月%d日", "%y/%m/%d", "%y-%m-%d", "%y.%m.%d",
)  # fmt: skip
_SPLIT = re.compile(
    r"(?P<date>\d+\D\d+\D\d+日?|.*?\d{2,4})(?P<gap>T| at | um | à |, | - | +|:|_)"
    r"(?P<clock>\d{1,2}:\d\d(?::\d\d)?|T?\d{6}|\d{4}|\d{2})"
    r"(?P<fraction>[.,]\d{1,9})?(?P<half> ?[AaPp][Mm])?(?P<zone> ?(?:Z|UTC|GMT|[+-]\d\d:?\d\d))?"
)
_OTHER_CLOCK = re.compile(  # 10h30, 10.30.00, 10-30-00
    r"(?P<date>.+?)(?P<gap>T| um | à | - | +|_|-)\d{1,2}(?P<mark>[h.-])\d\d(?P<seconds>(?P=mark)\d\d)?"
    r"(?P<fraction>(?<=\d\d.\d\d)[.,]\d{1,9})?(?P<half> ?[AaPp][Mm])?"
)
_CLOCK_FIRST = re.compile(r"(?P<clock>\d{1,2}:\d\d(:\d\d)?)(?P<gap>, | - | +)(?P<date>.+)")
_YEAR_LAST = (
    "%a %b %d %H:%M:%S %Y", "%b %d %H:%M:%S %Y", "%a %b %d %H:%M:%S %z %Y", "%a %b %d %H:%M:%S UTC %Y",
    "%a %b %d %H:%M:%S GMT %Y", "%a %b %d %Y %H:%M:%S GMT%z",
)  # fmt: skip
"""Formats of programs: `date`, C's ctime, JavaScript."""


@dataclass(frozen=True)
class TimeForm:
    """One way to read the times of a column.

    Attributes:
        unit: `iso`, `s`, `ms`, `us`, `ns` or `excel`; "" where `formats` say it.
        formats: formats as of `strptime`, tried in order.
        first, last: the times between which they lie, in seconds since 1970.
        has_clock: whether a time of day is among them.
        has_offset: whether every time carries its zone, or is counted in UTC.
        decimal: the decimal mark of numbers.
        zones: time zones that a name behind the times may mean.
        reading: the same for formats that read all texts alike.
    """

    unit: str
    formats: tuple[str, ...] = ()
    first: float = 0.0
    last: float = 0.0
    has_clock: bool = True
    has_offset: bool = True
    decimal: str = "."
    zones: tuple[str, ...] = ()
    reading: int = 0

    @property
    def keys(self) -> dict[str, object]:
        """The keys of a card."""
        if self.unit:
            keys: dict[str, object] = {"time_unit": self.unit}
            return keys if self.decimal == "." else {**keys, "decimal": self.decimal}
        written: dict[str, object] = {"time_format": self.formats[0] if len(self.formats) == 1 else list(self.formats)}
        return written | ({"time_zone": self.zones[0]} if self.zones else {})

    @property
    def name(self) -> str:
        """As it stands in an answer."""
        return self.unit or (
            self.formats[0] if len(self.formats) == 1 else json.dumps(self.formats, ensure_ascii=False)
        )

    @property
    def is_plausible(self) -> bool:
        """Between 1995 and tomorrow."""
        return self.first >= FIRST and self.last <= time.time() + DAY

    @property
    def span(self) -> str:
        """From when to when."""
        return f"{day(self.first)} to {day(self.last)}"


def day(seconds: float) -> str:
    """The day of a time, as text."""
    try:
        return (datetime(1970, 1, 1) + timedelta(seconds=seconds)).strftime("%Y-%m-%d")
    except (OverflowError, ValueError):
        return "far off"


def time_forms(texts: Iterable[str], *, named: bool) -> list[TimeForm]:
    """Every way to read the texts as times, likeliest first: the plausible ones, or else those that fit at all.

    Args:
        texts: what stands in the column, without what is missing.
        named: whether the column's name says that it is a time; only then can small numbers be Excel's days.
    """
    distinct = list(dict.fromkeys(texts))
    distinct = distinct[:: max(len(distinct) // MOST_TEXTS, 1)]
    if not distinct:
        return []
    if all(re.fullmatch(r"\d+,\d+", text) for text in distinct):
        forms = time_forms([text.replace(",", ".") for text in distinct], named=named)
        return [replace(form, decimal=",") for form in forms]
    numeric = sum(_NUMBER.fullmatch(text) is not None for text in distinct) >= FIT * len(distinct)
    forms = _numbers(distinct, named) if numeric else _texts(distinct)
    plausible = [form for form in forms if form.is_plausible]
    return plausible or (forms if named else [])


def read_format(text: str, format: str) -> float | None:
    """Seconds since 1970 of a text in this format, or None."""
    try:
        at = datetime.strptime(text.replace(",", ".") if ".%f" in format else text, format)
    except ValueError:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def _numbers(texts: list[str], named: bool) -> list[TimeForm]:
    numbers = [float(text) for text in texts if _NUMBER.fullmatch(text)]
    whole = [text for text in texts if text.isdigit()]
    forms = []
    lengths = {len(text) for text in whole}
    if len(whole) == len(texts) and len(lengths) == 1 and (format := _COMPACT.get(lengths.pop())):
        compact = _form_of(texts, (format,))
        # A compact date among numbers that are no dates would be luck.
        if compact and compact.is_plausible:
            forms.append(compact)
    whole_seconds = _median(numbers)
    for unit, factor in UNITS.items():
        seconds = whole_seconds / factor
        if 0.25 * FIRST < seconds < 12 * FIRST and (unit in ("s", "ms", "us") or len(whole) == len(texts)):
            forms.append(TimeForm(unit, (), min(numbers) / factor, max(numbers) / factor))
    if named and all(34_700 <= number < 60_000 for number in numbers):
        first, last = ((number - 25_569) * DAY for number in (min(numbers), max(numbers)))
        has_clock = any(number % 1 for number in numbers)
        forms.append(TimeForm("excel", (), first, last, has_clock, False))
    return sorted(forms, key=lambda form: not form.is_plausible)


def _median(numbers: list[float]) -> float:
    return sorted(numbers)[len(numbers) // 2]


def _texts(texts: list[str]) -> list[TimeForm]:
    iso = [text for text in texts if ISO.fullmatch(text)]
    if len(iso) >= FIT * len(texts):
        seconds = [at for text in iso if (at := _read_iso(text)) is not None]
        if not seconds:
            return []
        clock = any(at % DAY for at in seconds)
        return [
            TimeForm("iso", (), min(seconds), max(seconds), clock, all(OFFSET.fullmatch(t) and ":" in t for t in iso))
        ]
    return _formatted(texts) or _wrapped(texts)


def _wrapped(texts: list[str]) -> list[TimeForm]:
    """Forms of texts that have more than a time in them."""
    groups = unwrapped(texts)
    if not groups:
        return []
    zones = zones_of([after for _, after in groups])
    return [
        replace(
            form,
            formats=tuple(wrapped(format, *around) for format in form.formats for around in groups),
            zones=zones,
            has_offset=form.has_offset or bool(zones),
        )
        for form in _formatted([text for times in groups.values() for text in times])
    ]


def _formatted(texts: list[str]) -> list[TimeForm]:
    forms = []
    for form in _candidates(texts[0]):
        if (fits := _form_of(texts, (form,))) is not None:
            forms.append(fits)
    if forms or len(texts) < 2:
        return _distinct(forms)
    # Several formats in one column: with seconds and without, say.
    for form in _candidates(texts[0]):
        rest = [text for text in texts if read_format(text, form) is None]
        if len(rest) == len(texts):
            continue
        for other in _candidates(rest[0]):
            if (fits := _form_of(texts, (form, other))) is not None:
                forms.append(fits)
    # In the wrong order of day and month, the days of one format lie far from those of the other.
    distinct = sorted(_distinct(forms), key=lambda form: (not form.is_plausible, form.last - form.first))
    if len(distinct) > 1 and 2 * (distinct[0].last - distinct[0].first) < distinct[1].last - distinct[1].first:
        return distinct[:1]
    return distinct[:2]


def _read_iso(text: str) -> float | None:
    closed = re.sub(r" ?(UTC|Z)$", "+00:00", text)
    closed = re.sub(r" ?([+-]\d\d)(\d\d)?$", lambda m: f"{m[1]}:{m[2] or '00'}", closed) if ":" in closed else closed
    closed = re.sub(r"(\.\d{6})\d+", r"\1", closed)
    try:
        at = datetime.fromisoformat(closed)
    except ValueError:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def _candidates(text: str) -> list[str]:
    """Formats that read this text."""
    tails = [("", text)]
    if (match := _SPLIT.fullmatch(text)) and not _is_cut(match["clock"], match["fraction"]):
        half, fraction, zone = match["half"] or "", match["fraction"] or "", match["zone"] or ""
        clock, hour = match["clock"], "%I" if half else "%H"
        if ":" in clock:
            format = f"{hour}:%M" + (":%S" if clock.count(":") == 2 else "")
        else:
            format = "T" * clock.startswith("T") + {6: "%H%M%S", 4: "%H%M", 2: "%H"}[len(clock.lstrip("T"))]
        format += f"{fraction[0]}%f" if fraction else ""
        format += " %p" if half.startswith(" ") else "%p" if half else ""
        if zone.strip() in ("UTC", "GMT", "Z"):
            format += zone
        elif zone:
            format += " %z" if zone.startswith(" ") else "%z"
        tails.append((match["gap"] + format, match["date"]))
    if match := _OTHER_CLOCK.fullmatch(text):
        mark, fraction = match["mark"], match["fraction"] or ""
        half = match["half"] or ""
        clock = f"{'%I' if half else '%H'}{mark}%M" + f"{mark}%S" * bool(match["seconds"])
        clock += (f"{fraction[0]}%f" if fraction else "") + (" %p" if half.startswith(" ") else "%p" if half else "")
        tails.append((match["gap"] + clock, match["date"]))
    formats = []
    for tail, date in tails:
        formats += [each + tail for each in _DATES if read_format(date, each) is not None]
    if match := _CLOCK_FIRST.fullmatch(text):
        clock = "%H:%M:%S" if match["clock"].count(":") == 2 else "%H:%M"
        formats += [clock + match["gap"] + each for each in _DATES if read_format(match["date"], each) is not None]
    formats += _YEAR_LAST
    return [format for format in formats if read_format(text, format) is not None]


def _is_cut(clock: str, fraction: str | None) -> bool:
    """Whether decimals stand behind hours or minutes: 10.30 is a clock, and not a part of an hour."""
    return bool(fraction) and clock.count(":") < 2 and len(clock.lstrip("T")) < 6


def _form_of(texts: list[str], formats: tuple[str, ...]) -> TimeForm | None:
    seconds = []
    for text in texts:
        at = next((at for format in formats if (at := read_format(text, format)) is not None), None)
        if at is not None:
            seconds.append(at)
    if len(seconds) < FIT * len(texts):
        return None
    joined = " ".join(formats)
    offset = all("%z" in format or format.endswith("Z") or "UTC" in format or "GMT" in format for format in formats)
    clock = ("%H" in joined or "%I" in joined) and any(at % DAY for at in seconds)
    return TimeForm("", formats, min(seconds), max(seconds), clock, offset, reading=hash(tuple(seconds)))


def _distinct(forms: list[TimeForm]) -> list[TimeForm]:
    """One form for each meaning: `%B` and `%b` of May are the same times."""
    kept: dict[int, TimeForm] = {}
    for form in sorted(forms, key=lambda form: not form.is_plausible):
        kept.setdefault(form.reading, form)
    # Nobody writes the year first in two digits, or the month first with points, where the day may come first.
    rare = ("%y", "%m.")
    usual = [form for form in kept.values() if not form.formats[0].startswith(rare)]
    return usual or list(kept.values())
