"""Parquet files; a row's line number is its number in the file, from 1."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from ...errors import InputError
from ...sql import parquet_rows
from ..cards.card import DatasetCard
from .rows import RawRows, same_names

if TYPE_CHECKING:
    import duckdb


def open_rows(connection: duckdb.DuckDBPyConnection, files: list[Path], card: DatasetCard) -> RawRows:
    """The rows of the files, columns as text: they go through the same account as the lines of a CSV.

    Raises:
        InputError: a file that is not Parquet, or files whose columns differ.
    """
    names = same_names(files, [_names(file) for file in files])
    # By place, since DuckDB takes names that differ in case for the same.
    columns = [f"c{place}" for place in range(len(names))]
    # DuckDB prints a float with the fewest digits that read back as the same float, so nothing is lost on the way.
    fields = ", ".join(f"CAST({column} AS VARCHAR)" for column in columns)
    selects = [
        f"SELECT {number} AS file, row + 1 AS line, [{fields}] AS fields "
        f"FROM {parquet_rows([file], 'file_row_number = true')} AS raw({', '.join([*columns, 'row'])})"
        for number, file in enumerate(files)
    ]
    relation = f"(SELECT *, CAST(to_json(fields) AS VARCHAR) AS text FROM ({' UNION ALL '.join(selects)}))"
    return RawRows(relation, names, str(files[0]))


def _names(file: Path) -> list[str]:
    if not file.is_file():
        hint = "Parquet is packed as it is: unpack the archive."
        raise InputError("Parquet is not read out of an archive.", where=str(file), hint=hint)
    try:
        return pq.read_schema(file).names
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError(f"Not a Parquet file ({error}).", where=str(file)) from error
