"""The hour that comes twice when clocks are put back: a local time in it says one of two instants."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from ...sql import parquet_rows
from ..cards.card import DatasetCard
from ..cards.time_format import parse_time_format

if TYPE_CHECKING:
    import duckdb

DAY = timedelta(days=1)
EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


def has_local_times(card: DatasetCard) -> bool:
    """Whether times without an offset are read in a zone other than UTC."""
    if card.time_zone == "UTC" or not card.has_clock:
        return False
    if card.time_format is None:
        return card.time_unit in ("iso", "excel")
    formats = [card.time_format] if isinstance(card.time_format, str) else card.time_format
    return not all(form.zoned or form.utc for form in map(parse_time_format, formats))


def times_in_repeated_hours(connection: duckdb.DuckDBPyConnection, card: DatasetCard, events: Path) -> int:
    """How many times lie in an hour that came twice, and were read as its second pass.

    Args:
        connection: any.
        card: one that `has_local_times`.
        events: the rows of the EventLog.
    """
    rows = parquet_rows([events])
    limits = connection.execute(f"SELECT min(timestamp), max(timestamp) FROM {rows}").fetchone()
    assert limits is not None, "an EventLog has rows"
    changes = list(clocks_put_back(ZoneInfo(card.time_zone), *limits))
    if not changes:
        return 0
    second = " OR ".join(f"(timestamp >= {at} AND timestamp < {at + length})" for at, length in changes)
    first = " OR ".join(f"(timestamp >= {at - length} AND timestamp < {at})" for at, length in changes)
    counts = connection.execute(f"SELECT count(*) FILTER ({second}), count(*) FILTER ({first}) FROM {rows}").fetchone()
    assert counts is not None, "a count is one row"
    # Local times are never read as the first pass: where some are, the log's times carry their offset.
    return 0 if counts[1] else counts[0]


def clocks_put_back(zone: ZoneInfo, first: int, last: int) -> Iterator[tuple[int, int]]:
    """When clocks were put back between two instants (of the years 1970 to 2100), and by how much; all milliseconds."""
    day, end = (min(max(_datetime(instant), EARLIEST), LATEST) for instant in (first, last))
    day -= DAY
    while day <= end:
        if _offset(zone, day + DAY) < _offset(zone, day):
            low, high = day, day + DAY
            while high - low > timedelta(seconds=1):
                middle = low + (high - low) // 2
                low, high = (middle, high) if _offset(zone, middle) == _offset(zone, day) else (low, middle)
            high = high.replace(microsecond=0)
            length = _offset(zone, day) - _offset(zone, day + DAY)
            yield int(high.timestamp()) * 1_000, int(length.total_seconds()) * 1_000
        day += DAY


def _offset(zone: ZoneInfo, instant: datetime) -> timedelta:
    offset = instant.astimezone(zone).utcoffset()
    assert offset is not None, "a zone has an offset at every instant"
    return offset


def _datetime(milliseconds: int) -> datetime:
    years_1_to_9999 = min(max(milliseconds, -62_135_596_800_000), 253_402_300_799_000)
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=years_1_to_9999)
