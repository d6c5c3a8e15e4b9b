"""A Parquet or CSV file of rows: some of its columns, and where in the file a row is."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ...arguments import path_of
from ...errors import InputError, MissingFileError
from .csv_rows import TextRows
from .file_format import UNREADABLE, first_line, refuse_repeated
from .parquet_rows import ParquetRows
from .plain_types import in_plain_type
from .times import is_text

if TYPE_CHECKING:
    import pyarrow


class TableFile:
    """A Parquet file or folder, or a CSV file with a header, plain or gzipped; its first bytes decide, not its name.

    Args:
        path: the file.

    Raises:
        MissingFileError: it is not there.
        InputError: it is empty, or of another kind.

    Attributes:
        in_parts: whether its rows are read in parts, so that nobody knows how many bad ones come later.
    """

    in_parts = False

    def __init__(self, path: str | Path):
        self.path = path_of(path, "path")
        if not self.path.exists():
            raise MissingFileError("There is no such file.", where=str(path))
        self._rows = (ParquetRows if self.path.is_dir() or self._begins_as_parquet() else TextRows)(self.path)

    def _begins_as_parquet(self) -> bool:
        try:
            with self.path.open("rb") as stream:
                return stream.read(4) == b"PAR1"
        except OSError as error:
            raise InputError(f"It cannot be read ({first_line(error)}).", where=str(self.path)) from error

    @property
    def is_parquet(self) -> bool:
        """Whether it is a Parquet file, or a folder, which can hold nothing else."""
        return isinstance(self._rows, ParquetRows)

    @property
    def names(self) -> list[str]:
        """Names of its columns; a name may stand there twice."""
        return self._rows.names

    @property
    def nested(self) -> Collection[str]:
        """Columns that hold lists or structs, not one value per row."""
        return self._rows.nested

    def check_columns(self, columns: Sequence[str]) -> None:
        """Refuse a column that some file of a folder lacks, or that several have the name of.

        Raises:
            InputError: names the column, and the file.
        """
        refuse_repeated(self.names, str(self.path), columns)
        if isinstance(self._rows, ParquetRows):
            self._rows.check_columns(columns)

    def read(self, columns: Collection[str]) -> pyarrow.Table:
        """Some of its columns, text without blanks around it; of a CSV file all as text, an empty cell as missing.

        Raises:
            InputError: a name that several columns have, a row that does not fit the header, or no rows.
        """
        import pyarrow

        columns = list(dict.fromkeys(columns))
        refuse_repeated(self.names, str(self.path), columns)
        try:
            table = self._rows.read(columns)
            table = pyarrow.table({name: self._plain(name, table[name]) for name in columns})
        except (pyarrow.ArrowException, *UNREADABLE) as error:
            raise InputError("It cannot be read.", where=str(self.path), hint=self._rows.why(error)) from error
        if not len(table):
            raise InputError("The table has no rows.", where=str(self.path))
        return table

    def read_lists(self, column: str) -> pyarrow.ChunkedArray:
        """A column of lists, or of text.

        Raises:
            InputError: a name that several columns have, or a column of something else.
        """
        import pyarrow

        refuse_repeated(self.names, str(self.path), [column])
        try:
            cells = self._rows.read([column])[column]
        except (pyarrow.ArrowException, *UNREADABLE) as error:
            raise InputError("It cannot be read.", where=str(self.path), hint=self._rows.why(error)) from error
        kind = cells.type
        lists = (pyarrow.types.is_list, pyarrow.types.is_large_list, pyarrow.types.is_fixed_size_list)
        if not is_text(kind) and not any(of_kind(kind) for of_kind in lists):
            hint = "Give a list of numbers in each row; in text, a JSON array such as [0.1, 0.7, 0.2]."
            raise InputError(f"It holds {kind}, not lists.", where=f"{self.path}, column '{column}'", hint=hint)
        return cells

    def place(self, row: int) -> str:
        """Where a row is: the line of a CSV file, the row of a Parquet file."""
        return self._rows.place(row)

    def _plain(self, name: str, column: pyarrow.ChunkedArray) -> pyarrow.ChunkedArray:
        """A column of plain values: categories and bytes as what they stand for, text without blanks around it."""
        import pyarrow
        from pyarrow import compute

        kind = column.type
        column = in_plain_type(column)
        if pyarrow.types.is_nested(column.type):
            what = f"It holds {kind}, where one value per row is needed."
            raise InputError(what, where=f"{self.path}, column '{name}'", hint="Give its field a column of its own.")
        if _is_bytes(column.type):
            # Ids may be bytes that are not text.
            with contextlib.suppress(pyarrow.ArrowInvalid):
                column = column.cast(pyarrow.string())
        return compute.utf8_trim_whitespace(column) if is_text(column.type) else column


def _is_bytes(kind: pyarrow.DataType) -> bool:
    import pyarrow

    return any(
        of_kind(kind)
        for of_kind in (pyarrow.types.is_binary, pyarrow.types.is_large_binary, pyarrow.types.is_fixed_size_binary)
    )
