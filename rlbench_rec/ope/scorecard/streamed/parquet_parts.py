"""A Parquet file or folder, read in parts of some number of rows, in order."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ....errors import InputError
from ..column_values import Values
from ..file_format import UNREADABLE, first_line
from ..file_schemas import physical_schema
from ..parquet_rows import ParquetRows, place_in
from ..row_file import TableFile

if TYPE_CHECKING:
    import pyarrow


@dataclass(frozen=True)
class RowGroups:
    """Some row groups of one file, one after another.

    Attributes:
        file: number of the file.
        groups: numbers of the row groups.
        first_row: number of the first of their rows, counted over all files.
        rows: how many there are.
    """

    file: int
    groups: tuple[int, ...]
    first_row: int
    rows: int


@dataclass(frozen=True)
class KnownFiles:
    """What is known of the files of a log from when its reading began.

    Attributes:
        rows: file -> how many rows each of its row groups has.
        stamps: file -> its size and when it was last written to.
        schema: the columns of all files.
    """

    rows: dict[str, list[int]]
    stamps: dict[str, tuple[int, int]]
    schema: pyarrow.Schema


class ParquetParts(TableFile):
    """The rows of a Parquet file or folder, of which only a part is in memory. Rows are counted over all files, in the
    order of their names.

    Args:
        path: the file or folder.
        known: which of its files make up the log; None: all that are there now. A log may grow while it is read.

    Raises:
        MissingFileError: it is not there.
        InputError: it is not Parquet, it is empty, or a file of it is not whole: names the file.
    """

    in_parts = True

    def __init__(self, path: str | Path, known: KnownFiles | None = None):
        super().__init__(path)
        if not isinstance(self._rows, ParquetRows):
            hint = "Give a Parquet file or a folder of them, or read it whole: leave out --stream and --ray."
            raise InputError("Only Parquet is read in parts.", where=str(path), hint=hint)
        self._rows.schema = None if known is None else known.schema
        dataset = self._rows.dataset
        fragments = {fragment.path: fragment for fragment in dataset.get_fragments()}
        if known is None:
            stamps = {name: _stamp(name) for name in fragments}
            rows = {name: _row_groups(fragment) for name, fragment in fragments.items()}
            known = KnownFiles(rows, stamps, dataset.schema)
        if gone := [name for name in known.rows if name not in fragments]:
            raise InputError("It was removed while the log was read.", where=gone[0], hint="Give a copy.")
        self.known, self._stamps = known, list(known.stamps.values())
        self.fragments = [fragments[name] for name in known.rows]
        if not self.n_rows:
            raise InputError("The table has no rows.", where=str(path))

    def __reduce__(self) -> tuple[Any, ...]:
        # Another process may work in another folder.
        rows = {os.path.abspath(name): counts for name, counts in self.known.rows.items()}
        stamps = {os.path.abspath(name): stamp for name, stamp in self.known.stamps.items()}
        return ParquetParts, (self.path.absolute(), KnownFiles(rows, stamps, self.known.schema))

    @property
    def n_rows(self) -> int:
        """How many rows there are, by what the files say at their ends."""
        return sum(map(sum, self.known.rows.values()))

    def place(self, row: int) -> str:
        """The file of a row, where there are several, and its number there."""
        return place_in(self.path, {name: sum(rows) for name, rows in self.known.rows.items()}, row)

    def pieces(self, rows: int) -> list[tuple[RowGroups, ...]]:
        """The row groups of all files, in order, joined to pieces of at least so many rows."""
        pieces: list[tuple[RowGroups, ...]] = []
        joined: list[RowGroups] = []
        for groups in self._each_group():
            last = joined[-1] if joined else None
            if last is not None and last.file == groups.file:
                numbers = (*last.groups, *groups.groups)
                joined[-1] = RowGroups(last.file, numbers, last.first_row, last.rows + groups.rows)
            else:
                joined.append(groups)
            if sum(part.rows for part in joined) >= rows:
                pieces.append(tuple(joined))
                joined = []
        return [*pieces, tuple(joined)] if joined else pieces

    def read_piece(self, piece: Sequence[RowGroups], columns: Sequence[str], rows: int) -> Iterator[Values]:
        """The columns of a piece, about so many rows at a time.

        Raises:
            InputError: a file that cannot be read, or a column that holds something else than in the first file.
        """
        held, numbers, count = [], [], 0
        for table, first_row in self._tables(piece, columns, rows):
            held.append(table)
            numbers.append(np.arange(first_row, first_row + len(table)))
            count += len(table)
            if count >= rows:
                yield self.values(held, np.concatenate(numbers))
                held, numbers, count = [], [], 0
        if count:
            yield self.values(held, np.concatenate(numbers))

    def values(self, tables: Sequence[pyarrow.Table], numbers: np.ndarray) -> Values:
        """Values of (n,) rows of the log, which stand in several tables one after another."""
        import pyarrow

        check_same_types([table.schema for table in tables])
        table = pyarrow.concat_tables(tables)
        return Values(
            self, pyarrow.table({name: self._plain(name, table[name]) for name in table.column_names}), numbers
        )

    def _tables(
        self, piece: Sequence[RowGroups], columns: Sequence[str], rows: int
    ) -> Iterator[tuple[pyarrow.Table, int]]:
        import pyarrow

        for part in piece:
            first_row = part.first_row
            try:
                for batch in self._batches(part, columns, rows):
                    yield pyarrow.Table.from_batches([batch]), first_row
                    first_row += len(batch)
            except (pyarrow.ArrowException, *UNREADABLE) as error:
                self._refuse_change(part)
                where, hint = str(self._where(part.file)), first_line(error)
                raise InputError("It cannot be read.", where=where, hint=hint) from error
            self._refuse_change(part)

    def _refuse_change(self, part: RowGroups) -> None:
        """Whatever was read of a file that was replaced meanwhile may be of the one or the other."""
        name = self.fragments[part.file].path
        if _stamp(name) != self._stamps[part.file]:
            raise InputError("It changed while the log was read.", where=name, hint="Give a copy.")

    def _batches(self, part: RowGroups, columns: Sequence[str], rows: int) -> Iterator[pyarrow.RecordBatch]:
        fragment = self.fragments[part.file].subset(row_group_ids=list(part.groups))
        yield from fragment.to_batches(
            columns=list(columns),
            schema=self.known.schema,
            batch_size=min(rows, 131_072),
            batch_readahead=1,
            fragment_readahead=1,
            use_threads=False,
        )

    def _each_group(self) -> Iterator[RowGroups]:
        first_row = 0
        for file, counts in enumerate(self.known.rows.values()):
            for number, rows in enumerate(counts):
                if rows:
                    yield RowGroups(file, (number,), first_row, rows)
                first_row += rows

    def _where(self, file: int) -> Path:
        return Path(self.fragments[file].path)


def check_same_types(schemas: Sequence[pyarrow.Schema]) -> None:
    """Refuse columns that are of one type here and of another there: bytes are read as text where all of them are.

    Raises:
        InputError: names the first such column.
    """
    for schema in schemas[1:]:
        for field, other in zip(schema, schemas[0], strict=True):
            if field.type != other.type:
                what = f"Some of its values are {other.type}, and some {field.type}."
                raise InputError(what, where=f"column '{field.name}'", hint="Write it as text.")


def _stamp(name: str) -> tuple[int, int]:
    """The size of a file and when it was last written to; nothing where it is not there any more."""
    try:
        status = os.stat(name)
    except OSError:
        return 0, 0
    return status.st_size, status.st_mtime_ns


def _row_groups(fragment: Any) -> list[int]:
    """How many rows each row group of a file has."""
    physical_schema(fragment)
    metadata = fragment.metadata
    return [metadata.row_group(number).num_rows for number in range(metadata.num_row_groups)]
