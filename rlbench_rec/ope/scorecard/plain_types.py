"""Values of types that a Parquet file may hold, but few functions of Arrow or DuckDB take, in types that all take."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow


def in_plain_type(column: pyarrow.ChunkedArray) -> pyarrow.ChunkedArray:
    """A column without categories, extensions (UUID, JSON), views of text, half floats and short decimals: the same
    values as what they stand for."""
    import pyarrow

    types = pyarrow.types
    if types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if isinstance(column.type, pyarrow.BaseExtensionType):
        column = column.cast(column.type.storage_type)
    kind = column.type
    if types.is_string_view(kind):
        return column.cast(pyarrow.string())
    if types.is_binary_view(kind):
        return column.cast(pyarrow.binary())
    if types.is_float16(kind):
        return column.cast(pyarrow.float32())
    # Arrow before 18 has neither these nor a name for them.
    if str(kind).startswith(("decimal32", "decimal64")):
        return column.cast(pyarrow.decimal128(kind.precision, kind.scale))
    return column
