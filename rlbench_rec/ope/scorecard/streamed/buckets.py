"""A table of logged decisions dealt out to files, each with all rows of its users, sessions and decisions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import numpy as np

from ....errors import InputError, OutputError, RlbenchError
from ..column_values import Values
from ..decision_rows import row_fields
from ..table_layout import TableLayout
from .parquet_parts import ParquetParts, RowGroups, check_same_types
from .row_keys import NOWHERE, Ids, ids_of, row_keys, ties

if TYPE_CHECKING:
    import duckdb
    import pyarrow

ROW = "__row of the log"
"""Column of the number of a row, counted over all files."""
ID = "__hash of the session"
DUCKDB_MEMORY = "500MB"
"""For the check of ids; what does not fit spills to disk."""


@dataclass(frozen=True)
class Dealing:
    """How a table is dealt out.

    Attributes:
        layout: how it is read.
        folder: of the buckets.
        buckets: how many there are.
        rows: how many are held in memory at once.
    """

    layout: TableLayout
    folder: Path
    buckets: int
    rows: int

    def files(self, what: str) -> list[Path]:
        """The files of one bucket, of ids, or of rows that are left, in the order of the log."""
        return sorted(self.folder.glob(f"{what}.*"))


def deal(dealing: Dealing, parts: ParquetParts, pieces: Sequence[Sequence[RowGroups]], number: int) -> int:
    """Deal the rows of some pieces out; gives how many. Values that a row alone makes unusable are refused here, in the
    order of the log.

    Args:
        dealing: how.
        parts: the table.
        pieces: of it.
        number: of this part of the work, which is part of the names of its files.

    Raises:
        InputError: a row that cannot be used.
        OutputError: the disk of temporary files is full.
    """
    count, columns = 0, dealing.layout.columns
    with _room_on_disk(dealing.folder), connected(dealing.folder) as connection, ExitStack() as stack:
        writers = _Writers(dealing.folder, number, stack)
        for piece in pieces:
            for values in parts.read_piece(piece, columns, dealing.rows):
                row_fields(values, dealing.layout)
                if "episode" in dealing.layout.parts:
                    values.ids(dealing.layout.parts["episode"], words=True)
                _write(values, dealing, connection, writers)
                count += len(values.table)
    return count


def settle(dealing: Dealing, parts: ParquetParts) -> None:
    """Refuse sessions and decisions that are in two buckets, and give rows without a user to the bucket of their
    session.

    Raises:
        InputError: a session or a decision of two users: names it.
    """
    import duckdb

    with connected(dealing.folder) as connection:
        try:
            _refuse_two_buckets(dealing, parts, "episode", connection)
            if dealing.files("left"):
                _hand_over(dealing, parts, connection)
            _refuse_two_buckets(dealing, parts, "decision", connection)
        except duckdb.Error as error:
            what, hint = f"DuckDB stopped: {str(error).splitlines()[0]}", "Is there disk space for temporary files?"
            raise OutputError(what, where=str(dealing.folder), hint=hint) from error


def read_bucket(dealing: Dealing, parts: ParquetParts, bucket: int) -> Values | None:
    """The rows of a bucket in the order of the log; None where it has none."""
    tables = [table for file in dealing.files(f"bucket-{bucket:04}") for table in _tables(file)]
    if not tables:
        return None
    numbers = np.concatenate([table[ROW].to_numpy() for table in tables])
    values = parts.values([table.drop_columns([ROW]) for table in tables], numbers)
    if (np.diff(numbers) > 0).all():
        return values
    order = np.argsort(numbers, kind="stable")
    return Values(parts, values.table.take(order), numbers[order])


@contextmanager
def _room_on_disk(folder: Path) -> Iterator[None]:
    try:
        yield
    except RlbenchError:
        raise
    except OSError as error:
        what = f"Temporary files cannot be written ({error.strerror or error})."
        hint = "They are about as large as the columns that are read: set TMPDIR, or --out, to where there is room."
        raise OutputError(what, where=str(folder), hint=hint) from error


@contextmanager
def connected(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """DuckDB on one thread and in little memory, spilling into the folder."""
    import duckdb

    from ....sql import quote_path

    with duckdb.connect() as connection:
        connection.execute(f"SET threads = 1; SET memory_limit = '{DUCKDB_MEMORY}'; SET enable_progress_bar = false")
        connection.execute(f"SET temp_directory = {quote_path(folder / 'spilled')}")
        yield connection


class _Writers:
    """Files of one part of the work, opened where they are first written to. They get their names when all is written:
    a task whose machine was lost may run again while the first still does.

    Args:
        folder: of the files.
        number: of the part of the work.
        stack: closes them.
    """

    def __init__(self, folder: Path, number: int, stack: ExitStack):
        self.folder, self.number, self.stack = folder, number, stack
        self._open: dict[str, Any] = {}
        self._schemas: dict[str, pyarrow.Schema] = {}

    def write(self, what: str, table: pyarrow.Table, open_file: Callable[[Path, pyarrow.Schema], Any]) -> None:
        if what not in self._open:
            path = self.folder / f"{what}.{self.number:06}"
            unnamed = self.folder / f"{uuid4().hex}-{path.name}"
            self.stack.push(_named_if_whole(unnamed, path))
            self._open[what] = self.stack.enter_context(open_file(unnamed, table.schema))
            self._schemas[what] = table.schema
        check_same_types([table.schema, self._schemas[what]])
        self._open[what].write_table(table)


def _named_if_whole(unnamed: Path, path: Path) -> Callable[..., None]:
    """At the end a file gets its name, unless something failed before."""

    def end(kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            unnamed.replace(path)

    return end


def _write(values: Values, dealing: Dealing, connection: duckdb.DuckDBPyConnection, writers: _Writers) -> None:
    import pyarrow

    keys = row_keys(values, dealing.layout, dealing.buckets, connection)
    table = values.table.append_column(ROW, pyarrow.array(values.rows))
    for part, ids in keys.ids.items():
        _write_ids(part, ids, keys.buckets, writers)
    if (left := keys.buckets == NOWHERE).any():
        hashed = pyarrow.array(keys.ids["episode"].hashed[left])
        writers.write("left", table.filter(left).append_column(ID, hashed), _arrow_file)
    _write_buckets(table, keys.buckets, writers)


def _write_ids(part: str, ids: Ids, buckets: np.ndarray, writers: _Writers) -> None:
    """Which bucket each id of a part is in."""
    import pyarrow

    columns = {"id": ids.hashed[ids.known], "bucket": buckets[ids.known].astype(np.int16)}
    writers.write(f"ids-{part}", pyarrow.table(columns), _parquet_file)


def _write_buckets(table: pyarrow.Table, buckets: np.ndarray, writers: _Writers) -> None:
    # Of two bytes, which are sorted by radix.
    order = np.argsort(buckets.astype(np.int16), kind="stable")
    ends = np.cumsum(np.bincount(buckets + 1))
    dealt = table.take(order)
    for bucket, (first, last) in enumerate(pairwise(ends.tolist())):
        if first < last:
            writers.write(f"bucket-{bucket:04}", dealt.slice(first, last - first), _arrow_file)


def _hand_over(dealing: Dealing, parts: ParquetParts, connection: duckdb.DuckDBPyConnection) -> None:
    """Rows without a user go where the user of their session is; those of sessions without one go by the session."""
    import pyarrow

    from ....sql import parquet_rows

    connection.execute(
        f"CREATE TABLE owners AS SELECT id, max(bucket) AS bucket FROM {parquet_rows(dealing.files('ids-episode'))} "
        f"GROUP BY id HAVING min(bucket) = {NOWHERE} AND max(bucket) > {NOWHERE}"
    )
    with ExitStack() as stack:
        # After those that `deal` wrote.
        writers = _Writers(dealing.folder, 999_999, stack)
        for table in (table for file in dealing.files("left") for table in _tables(file)):
            numbers = pyarrow.array(np.arange(len(table)))
            connection.register("asked", table.select([ID]).append_column("number", numbers))
            found = connection.execute(
                f'SELECT number, owners.bucket FROM asked JOIN owners ON asked."{ID}" = owners.id'
            ).fetchnumpy()
            buckets = (table[ID].to_numpy() % np.uint64(dealing.buckets)).astype(np.int64)
            buckets[found["number"]] = found["bucket"]
            table = table.drop_columns([ID])
            if "decision" in ties(dealing.layout):
                values = parts.values([table.drop_columns([ROW])], table[ROW].to_numpy())
                _write_ids("decision", ids_of(values, dealing.layout, "decision", connection), buckets, writers)
            _write_buckets(table, buckets, writers)


def _refuse_two_buckets(
    dealing: Dealing, parts: ParquetParts, part: str, connection: duckdb.DuckDBPyConnection
) -> None:
    """Raise for the first session or decision that is in two buckets; two ids of one hash are none."""
    from ....sql import parquet_rows

    if not (files := dealing.files(f"ids-{part}")):
        return
    twice = connection.execute(
        f"SELECT id FROM {parquet_rows(files)} WHERE bucket > {NOWHERE} GROUP BY id "
        "HAVING min(bucket) <> max(bucket) ORDER BY id LIMIT 1000"
    ).fetchnumpy()["id"]
    layout, seen = dealing.layout, dict[Any, int]()
    for piece in parts.pieces(dealing.rows) if len(twice) else ():
        for values in parts.read_piece(piece, layout.columns, dealing.rows):
            keys = row_keys(values, layout, dealing.buckets, connection)
            ids = keys.ids[part]
            asked = ids.known & np.isin(ids.hashed, twice)
            if part == "episode":
                asked &= keys.buckets != NOWHERE
            for row in np.flatnonzero(asked).tolist():
                id_, bucket = values.raw(layout.parts[part], row), int(keys.buckets[row])
                if seen.setdefault(id_, bucket) != bucket:
                    owner = layout.parts[ties(layout)[0]]
                    why = f"another than elsewhere in its '{layout.parts[part]}'"
                    raise values.refusal(owner, why, None, row, 1)


def _parquet_file(path: Path, schema: pyarrow.Schema) -> Any:
    from pyarrow import parquet

    return parquet.ParquetWriter(path, schema, use_dictionary=False)


def _arrow_file(path: Path, schema: pyarrow.Schema) -> Any:
    import pyarrow

    return pyarrow.ipc.new_file(path, schema, options=pyarrow.ipc.IpcWriteOptions(compression="lz4"))


def _tables(file: Path) -> Iterator[pyarrow.Table]:
    import pyarrow

    try:
        with pyarrow.OSFile(str(file)) as stream, pyarrow.ipc.open_file(stream) as reader:
            for number in range(reader.num_record_batches):
                yield pyarrow.Table.from_batches([reader.get_batch(number)])
    except (OSError, pyarrow.ArrowException) as error:
        raise InputError("A temporary file cannot be read.", where=str(file), hint=str(error)) from error
