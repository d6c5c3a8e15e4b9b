"""Delimited text (CSV, TSV): with or without a header, columns in any order."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import InputError
from ...sql import quote_text
from ..cards.card import DatasetCard
from ..read.numbered_lines import LineStream, first_line, split_fields
from .rows import RawRows, same_names

if TYPE_CHECKING:
    import duckdb


def open_rows(connection: duckdb.DuckDBPyConnection, files: list[Path], card: DatasetCard) -> RawRows:
    """Register the files' lines with the connection.

    Raises:
        InputError: an empty file, or files whose headers differ.
    """
    names = same_names(files, [_names(file, card) for file in files])
    stream = LineStream(files, card.delimiter, skip_first=card.header)
    connection.register("raw_lines", stream.reader())
    split = f"coalesce(quoted, string_split(text, {quote_text(card.delimiter)}))"
    return RawRows(f"(SELECT file, line, text, {split} AS fields FROM raw_lines)", names, str(files[0]), stream)


def _names(file: Path, card: DatasetCard) -> list[str]:
    line = first_line(file)
    if not card.header:
        return card.names
    names = split_fields(line, card.delimiter)
    if names is None:
        raise InputError("The header has a quote that is never closed.", where=f"{file}:1")
    return [name.strip() for name in names]
