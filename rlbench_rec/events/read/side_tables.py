"""Side tables: what is known of an item, category or slate beside the log, as of each event where it changes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from ...sql import parquet_rows, quote_path, quote_text, single_value
from ..archives.compressed import archive_of, files_like
from ..cards.card import DatasetCard
from ..cards.find import LocatedCard
from ..cards.shape import Lookup
from ..dialects import DIALECTS
from ..dialects.rows import RawRows, all_names
from .casts import SQL_TYPES, by_card, cast, holds, text_of
from .time_casts import not_a_time
from .typed_rows import Staging, in_order

if TYPE_CHECKING:
    import duckdb

OURS = {"item": "item_id", "category": "category", "slate": "slate_id", "session": "session_id"}
"""What a key is called in the card, and in an EventLog."""
SideFiles = list[tuple[Lookup, list[Path]]]
"""Side tables with their files."""


@dataclass(frozen=True)
class LookupTable:
    """A side table, read.

    Attributes:
        lookup: what the card says of it.
        path: Parquet with `value`, a column `key_<name>` for each part of the key and, where it changes in time,
            `moment`; a row for each key (and time).
        account: rows `read` = `taken` + `other` (the card's `where` does not hold) + `repeated` (a later row has the
            same key) + `malformed`.
    """

    lookup: Lookup
    path: Path
    account: dict[str, int]

    def joined(self, rows: str) -> str:
        """SELECT of the rows with one more column, or another value in one; none is added or lost."""
        into, keys = self.lookup.into, self.lookup.key
        on = [f"log.{OURS[name]} = side.key_{name}" for name in keys]
        join = "LEFT JOIN"
        if self.lookup.as_of:
            join = "ASOF LEFT JOIN"
            on.append("log.timestamp >= side.moment")
        if into == "event":
            known = f"side.key_{next(iter(keys))} IS NOT NULL"
            columns = f"log.* REPLACE (CASE WHEN {known} THEN {quote_text(self.lookup.event)} ELSE event END AS event)"
        elif into in ("category", "price"):
            columns = f"log.* REPLACE (coalesce(side.value, {into}) AS {into})"
        else:
            columns = f"log.*, side.value AS {into}"
        side = parquet_rows([self.path])
        return f"SELECT {columns} FROM ({rows}) AS log {join} {side} AS side ON {' AND '.join(on)}"


def find_tables(located: LocatedCard, files: list[Path]) -> SideFiles:
    """The side tables of a card that lie in a folder, or an archive, of the log's files, each with its files."""
    boxes = dict.fromkeys(filter(None, map(archive_of, files)))
    folders = dict.fromkeys((archive_of(file) or file).parent for file in files)
    tables = []
    for lookup in located.card.lookups:
        # A table may lie in the archive of the log, or in one of its own beside it.
        if paths := _like(boxes, lookup.pattern) or _like(folders, lookup.pattern):
            tables.append((lookup, paths))
    return tables


def _like(places: Iterable[Path], pattern: str) -> list[Path]:
    return sorted({path for place in places for path in files_like(place, [pattern])})


def read_tables(
    connection: duckdb.DuckDBPyConnection, card: DatasetCard, tables: SideFiles, scratch: Path
) -> list[LookupTable]:
    """Read side tables; those that share their files are read in one pass.

    Raises:
        InputError: an empty file, or a table without a column that the card names.
    """
    made: dict[int, LookupTable] = {}
    numbered = sorted(enumerate(tables), key=lambda table: (table[1][1], table[0]))
    for files, group in groupby(numbered, key=lambda table: table[1][1]):
        shared = [(number, lookup) for number, (lookup, _) in group]
        made |= _read(connection, card, files, shared, scratch)
    return [made[number] for number in sorted(made)]


def with_lookups(staging: Staging, tables: list[LookupTable]) -> Staging:
    """The columns of a log with those that side tables add."""
    return replace(staging, columns=in_order([*staging.columns, *(table.lookup.into for table in tables)]))


def _read(
    connection: duckdb.DuckDBPyConnection,
    card: DatasetCard,
    files: list[Path],
    lookups: list[tuple[int, Lookup]],
    scratch: Path,
) -> dict[int, LookupTable]:
    raw = _rows(connection, card, files, lookups[0][1])
    wanted = {number: holds(raw, lookup.where, card) for number, lookup in lookups}
    columns = {name: f"c{i}" for i, name in enumerate(dict.fromkeys(n for _, k in lookups for n in _columns(k)))}
    # Every row, so that all can be counted, but the text only of those that a lookup wants.
    any_wanted = " OR ".join(wanted.values())
    texts = ", ".join(f"CASE WHEN {any_wanted} THEN {text_of(raw, n, card)} END AS {c}" for n, c in columns.items())
    wants = ", ".join(f"{condition} AS wanted_{number}" for number, condition in wanted.items())
    path = scratch / f"side-{lookups[0][0]}.parquet"
    connection.execute(
        f"COPY (SELECT file, line, {raw.well_formed} AS sound, {wants}, {texts} FROM {raw.relation}) "
        f"TO {quote_path(path)} (FORMAT parquet, COMPRESSION lz4_raw)"
    )
    rows = parquet_rows([path])
    return {number: _one(connection, card, lookup, number, columns, rows, scratch) for number, lookup in lookups}


def _one(
    connection: duckdb.DuckDBPyConnection,
    card: DatasetCard,
    lookup: Lookup,
    number: int,
    columns: dict[str, str],
    rows: str,
    scratch: Path,
) -> LookupTable:
    types = card.id_types
    kinds = {"category": types.category, "parent_category": types.category, "available": "int64", "price": "number"}
    made = {f"key_{ours}": cast(columns[name], getattr(types, ours), card) for ours, name in lookup.key.items()}
    place = ", ".join(made)
    bad = [f"{name} IS NULL" for name in made]
    if lookup.as_of:
        made["moment"] = cast(columns[lookup.as_of], "time", card)
        place = f"{place}, moment"
        bad.append(not_a_time("moment", card))
    if lookup.value:
        made["value"] = cast(columns[lookup.value], kinds[lookup.into], card)
    else:
        made["value"] = f"CAST(NULL AS {SQL_TYPES['string']})"
    selected = ", ".join(f"{expression} AS {name}" for name, expression in made.items())
    if lookup.value:
        bad.append(f"({columns[lookup.value]} IS NOT NULL AND value IS NULL)")
    judged = (
        f"SELECT *, CASE WHEN NOT sound THEN 'malformed' WHEN NOT wanted_{number} THEN 'other' "
        f"WHEN {' OR '.join(bad)} THEN 'malformed' ELSE 'sound' END AS verdict FROM (SELECT *, {selected} FROM {rows})"
    )
    counted = dict(connection.execute(f"SELECT verdict, count(*) FROM ({judged}) GROUP BY verdict").fetchall())
    path = scratch / f"lookup-{number}.parquet"
    copied = connection.execute(
        f"COPY (SELECT {', '.join(made)} FROM ({judged}) WHERE verdict = 'sound' "
        f"QUALIFY row_number() OVER (PARTITION BY {place} ORDER BY file DESC, line DESC) = 1) "
        f"TO {quote_path(path)} (FORMAT parquet, COMPRESSION lz4_raw)"
    )
    taken = single_value(copied)
    account = {
        "read": sum(counted.values()),
        "taken": taken,
        "other": counted.get("other", 0),
        "repeated": counted.get("sound", 0) - taken,
        "malformed": counted.get("malformed", 0),
    }
    return LookupTable(lookup, path, account)


def _rows(connection: duckdb.DuckDBPyConnection, card: DatasetCard, files: list[Path], lookup: Lookup) -> RawRows:
    shape = {"dialect": "delimited", "header": True, "delimiter": lookup.delimiter or card.delimiter, "lists": None}
    # What stands before the log's header, and its names, are not the table's.
    own_card, dialect = card.model_copy(update={**shape, "skip_lines": 0, "names": []}), DIALECTS["delimited"]
    names = all_names(dialect.names(files, own_card))
    raw = dialect.rows(connection, files, own_card, names)
    return replace(raw, names=by_card(raw.names, card))


def _columns(lookup: Lookup) -> list[str]:
    return [*lookup.key.values(), *filter(None, (lookup.as_of, lookup.value))]
