"""Values of Parquet columns as text, by their types; nothing is lost on the way, and no list goes through text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pyarrow as pa

from ...errors import InputError
from ...sql import quote_text
from .list_texts import split_list

LARGEST_WHOLE = 2**53
"""From here on a float does not say which whole number it was."""


@dataclass(frozen=True)
class Value:
    """A value in a row.

    Attributes:
        sql: SQL of it.
        kind: its type.
    """

    sql: str
    kind: pa.DataType

    @property
    def text(self) -> str:
        """SQL of it as text: whole floats as integers, NaN as NULL, bytes as UTF-8."""
        kind = self.kind.value_type if pa.types.is_dictionary(self.kind) else self.kind
        # DuckDB prints a float with the fewest digits that read back as the same float, so nothing is lost on the way.
        text = f"CAST({self.sql} AS VARCHAR)"
        if pa.types.is_floating(kind):
            whole = f"{self.sql} = trunc({self.sql}) AND abs({self.sql}) < {LARGEST_WHOLE}"
            return (
                f"CASE WHEN {whole} THEN CAST(TRY_CAST({self.sql} AS BIGINT) AS VARCHAR) "
                f"WHEN NOT isnan({self.sql}) THEN {text} END"
            )
        if pa.types.is_decimal(kind):
            return f"regexp_replace({text}, '\\.0+$', '')"
        if _is_binary(kind):
            return f"coalesce(TRY(decode({self.sql})), {text})"
        return text

    @property
    def is_broken(self) -> str:
        """SQL condition: bytes that are not UTF-8; empty for other types."""
        return f"({self.sql} IS NOT NULL AND TRY(decode({self.sql})) IS NULL)" if _is_binary(self.kind) else ""


def is_list(kind: pa.DataType) -> bool:
    """Whether values are lists."""
    return (
        pa.types.is_list(kind)
        or pa.types.is_large_list(kind)
        or pa.types.is_fixed_size_list(kind)
        or pa.types.is_list_view(kind)
        or pa.types.is_large_list_view(kind)
    )


def is_nested(kind: pa.DataType) -> bool:
    """Whether values hold others."""
    return is_list(kind) or pa.types.is_struct(kind) or pa.types.is_map(kind)


def value_at(values: Mapping[str, Value], name: str) -> Value | None:
    """The value of a name, which is that of a column or, with dots, of a field inside one; None where there is none.

    Args:
        values: the columns, or the fields of an object, by name.
        name: its own name goes before that of a field inside.
    """
    if name in values:
        return values[name]
    for outer in sorted(values, key=len, reverse=True):
        if name.startswith(f"{outer}.") and (inner := _inside(values[outer], name.removeprefix(f"{outer}."))):
            return inner
    return None


def leaves(values: Mapping[str, Value]) -> Iterator[str]:
    """The names of all fields, without those that hold others."""
    for name, value in values.items():
        if pa.types.is_struct(value.kind):
            yield from (f"{name}.{inner}" for inner in leaves(_fields(value)))
        elif not is_nested(value.kind):
            yield name


def texts_of(value: Value, key: str, delimiter: str | None, file: str, name: str) -> str:
    """SQL of the texts of a key in the elements of a list; "" is the element itself. A text is a list in one.

    Args:
        value: the list, or a text with a delimiter between elements.
        key: of objects in the list.
        delimiter: in text; None: text is not a list.
        file, name: for messages.

    Raises:
        InputError: neither a list nor a text, or a list of objects without that key.
    """
    if not is_list(value.kind):
        if key or delimiter is None:
            raise InputError(f"The column '{name}' holds {value.kind} and no lists.", where=file)
        return split_list(value.text, delimiter)
    element = Value("e", value.kind.value_type)
    inner = _inside(element, key) if key else element
    if inner is None:
        raise InputError(
            f"There is no field '{key}' in the lists of '{name}'.", where=file, hint=f"It is {value.kind}."
        )
    # Objects are asked for by their keys.
    text = "CAST(NULL AS VARCHAR)" if is_nested(inner.kind) else inner.text
    return f"list_transform({value.sql}, lambda e: {text})"


def _inside(value: Value, name: str) -> Value | None:
    if pa.types.is_struct(value.kind):
        return value_at(_fields(value), name)
    if pa.types.is_map(value.kind):
        return Value(f"map_extract({value.sql}, {quote_text(name)})[1]", value.kind.item_type)
    return None


def _fields(value: Value) -> dict[str, Value]:
    return {f.name: Value(f"struct_extract({value.sql}, {quote_text(f.name)})", f.type) for f in value.kind}


def _is_binary(kind: pa.DataType) -> bool:
    return pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind)
