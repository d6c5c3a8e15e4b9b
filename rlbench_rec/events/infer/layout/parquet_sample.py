"""A sample of a Parquet file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ....errors import InputError
from ..sample import Sample, file_pattern
from .json_text import json_value
from .nested import flat_rows

if TYPE_CHECKING:
    import pyarrow as pa

ROWS = 50_000
GROUPS = 8
"""Row groups that are looked into."""
WHOLE = 2**53
"""Whole numbers that floats hold exactly lie below."""


def parquet_sample(path: Path, inner: Path) -> Sample:
    """Rows of a Parquet file, from its whole length.

    Args:
        path: the file, or the archive that holds it.
        inner: the file itself.

    Raises:
        InputError: a file in an archive, a broken one, or one without rows.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not inner.is_file():
        raise InputError("Parquet is not read out of an archive.", where=str(inner), hint="Unpack it.")
    try:
        file = pq.ParquetFile(inner)
        groups = (file.iter_batches(ROWS // GROUPS, row_groups=[g]) for g in _spread(file.num_row_groups, GROUPS))
        batches = [batch for group in groups if (batch := next(group, None)) is not None]
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError(f"Not a Parquet file ({error}).", where=str(inner)) from error
    table = pa.Table.from_batches(batches, file.schema_arrow)
    if not len(table):
        raise InputError("The file has no rows.", where=str(inner))
    flat = flat_rows(_rows(table))
    layout: dict[str, object] = {"lists": flat.lists} if flat.lists else {}
    whole = len(table) == file.metadata.num_rows

    def write(folder: Path) -> Path:
        pq.write_table(table, folder / inner.name)
        return folder / inner.name

    pattern = file_pattern(path)
    return Sample(
        path, "parquet", flat.names, flat.columns(), layout, flat.notes, [], pattern, whole, None if whole else write
    )


def _rows(table: pa.Table) -> list[dict[str, object]]:
    """The rows, values as the loader's texts: it casts in DuckDB too."""
    import duckdb
    import pyarrow as pa

    # By place, since DuckDB takes names that differ in case for the same.
    places = [f"c{place}" for place in range(len(table.column_names))]
    texts = []
    for place, kind in zip(places, table.schema.types, strict=True):
        if pa.types.is_nested(kind):
            texts.append(f"CAST(to_json({place}) AS VARCHAR)")
        elif pa.types.is_floating(kind):
            whole = f"{place} = trunc({place}) AND abs({place}) < {WHOLE}"
            number = (
                f"CASE WHEN {whole} THEN CAST(CAST({place} AS BIGINT) AS VARCHAR) ELSE CAST({place} AS VARCHAR) END"
            )
            texts.append(f"CASE WHEN NOT isnan({place}) THEN {number} END")
        else:
            texts.append(f"CAST({place} AS VARCHAR)")
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        cells = connection.from_arrow(table.rename_columns(places)).project(", ".join(texts)).fetchall()
    nested = [pa.types.is_nested(kind) for kind in table.schema.types]
    return [
        {
            name: json_value(text) if is_nested and text is not None else text
            for name, text, is_nested in zip(table.column_names, row, nested, strict=True)
        }
        for row in cells
    ]


def _spread(count: int, most: int) -> list[int]:
    """At most `most` numbers below `count`, evenly spread, the first and the last among them."""
    if count <= most:
        return list(range(count))
    return sorted({round(i * (count - 1) / (most - 1)) for i in range(most)})
