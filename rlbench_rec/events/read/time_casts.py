"""Times as text -> int64 milliseconds since 1970 UTC, in SQL; what is not a time is NULL."""

from __future__ import annotations

from ...sql import quote_text
from ..cards.card import DatasetCard
from ..cards.time_format import TimeFormat, parse_time_format

FIRST_YEAR, LAST_YEAR = -30_610_224_000_000, 253_402_300_799_999
"""Milliseconds of the years 1000 to 9999: those of four digits."""
FACTORS = {"s": 1_000, "ms": 1, "excel": 86_400_000}
DIVISORS = {"us": 1_000, "ns": 1_000_000}
EXCEL_EPOCH = 25_569
"""Days from 1899-12-30 to 1970."""
DECIMAL = r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]{1,2})?"


def timestamp(text: str, card: DatasetCard) -> str:
    """A text as a time; see `DatasetCard.time_unit` and `time_format`."""
    if card.time_format is not None:
        formats = [card.time_format] if isinstance(card.time_format, str) else card.time_format
        casts = [_formatted(text, parse_time_format(each), card.time_zone) for each in formats]
        return f"coalesce({', '.join(casts)})" if len(casts) > 1 else casts[0]
    if card.time_unit == "iso":
        return _iso(text, card.time_zone)
    if card.decimal == ",":
        text = f"replace({text}, ',', '.')"
    if card.time_unit == "excel":
        return _excel(text, card.time_zone)
    return _since_1970(text, card.time_unit)


def not_a_time(column: str, card: DatasetCard) -> str:
    """SQL condition: a time that was read, but cannot be one. ISO years have four digits: DuckDB takes 01/10/19 for the
    year 1."""
    if card.time_format is not None or card.time_unit != "iso":
        return f"{column} IS NULL"
    return f"{column} IS NULL OR {column} NOT BETWEEN {FIRST_YEAR} AND {LAST_YEAR}"


def _since_1970(text: str, unit: str) -> str:
    # Bounded, so that a multiplication cannot overflow: the years 1 to 9999 need 12 digits of seconds.
    width = "1,19" if unit in DIVISORS else "1,15"
    whole = f"TRY_CAST({text} AS BIGINT)"
    if unit in DIVISORS:
        milliseconds = _divided(whole, DIVISORS[unit])
        exact = _divided(f"TRY_CAST(floor(TRY_CAST({text} AS DECIMAL(38, 12))) AS BIGINT)", DIVISORS[unit])
    else:
        factor = FACTORS[unit]
        milliseconds = f"{whole} * CAST({factor} AS BIGINT)"
        exact = _rounded(text, factor)
    return (
        f"CASE WHEN regexp_full_match({text}, '-?[0-9]{{{width}}}') THEN {milliseconds} "
        f"WHEN regexp_full_match({text}, {quote_text(DECIMAL)}) THEN {exact} END"
    )


def _divided(whole: str, divisor: int) -> str:
    # What is less than a millisecond is cut off. `//` cuts towards zero, which before 1970 would be later.
    return f"({whole} // {divisor} - CAST({whole} % {divisor} < 0 AS BIGINT))"


def _rounded(text: str, factor: int) -> str:
    # Through decimals, since a float of 1569924000.123 is not that number. Halves are rounded away from zero.
    return f"TRY_CAST(TRY_CAST({text} AS DECIMAL(28, 12)) * {factor} AS BIGINT)"


def _excel(text: str, zone: str) -> str:
    # Before day 61 Excel counts a 29 February 1900 that never was.
    days = f"TRY_CAST({text} AS DECIMAL(28, 12))"
    plausible = f"regexp_full_match({text}, {quote_text(DECIMAL)}) AND {days} >= 61 AND {days} < 2958466"
    since_1970 = f"TRY_CAST(({days} - {EXCEL_EPOCH}) * {FACTORS['excel']} AS BIGINT)"
    moment = since_1970 if zone == "UTC" else f"epoch_ms({_in_zone(f'make_timestamp_ms({since_1970})', zone)})"
    return f"CASE WHEN {plausible} THEN {moment} END"


def _formatted(text: str, form: TimeFormat, zone: str) -> str:
    whole = text
    if form.before_fraction:
        whole = f"regexp_replace({whole}, {quote_text(f'({form.before_fraction}[0-9]{{6}})[0-9]+')}, '\\1')"
    if form.padded is not None:
        before, after, width = form.padded
        groups = quote_text(f"^({before})([0-9]+)({after})$")
        extracted = [f"regexp_extract({whole}, {groups}, {group})" for group in (1, 2, 3)]
        whole = f"({extracted[0]} || lpad({extracted[1]}, {width}, '0') || {extracted[2]})"
    if form.zoned:
        whole = f"regexp_replace({whole}, '([0-9 ])Z', '\\1+00:00')"
    parsed = f"try_strptime({whole}, {quote_text(form.text)})"
    moment = parsed if form.zoned or form.utc else _in_zone(parsed, zone)
    return f"CASE WHEN regexp_full_match({text}, {quote_text(form.pattern)}) THEN epoch_ms({moment}) END"


def _in_zone(naive: str, zone: str) -> str:
    return naive if zone == "UTC" else f"timezone({quote_text(zone)}, {naive})"


def _iso(text: str, zone: str) -> str:
    naive = _in_zone(f"TRY_CAST({text} AS TIMESTAMP)", zone)
    # A cast to TIMESTAMP ignores whatever follows, PM and zone names too: it gets digits alone.
    is_naive = f"regexp_full_match({text}, '[0-9]{{4}}[-/][0-9]+[-/][0-9]+([T ][0-9:.]+)?')"
    # Some write a blank before the offset. Words like `epoch` are not times.
    closed = f"replace(replace({text}, ' +', '+'), ' -', '-')"
    aware = f"coalesce(TRY_CAST({text} AS TIMESTAMPTZ), TRY_CAST({closed} AS TIMESTAMPTZ))"
    # The usual form of a log in UTC, for which the plain cast, three times as fast, gives the same.
    is_utc = f"ends_with({text}, ' UTC') AND length({text}) = 23 AND {text}[17] = ':'"
    return (
        f"CASE WHEN {is_utc} THEN epoch_ms(TRY_CAST({text} AS TIMESTAMP)) WHEN {is_naive} THEN epoch_ms({naive}) "
        f"WHEN contains({text}, ':') THEN epoch_ms({aware}) END"
    )
