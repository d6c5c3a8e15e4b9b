"""A CSV file with a header, plain or gzipped, in UTF-8 or UTF-16."""

from __future__ import annotations

import csv
import gzip
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, islice
from pathlib import Path
from typing import IO, TYPE_CHECKING

from ...errors import InputError
from .file_format import FIRST_BYTES, UNREADABLE, first_line, text_encoding
from .quotes import unclosed

if TYPE_CHECKING:
    import pyarrow

DELIMITERS = ",;\t|"
NAMED_DELIMITER = re.compile(r"\"?sep=(.)\"?", re.IGNORECASE)
"""Excel's first line."""
NOT_UTF8 = re.compile(r"column #(\d+): .*invalid UTF8")
"""Arrow's message."""


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


class TextRows:
    """Rows of a CSV file.

    Args:
        path: the file.

    Raises:
        InputError: it is a file of another kind.
    """

    nested = frozenset[str]()

    def __init__(self, path: Path):
        self.path = path
        try:
            with self._open() as stream:
                first = stream.read(FIRST_BYTES)
        except UNREADABLE as error:
            raise InputError(f"It cannot be read ({first_line(error)}).", where=str(path)) from error
        self.encoding = text_encoding(first, str(path))

    @property
    def names(self) -> list[str]:
        """Names of its columns; a name may stand there twice."""
        return self._header.names

    def read(self, columns: Sequence[str]) -> pyarrow.Table:
        """Some of its columns, as text without blanks around it, in which an empty cell is missing."""
        import pyarrow
        from pyarrow import compute
        from pyarrow import csv as arrow_csv

        header = self._header
        if next(self._lines(), None) is None:
            raise InputError("The table has no rows.", where=str(self.path))
        # By number: names may repeat, or be empty.
        keys = [str(at) for at in range(len(header.names))]
        wanted = [keys[header.names.index(name)] for name in columns]
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
        self._refuse_unclosed_quote(len(table))
        trimmed = [_bare(compute.utf8_trim_whitespace(column)) for column in table.columns]
        empty = pyarrow.scalar(None, pyarrow.string())
        return pyarrow.table(
            {
                name: compute.if_else(compute.equal(column, ""), empty, column)
                for name, column in zip(columns, trimmed, strict=True)
            }
        )

    def why(self, error: Exception) -> str:
        """The first line with too many or too few cells, or the column that is not UTF-8, if that is it."""
        other = NOT_UTF8.search(str(error))
        if other:
            return f"Column '{self.names[int(other[1])]}' is not UTF-8: save the file as UTF-8."
        if "Expected" not in str(error):
            return first_line(error)
        for line, cells in self._lines():
            if len(cells) != len(self.names):
                return f"Line {line} has {len(cells)} cells where the header has {len(self.names)}."
        return first_line(error)

    def place(self, row: int) -> str:
        """Where a row is."""
        return f"line {next(islice(self._lines(), row, None))[0]}"

    def _refuse_unclosed_quote(self, rows: int) -> None:
        """Refuse a quote that makes one row of several, of which the reader says nothing."""
        above, ends = self._header.above + self._header.lines, [0, 0]
        with self._open() as stream:
            while block := stream.read(1 << 20):
                ends = [ends[0] + block.count(b"\n"), ends[1] + block.count(b"\r")]
        if max(ends) <= above + rows:
            return
        with self._open_text() as stream:
            line = unclosed(islice(stream, above, None), self._header.delimiter)
        if line is not None:
            what = f"A quote is opened in line {above + line} and not closed, so that it swallows the lines below."
            raise InputError(what, where=str(self.path), hint="Close it; inside a quoted cell write each quote twice.")

    def _lines(self) -> Iterator[tuple[int, list[str]]]:
        """Each row of a CSV file below the header, with the line it begins in."""
        first = self._header.above + self._header.lines
        with self._open_text() as stream:
            reader, line = csv.reader(islice(stream, first, None), delimiter=self._header.delimiter), first + 1
            for cells in reader:
                if cells:
                    yield line, cells
                line = first + reader.line_num + 1

    def _open(self) -> gzip.GzipFile | io.BufferedReader:
        with self.path.open("rb") as stream:
            packed = stream.read(2) == b"\x1f\x8b"
        return gzip.open(self.path, "rb") if packed else self.path.open("rb")

    def _open_text(self) -> IO[str]:
        # A bad letter in a column that is not read is not a reason to stop.
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
            raise InputError(f"It cannot be read ({first_line(error)}).", where=str(self.path)) from error
        if "\ufffd" in "".join(names):
            what = "This is neither Parquet nor text in UTF-8 or UTF-16."
            raise InputError(what, where=str(self.path), hint="Save it as UTF-8.")
        return Header(names, delimiter, above, reader.line_num)


def _bare(column: pyarrow.ChunkedArray) -> pyarrow.ChunkedArray:
    """Cells without the quotes around them, which Arrow leaves where a blank stands before them."""
    from pyarrow import compute

    if not compute.any(compute.starts_with(column, '"')).as_py():
        return column
    return compute.utf8_trim_whitespace(compute.replace_substring_regex(column, r'(?s)^"(.*)"$', r"\1"))
