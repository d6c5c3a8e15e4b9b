"""A Parquet or CSV file of rows: some of its columns, and where in the file a row is."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Collection, Iterator
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from ...errors import InputError, MissingFileError

if TYPE_CHECKING:
    import pyarrow

DELIMITERS = ",;\t|"


class TableFile:
    """A Parquet file or folder, or a CSV file with a header, plain or gzipped; told by its first bytes, not its name.

    Args:
        path: the file.

    Raises:
        MissingFileError: it is not there.
        InputError: it is empty, or of another kind.
    """

    def __init__(self, path: str | Path):
        self.path = Path(path)
        if not self.path.exists():
            raise MissingFileError("There is no such file.", where=str(path))
        self.is_parquet = self.path.is_dir() or self._first_bytes() == b"PAR1"
        if not self.is_parquet and self._first_bytes()[:2] == b"PK":
            raise InputError("This is a zip or Excel file.", where=str(path), hint="Save it as CSV or Parquet.")

    def _first_bytes(self) -> bytes:
        try:
            with self.path.open("rb") as stream:
                return stream.read(4)
        except OSError as error:
            raise InputError(f"It cannot be read ({error.strerror}).", where=str(self.path)) from error

    @cached_property
    def names(self) -> list[str]:
        """Names of its columns."""
        if self.is_parquet:
            return list(self._dataset.schema.names)
        names = next(csv.reader([self._header], delimiter=self._delimiter), [])
        if not any(names):
            raise InputError("The file is empty.", where=str(self.path))
        return names

    @cached_property
    def _dataset(self) -> Any:
        import pyarrow
        from pyarrow import dataset

        try:
            return dataset.dataset(self.path, format="parquet")
        except (pyarrow.ArrowInvalid, OSError) as error:
            raise InputError("It cannot be read as Parquet.", where=str(self.path), hint=_first_line(error)) from error

    def _open(self, mode: str) -> IO:
        opened = gzip.open if self._first_bytes()[:2] == b"\x1f\x8b" else open
        return opened(self.path, mode, **({} if mode == "rb" else {"encoding": "utf-8-sig", "newline": ""}))

    @cached_property
    def _header(self) -> str:
        try:
            with self._open("rt") as stream:
                return stream.readline().rstrip("\r\n")
        except (UnicodeDecodeError, OSError) as error:
            raise InputError("This is neither Parquet nor text in UTF-8.", where=str(self.path)) from error

    @cached_property
    def _delimiter(self) -> str:
        return max(DELIMITERS, key=self._header.count)

    def read(self, columns: Collection[str]) -> pyarrow.Table:
        """Some of its columns; those of a CSV file as text, in which an empty cell is missing.

        Raises:
            InputError: a row that does not fit the header, or no rows.
        """
        import pyarrow
        from pyarrow import csv as arrow_csv

        columns = list(dict.fromkeys(columns))
        try:
            if self.is_parquet:
                table = self._dataset.to_table(columns=columns)
            else:
                with self._open("rb") as stream:
                    table = arrow_csv.read_csv(
                        stream,
                        parse_options=arrow_csv.ParseOptions(delimiter=self._delimiter, newlines_in_values=True),
                        convert_options=arrow_csv.ConvertOptions(
                            include_columns=columns,
                            column_types={name: pyarrow.string() for name in columns},
                            strings_can_be_null=True,
                            null_values=[""],
                        ),
                    )
        except (pyarrow.ArrowException, OSError) as error:
            raise InputError("It cannot be read.", where=str(self.path), hint=self._why(error)) from error
        if not len(table):
            raise InputError("The table has no rows.", where=str(self.path))
        return table

    def _why(self, error: Exception) -> str:
        """The first line with too many or too few cells, if that is it."""
        if self.is_parquet or "Expected" not in str(error):
            return _first_line(error)
        for line, cells in self._lines():
            if len(cells) != len(self.names):
                return f"Line {line} has {len(cells)} cells where the header has {len(self.names)}."
        return _first_line(error)

    def _lines(self) -> Iterator[tuple[int, list[str]]]:
        """Each row of a CSV file, the header first, with the line it begins in."""
        with self._open("rt") as stream:
            reader, line = csv.reader(stream, delimiter=self._delimiter), 1
            for cells in reader:
                if cells:
                    yield line, cells
                line = reader.line_num + 1

    def place(self, row: int) -> str:
        """Where a row is, for people: the line of a CSV file, the row of a Parquet file."""
        if self.is_parquet:
            return f"row {row} (the first is 0)"
        return f"line {next(islice(self._lines(), row + 1, None))[0]}"


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
