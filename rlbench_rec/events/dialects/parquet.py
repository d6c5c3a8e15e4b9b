"""Parquet files; a row's line number is its number in the file, from 1."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from ...errors import InputError
from ..card import DatasetCard
from .rows import RawRows, quote_name, quote_text

if TYPE_CHECKING:
    import duckdb


def open_rows(connection: duckdb.DuckDBPyConnection, files: list[Path], card: DatasetCard) -> RawRows:
    """The rows of the files, columns as text.

    Raises:
        InputError: a file that is no Parquet, or files whose columns differ.
    """
    names = _names(files[0])
    for file in files[1:]:
        if _names(file) != names:
            raise InputError(f"The columns differ from those of {files[0].name}.", where=str(file))
    columns = {name: f"CAST({quote_name(name)} AS VARCHAR)" for name in names}
    selects = [
        f"SELECT {number} AS file, file_row_number + 1 AS line, * EXCLUDE (file_row_number) "
        f"FROM read_parquet({quote_text(str(file))}, file_row_number = true)"
        for number, file in enumerate(files)
    ]
    text = f"concat_ws(',', {', '.join(columns.values())})"
    relation = f"(SELECT *, {text} AS text FROM ({' UNION ALL '.join(selects)}))"
    return RawRows(relation, columns, "true", str(files[0]))


def _names(file: Path) -> list[str]:
    try:
        return pq.read_schema(file).names
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError(f"Not a Parquet file ({error}).", where=str(file)) from error
