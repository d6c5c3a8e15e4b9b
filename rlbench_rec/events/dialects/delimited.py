"""Delimited text (CSV, TSV): with or without a header, columns in any order."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from ...errors import InputError
from ..card import DatasetCard
from ..lines import SCHEMA, first_line, line_batches, split_fields
from .rows import RawRows, quote_text

if TYPE_CHECKING:
    import duckdb


def open_rows(connection: duckdb.DuckDBPyConnection, files: list[Path], card: DatasetCard) -> RawRows:
    """Register the files' lines with the connection.

    Raises:
        InputError: an empty file, or files whose headers differ.
    """
    names = _names(files[0], card)
    for file in files[1:]:
        if _names(file, card) != names:
            raise InputError(f"The header differs from that of {files[0].name}.", where=str(file))
    batches = line_batches(files, card.delimiter, skip_first=card.header)
    connection.register("raw_lines", pa.RecordBatchReader.from_batches(SCHEMA, batches))
    split = f"coalesce(quoted, string_split(rtrim(text, chr(10) || chr(13)), {quote_text(card.delimiter)}))"
    relation = f"(SELECT file, line, rtrim(text, chr(10) || chr(13)) AS text, {split} AS fields FROM raw_lines)"
    columns = {name: f"fields[{i}]" for i, name in enumerate(names, start=1)}
    return RawRows(relation, columns, f"len(fields) = {len(names)}", str(files[0]))


def _names(file: Path, card: DatasetCard) -> list[str]:
    line = first_line(file)
    if not card.header:
        return card.names
    names = split_fields(line, card.delimiter)
    if names is None:
        raise InputError("The header has a quote that is never closed.", where=f"{file}:1")
    return [name.strip() for name in names]
