"""A Parquet or CSV file of rows: some of its columns, and where in the file a row is."""

from __future__ import annotations

import csv
import gzip
import io
import re
import zlib
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from ...errors import InputError, MissingFileError
from .formats import FIRST_BYTES, text_encoding

if TYPE_CHECKING:
    import pyarrow

DELIMITERS = ",;\t|"
NAMED_DELIMITER = re.compile(r"\"?sep=(.)\"?", re.IGNORECASE)
"""Excel's first line."""
UNREADABLE = (OSError, EOFError, UnicodeError, zlib.error, csv.Error)
"""What a file that is cut short, or is not what it seems, may raise."""


@dataclass(frozen=True)
class Header:
    """The first lines of a CSV file.

    Attributes:
        names: of its columns, without blanks around them.
        delimiter: between cells.
        above: how many lines stand above the header: empty ones, and Excel's `sep=;`.
        lines: how many lines the header takes.
    """

    names: list[str]
    delimiter: str
    above: int
    lines: int


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
        self.is_parquet = self.path.is_dir() or self._first_bytes(packed=True)[:4] == b"PAR1"
        self.encoding = "" if self.is_parquet else text_encoding(self._first_bytes(), str(path))

    def _first_bytes(self, *, packed: bool = False) -> bytes:
        try:
            with self.path.open("rb") if packed else self._open() as stream:
                return stream.read(FIRST_BYTES)
        except UNREADABLE as error:
            raise InputError(f"It cannot be read ({_first_line(error)}).", where=str(self.path)) from error

    @cached_property
    def names(self) -> list[str]:
        """Names of its columns; a name may stand there twice."""
        return list(self._dataset.schema.names) if self.is_parquet else self._header.names

    @cached_property
    def nested(self) -> set[str]:
        """Columns that hold lists or structs, not one value a row."""
        import pyarrow

        schema = self._dataset.schema if self.is_parquet else ()
        return {field.name for field in schema if pyarrow.types.is_nested(field.type)}

    def number(self, name: str) -> int:
        """Which column has the name.

        Raises:
            InputError: several have.
        """
        self._refuse_repeated(self.names, name)
        return self.names.index(name)

    @cached_property
    def _dataset(self) -> Any:
        import pyarrow
        from pyarrow import dataset

        self._refuse_other_files()
        try:
            plain = dataset.dataset(self.path, format="parquet")
            keys = self._partition_keys(plain.files) - set(plain.schema.names)
            if not keys:
                return plain
            # As text: a user '007' is not user 7.
            schema = pyarrow.schema([(key, pyarrow.string()) for key in sorted(keys)])
            by_key = dataset.partitioning(schema, flavor="hive")
            return dataset.dataset(self.path, format="parquet", partitioning=by_key)
        except (pyarrow.ArrowException, *UNREADABLE) as error:
            if "duplicate field" in str(error):
                self._refuse_repeated_names()
            raise InputError("It cannot be read as Parquet.", where=str(self.path), hint=_first_line(error)) from error

    def _refuse_other_files(self) -> None:
        """A folder must hold Parquet files, and beside them none but hidden ones."""
        if not self.path.is_dir():
            return
        inner = [one for one in sorted(self.path.rglob("*")) if one.is_file()]
        shown = [one for one in inner if not any(part[0] in "._" for part in one.relative_to(self.path).parts)]
        hint = "Give one CSV file, or a folder of Parquet files."
        if not shown:
            raise InputError("The folder holds no file to read.", where=str(self.path), hint=hint)
        for one in shown:
            try:
                with one.open("rb") as stream:
                    is_parquet = stream.read(4) == b"PAR1"
            except OSError as error:
                raise InputError(f"It cannot be read ({_first_line(error)}).", where=str(one)) from error
            if not is_parquet:
                raise InputError("This file of the folder is not Parquet.", where=str(one), hint=hint)

    def _refuse_repeated_names(self) -> None:
        """Name the first column of a Parquet file that is there twice, which Arrow does not."""
        from pyarrow import parquet

        for path in sorted(self.path.rglob("*.parquet")) if self.path.is_dir() else [self.path]:
            self._refuse_repeated(parquet.read_schema(path).names)

    def _refuse_repeated(self, names: list[str], wanted: str | None = None) -> None:
        for name, count in Counter(names).items():
            if count > 1 and wanted in (None, name):
                what = f"{count} columns are named '{name}'."
                raise InputError(what, where=str(self.path), hint="Rename all but one of them.")

    def _partition_keys(self, files: list[str]) -> set[str]:
        """`day` of a folder that holds `day=2025-03-01/part-0.parquet`."""
        if not self.path.is_dir():
            return set()
        # The folder as it was given may have such a name too, and is no partition of itself.
        inner = [Path(name).parts[len(self.path.parts) : -1] for name in files]
        return {part.partition("=")[0] for parts in inner for part in parts if "=" in part}

    def _open(self) -> IO[bytes]:
        with self.path.open("rb") as stream:
            packed = stream.read(2) == b"\x1f\x8b"
        return gzip.open(self.path, "rb") if packed else self.path.open("rb")

    def _open_text(self) -> IO[str]:
        # A bad letter in a column that nobody reads is no reason to stop.
        return io.TextIOWrapper(self._open(), encoding=self.encoding, errors="replace", newline="")

    @cached_property
    def _header(self) -> Header:
        above, delimiter = 0, None
        try:
            with self._open_text() as stream:
                for line in stream:
                    named = NAMED_DELIMITER.fullmatch(line.strip("\r\n ")) if delimiter is None else None
                    if named is None and line.strip():
                        break
                    delimiter, above = (named[1] if named else delimiter), above + 1
                else:
                    raise InputError("The file is empty.", where=str(self.path))
                delimiter = delimiter or max(DELIMITERS, key=line.count)
                reader = csv.reader(chain([line], stream), delimiter=delimiter, skipinitialspace=True)
                names = [name.strip() for name in next(reader)]
        except UNREADABLE as error:
            raise InputError(f"It cannot be read ({_first_line(error)}).", where=str(self.path)) from error
        if "\ufffd" in "".join(names):
            what = "This is neither Parquet nor text in UTF-8 or UTF-16."
            raise InputError(what, where=str(self.path), hint="Save it as UTF-8.")
        return Header(names, delimiter, above, reader.line_num)

    def read(self, columns: Collection[str]) -> pyarrow.Table:
        """Some of its columns; those of a CSV file as text without blanks around it, in which an empty cell is missing.

        Raises:
            InputError: a name that several columns have, a row that does not fit the header, or no rows.
        """
        import pyarrow

        numbers = {name: self.number(name) for name in columns}
        try:
            table = self._dataset.to_table(columns=list(numbers)) if self.is_parquet else self._read_text(numbers)
            table = pyarrow.table({name: self._plain(name, table[name]) for name in numbers})
        except (pyarrow.ArrowException, *UNREADABLE) as error:
            raise InputError("It cannot be read.", where=str(self.path), hint=self._why(error)) from error
        if not len(table):
            raise InputError("The table has no rows.", where=str(self.path))
        return table

    def _plain(self, name: str, column: pyarrow.ChunkedArray) -> pyarrow.ChunkedArray:
        """A column of plain values: categories and bytes as what they stand for."""
        import pyarrow

        kind = column.type
        if pyarrow.types.is_dictionary(kind):
            column = column.cast(kind.value_type)
        if pyarrow.types.is_nested(column.type):
            what = f"It holds {kind}, where one value a row is needed."
            raise InputError(what, where=f"{self.path}, column '{name}'", hint="Give its field a column of its own.")
        if pyarrow.types.is_binary(column.type) or pyarrow.types.is_large_binary(column.type):
            column = column.cast(pyarrow.string())
        return column

    def _read_text(self, numbers: dict[str, int]) -> pyarrow.Table:
        import pyarrow
        from pyarrow import compute
        from pyarrow import csv as arrow_csv

        header = self._header
        if next(self._lines(), None) is None:
            raise InputError("The table has no rows.", where=str(self.path))
        # By number: names may repeat, or be empty.
        keys = [str(at) for at in range(len(header.names))]
        wanted = [keys[at] for at in numbers.values()]
        with self._open() as stream:
            table = arrow_csv.read_csv(
                stream,
                read_options=arrow_csv.ReadOptions(
                    column_names=keys,
                    skip_rows=header.above + header.lines,
                    encoding="utf-8" if self.encoding == "utf-8-sig" else self.encoding,
                ),
                parse_options=arrow_csv.ParseOptions(delimiter=header.delimiter, newlines_in_values=True),
                convert_options=arrow_csv.ConvertOptions(
                    include_columns=wanted,
                    column_types={key: pyarrow.string() for key in wanted},
                    strings_can_be_null=False,
                ),
            )
        trimmed = [compute.utf8_trim_whitespace(column) for column in table.columns]
        empty = pyarrow.scalar(None, pyarrow.string())
        return pyarrow.table(
            {
                name: compute.if_else(compute.equal(column, ""), empty, column)
                for name, column in zip(numbers, trimmed, strict=True)
            }
        )

    def _why(self, error: Exception) -> str:
        """The first line with too many or too few cells, if that is it."""
        if self.is_parquet or "Expected" not in str(error):
            return _first_line(error)
        for line, cells in self._lines():
            if len(cells) != len(self.names):
                return f"Line {line} has {len(cells)} cells where the header has {len(self.names)}."
        return _first_line(error)

    def _lines(self) -> Iterator[tuple[int, list[str]]]:
        """Each row of a CSV file below the header, with the line it begins in."""
        first = self._header.above + self._header.lines
        with self._open_text() as stream:
            reader, line = csv.reader(islice(stream, first, None), delimiter=self._header.delimiter), first + 1
            for cells in reader:
                if cells:
                    yield line, cells
                line = first + reader.line_num + 1

    def place(self, row: int) -> str:
        """Where a row is, for people: the line of a CSV file, the row of a Parquet file."""
        if self.is_parquet:
            return f"row {row} (the first is 0)"
        return f"line {next(islice(self._lines(), row, None))[0]}"


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
