"""Delimited text (CSV, TSV): with or without a header, columns in any order."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import InputError
from ...sql import quote_text
from ..cards.card import DatasetCard
from ..read.casts import by_card
from ..read.numbered_lines import LineStream, first_line, split_fields
from .rows import Dialect, RawRows, reordered

if TYPE_CHECKING:
    import duckdb


def open_rows(connection: duckdb.DuckDBPyConnection, files: list[Path], card: DatasetCard, names: list[str]) -> RawRows:
    """Register the files' lines with the connection.

    Raises:
        InputError: an empty file.
    """
    stream = LineStream(files, card.delimiter, skip_first=card.header)
    connection.register("raw_lines", stream.reader())
    split = f"coalesce(quoted, string_split(text, {quote_text(card.delimiter)}))"
    relation = f"SELECT file, line, text, {split} AS fields FROM raw_lines"
    fields = reordered("fields", header_names(files, card), names)
    if fields != "fields":
        relation = f"SELECT * REPLACE ({fields} AS fields) FROM ({relation})"
    return RawRows(f"({relation})", names, str(files[0]), stream)


def header_names(files: list[Path], card: DatasetCard) -> list[list[str]]:
    """The columns of each file.

    Raises:
        InputError: an empty file, or a header with an open quote.
    """
    return [by_card(_names(file, card), card) for file in files]


def _names(file: Path, card: DatasetCard) -> list[str]:
    line = first_line(file)
    if not card.header:
        return card.names
    names = split_fields(line, card.delimiter)
    if names is None:
        raise InputError("The header has a quote that is never closed.", where=f"{file}:1")
    return [name.strip() for name in names]


DIALECT = Dialect(header_names, open_rows)
