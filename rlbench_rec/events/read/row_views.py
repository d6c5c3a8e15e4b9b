"""Every raw row, typed, with a reason where it is set aside: the views `typed` (all rows), `kept` and `aside`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import InputError
from ...sql import parquet_rows, quote_name, quote_path, quote_text, single_value
from ..cards.card import DatasetCard
from ..cards.find import LocatedCard
from ..dialects.rows import NOT_DECODED, OTHER_ENCODING, RawRows
from ..load_report import LoadReport
from .side_tables import LookupTable
from .typed_rows import REASONS, Staging

if TYPE_CHECKING:
    import duckdb


PROPENSITY = {
    "probability": "it must lie in (0, 1]",
    "log": "as a logarithm it must be 0 or below",
    "percent": "in percent it must lie in (0, 100]",
    "inverse": "as 1 divided by the probability it must be 1 or more",
}
"""What a logged propensity must be, by how the card says that it is written."""


_IDLE: dict[int, list[duckdb.DuckDBPyConnection]] = {}
"""Process -> databases that wait for the next log; their threads are not there in a forked process."""


@contextmanager
def connected(scratch: Path, memory_limit: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that keeps to its memory and spills the rest into `scratch`.

    What is made on it is temporary and ends with it. Its database then serves the next: to make one takes longer than
    to read a small log. After an error it does not.
    """
    import duckdb

    scratch.mkdir(parents=True, exist_ok=True)
    spill, idle = scratch / "spill", _IDLE.setdefault(os.getpid(), [])
    try:
        database = idle.pop()
    except IndexError:
        database = duckdb.connect()
    serves_again = False
    try:
        with database.cursor() as connection:
            connection.execute(f"SET memory_limit = {quote_text(memory_limit)}")
            connection.execute(f"SET temp_directory = {quote_path(spill)}")
            connection.execute("SET TimeZone = 'UTC'")
            # Its bar would go to stdout, where results go.
            connection.execute("SET enable_progress_bar = false")
            yield connection
        # One that has spilled keeps to that folder.
        serves_again = not spill.exists()
    finally:
        idle.append(database) if serves_again else database.close()


def fill(connection: duckdb.DuckDBPyConnection, staging: Staging, card: DatasetCard, path: Path, first: int) -> None:
    """Write typed rows into a file, of which `judge` makes the views.

    Args:
        connection: holds the raw rows.
        staging: how to type them.
        card: the data set's.
        path: the Parquet file.
        first: the number of the first file among all files of the log.
    """
    columns = ", ".join(
        f"CAST(file + {first} AS INTEGER) AS file" if n == "file" else quote_name(n) for n in staging.typed
    )
    # The raw text is as large as the log: it is kept for rows set aside alone, and its hash where duplicates count.
    hashed = ", hash(text) AS text_hash" if card.deduplicate else ""
    # A file and not a table: a table must fit into the memory that sorting needs, or is written out and read back.
    # Not packed, which would take longer than all the casts.
    connection.execute(
        f"COPY (SELECT {columns}, CASE WHEN reason IS NOT NULL THEN text END AS text, reason{hashed} "
        f"FROM ({staging.select})) TO {quote_path(path)} (FORMAT parquet, COMPRESSION uncompressed)"
    )


def typed_rows(paths: list[Path]) -> str:
    """SQL to select the typed rows in some files from; columns that some of them lack are NULL there."""
    return parquet_rows(paths, "union_by_name = true")


def judge(
    connection: duckdb.DuckDBPyConnection, typed: str, staging: Staging, lookups: list[LookupTable] | None = None
) -> None:
    """Make the views over `typed`, a relation with the columns above, with no duplicates yet."""
    connection.execute(f"CREATE TEMP VIEW typed AS SELECT * FROM {typed}")
    connection.execute("CREATE TEMP TABLE duplicates (file INTEGER, line BIGINT, text VARCHAR)")
    kept = "SELECT * FROM typed ANTI JOIN duplicates USING (file, line) WHERE reason IS NULL"
    if staging.relative:
        # The first event of a session has its true day; later ones can seem to begin a day late, never early.
        begun = "min(timestamp) OVER (PARTITION BY session_id)"
        kept = f"SELECT * EXCLUDE (since_start) REPLACE ({begun} + since_start AS timestamp) FROM ({kept})"
    for lookup in lookups or ():
        kept = lookup.joined(kept)
    connection.execute(f"CREATE TEMP VIEW kept AS {kept}")
    connection.execute(
        "CREATE TEMP VIEW aside AS SELECT file, line, reason, text FROM typed WHERE reason IS NOT NULL "
        "UNION ALL SELECT file, line, 'duplicate', text FROM duplicates"
    )


def set_duplicates_aside(connection: duckdb.DuckDBPyConnection, raw: RawRows, first: int) -> None:
    """Rows of one part whose hash occurs twice are read again, from `raw`, and compared as text."""
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE twice AS SELECT file, line FROM typed WHERE reason IS NULL AND text_hash IN "
        "(SELECT text_hash FROM typed WHERE reason IS NULL GROUP BY text_hash HAVING count(*) > 1)"
    )
    if not single_value(connection.execute("SELECT count(*) FROM twice")):
        return
    # The number of lines of a stream is not known beforehand; DuckDB would expect few and hold them all in memory.
    connection.execute("SET disabled_optimizers = 'join_order,build_side_probe_side'")
    connection.execute(
        f"INSERT INTO duplicates SELECT file, line, text "
        f"FROM (SELECT CAST(file + {first} AS INTEGER) AS file, line, text FROM {raw.relation}) "
        "JOIN twice USING (file, line) QUALIFY row_number() OVER (PARTITION BY text ORDER BY file, line) > 1"
    )
    connection.execute("RESET disabled_optimizers")


def check_propensities(connection: duckdb.DuckDBPyConnection, located: LocatedCard, files: list[Path]) -> None:
    """Raise an InputError that names file and line where a logged propensity lies outside (0, 1], or where what should
    be the probabilities of all items is not a list of that many numbers."""
    columns, form = located.card.columns, located.card.propensity_form
    if columns.probabilities is not None:
        size, numbers = "len(probabilities)", "list_aggregate(probabilities, 'count')"
        shown = f"coalesce('a list of ' || {size} || ' with ' || {numbers} || ' numbers', 'no list of numbers')"
        wrong = f"{size} IS DISTINCT FROM {located.items} OR {numbers} < {size}"
        if row := _first(connection, shown, wrong):
            what = f"This is {row[2]}; one number is needed for each of {located.items} items."
            raise _wrong_propensity(what, row, files, columns.probabilities)
    column = columns.propensity or columns.probabilities
    if column is None:
        return
    text = "propensity" if form == "probability" else "propensity_text"
    if row := _first(connection, text, "propensity IS NULL OR propensity <= 0 OR propensity > 1"):
        what = "not a number" if row[2] is None else str(row[2])[:80]
        raise _wrong_propensity(f"The propensity is {what}; {PROPENSITY[form]}.", row, files, column)


def _first(connection: duckdb.DuckDBPyConnection, shown: str, wrong: str) -> tuple[int, int, object] | None:
    """File, line and what to show of the first kept row for which a condition holds."""
    sql = f"SELECT file, line, {shown} FROM kept WHERE ({wrong}) ORDER BY file, line LIMIT 1"
    row: tuple[int, int, object] | None = connection.execute(sql).fetchone()
    return row


def _wrong_propensity(what: str, row: tuple[int, int, object], files: list[Path], column: str) -> InputError:
    # Not set aside: leaving out exposures by their propensity would bias every estimate.
    hint = "Fix the log; leaving such rows out would bias every estimate."
    return InputError(what, where=f"{files[row[0]]}:{row[1]}: column '{column}'", hint=hint)


def counts(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Reason -> rows; "" stands for the rows kept."""
    reasons = "SELECT '' AS reason FROM kept UNION ALL SELECT reason FROM aside"
    return dict(connection.execute(f"SELECT reason, count(*) FROM ({reasons}) GROUP BY reason").fetchall())


def account(
    counted: dict[str, int], quarantine: Path, files: list[Path], tables: list[LookupTable] | None = None
) -> LoadReport:
    """The report of a log.

    Raises:
        InputError: no row is left; shows the first row set aside.
    """
    import pyarrow.parquet as pq

    set_aside = {reason: counted[reason] for reason in REASONS if reason in counted}
    lookups: dict[str, dict[str, int]] = {table.lookup.into: table.account for table in tables or ()}
    report = LoadReport(sum(counted.values()), counted.get("", 0), set_aside, lookups)
    if report.rows_kept == 0:
        why = ", ".join(f"{count} {reason}" for reason, count in set_aside.items()) or "there are none"
        first = next(iter(pq.read_table(quarantine, columns=["line", "text"]).slice(0, 1).to_pylist()), None)
        example = f" The first, line {first['line']}, is: {first['text'][:80]!r}." if first and first["text"] else ""
        hint = OTHER_ENCODING if NOT_DECODED in example else "Is it the right card?"
        raise InputError(f"No row can be used: {why}.{example}", where=str(files[0]), hint=hint)
    return report


def file_names(files: list[Path]) -> list[str]:
    """What files are called in quarantine.parquet: their names or, where two have one name, their paths below the
    folder that they share."""
    names = [file.name for file in files]
    if len(set(names)) == len(names):
        return names
    shared = os.path.commonpath([file.parent for file in files])
    return [file.relative_to(shared).as_posix() for file in files]


def quarantine_sql(files: list[Path]) -> str:
    """SELECT of quarantine.parquet."""
    names = ", ".join(map(quote_text, file_names(files)))
    return f"SELECT [{names}][file + 1] AS file, line, reason, text FROM aside ORDER BY aside.file, line"


def write(connection: duckdb.DuckDBPyConnection, sql: str, path: Path, scratch: Path) -> None:
    """A query's rows as Parquet; the file appears whole or not at all."""
    part = scratch / path.name
    connection.execute(f"COPY ({sql}) TO {quote_path(part)} (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)")
    os.replace(part, path)
