"""Parquet files; a row's line number is its number in the file, from 1."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from ...errors import InputError
from ...sql import parquet_rows
from ..cards.card import DatasetCard
from ..read.casts import by_card
from .rows import ABSENT, Dialect, RawRows

if TYPE_CHECKING:
    import duckdb


def open_rows(connection: duckdb.DuckDBPyConnection, files: list[Path], card: DatasetCard, names: list[str]) -> RawRows:
    """The rows of the files, columns as text: they go through the same account as the lines of a CSV.

    Raises:
        InputError: a file that is not Parquet.
    """
    columns = zip(files, column_names(files, card), strict=True)
    selects = [_select(number, file, file_names, names) for number, (file, file_names) in enumerate(columns)]
    relation = f"(SELECT *, CAST(to_json(fields) AS VARCHAR) AS text FROM ({' UNION ALL '.join(selects)}))"
    return RawRows(relation, names, str(files[0]))


def _select(number: int, file: Path, file_names: list[str], names: list[str]) -> str:
    # By place, since DuckDB takes names that differ in case for the same.
    columns = [f"c{place}" for place in range(len(file_names))]
    # DuckDB prints a float with the fewest digits that read back as the same float, so nothing is lost on the way.
    texts = {name: f"CAST({column} AS VARCHAR)" for name, column in zip(file_names, columns, strict=True)}
    fields = ", ".join(texts.get(name, ABSENT) for name in names)
    return (
        f"SELECT {number} AS file, row + 1 AS line, [{fields}] AS fields "
        f"FROM {parquet_rows([file], 'file_row_number = true')} AS raw({', '.join([*columns, 'row'])})"
    )


def column_names(files: list[Path], card: DatasetCard) -> list[list[str]]:
    """The columns of each file.

    Raises:
        InputError: not a Parquet file.
    """
    return [by_card(_names(file), card) for file in files]


def _names(file: Path) -> list[str]:
    if not file.is_file():
        hint = "Parquet is packed as it is: unpack the archive."
        raise InputError("Parquet is not read out of an archive.", where=str(file), hint=hint)
    try:
        return pq.read_schema(file).names
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError(f"Not a Parquet file ({error}).", where=str(file)) from error


DIALECT = Dialect(column_names, open_rows)
