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
from .named_columns import array_names, element_keys, single_names, wanted_context
from .parquet_types import Value, is_list, is_nested, leaves, texts_of, value_at
from .rows import ABSENT, Dialect, RawRows

if TYPE_CHECKING:
    import duckdb

NO_LIST = "CAST(NULL AS VARCHAR[])"


def open_rows(connection: duckdb.DuckDBPyConnection, files: list[Path], card: DatasetCard, names: list[str]) -> RawRows:
    """The rows of the files, columns as text: they go through the same account as the lines of a CSV.

    Raises:
        InputError: a file that is not Parquet, or a column of lists or objects where the card takes it for a value.
    """
    lists = [(name, key) for name, keys in element_keys(card).items() for key in keys.values()]
    lists += [(name, "") for name in array_names(card) if name not in element_keys(card)]
    selects = [_select(number, file, card, names, lists) for number, file in enumerate(files)]
    relation = f"(SELECT *, CAST(to_json(fields) AS VARCHAR) AS text FROM ({' UNION ALL '.join(selects)}))"
    return RawRows(relation, names, str(files[0]), lists={key: f"texts_{i}" for i, key in enumerate(lists)})


def _select(number: int, file: Path, card: DatasetCard, names: list[str], lists: list[tuple[str, str]]) -> str:
    schema = _schema(file)
    # By place, since DuckDB takes names that differ in case for the same.
    columns = [f"c{place}" for place in range(len(schema))]
    top = by_card(schema.names, card)
    values = {n: Value(c, kind) for n, c, kind in zip(top, columns, schema.types, strict=True)}
    used = single_names(card)
    by_name = {name: value_at(values, name) for name in names}
    # Lists and objects may be a category or a condition, as text, and so may a list of probabilities: DuckDB prints a
    # float with the digits that read back as the same float.
    as_text = (card.columns.category, card.columns.probabilities, *card.where, *card.context)
    for name in [name for name in used if name not in as_text]:
        value = by_name.get(name)
        if value and is_nested(value.kind):
            raise _nested(file, name, value.kind)
    fields = ", ".join(value.text if value else ABSENT for value in by_name.values())
    if undecodable := [value.is_broken for name in used if (value := by_name.get(name)) and value.is_broken]:
        fields = f"CASE WHEN NOT ({' OR '.join(undecodable)}) THEN [{fields}] END"
    else:
        fields = f"[{fields}]"
    made = []
    for i, (name, key) in enumerate(lists):
        value = value_at(values, name)
        delimiter = card.lists.delimiter if card.lists else None
        made.append(f", {texts_of(value, key, delimiter, str(file), name) if value else NO_LIST} AS texts_{i}")
    return (
        f"SELECT {number} AS file, row + 1 AS line, {fields} AS fields{''.join(made)} "
        f"FROM {parquet_rows([file], 'file_row_number = true')} AS raw({', '.join([*columns, 'row'])})"
    )


def column_names(files: list[Path], card: DatasetCard) -> list[list[str]]:
    """The columns of each file, and the fields inside them that the card names.

    Raises:
        InputError: not a Parquet file.
    """
    return [_names(file, card) for file in files]


def _names(file: Path, card: DatasetCard) -> list[str]:
    schema = _schema(file)
    top = by_card(schema.names, card)
    values = {name: Value("", kind) for name, kind in zip(top, schema.types, strict=True)}
    inner = [
        name for name in [*single_names(card), *array_names(card)] if name not in values and value_at(values, name)
    ]
    for prefix in wanted_context(card):
        inner += [name for name in leaves(values) if name.startswith(prefix) and name not in values]
    return [*top, *dict.fromkeys(inner)]


def _schema(file: Path) -> pa.Schema:
    if not file.is_file():
        hint = "Parquet is packed as it is: unpack the archive."
        raise InputError("Parquet is not read out of an archive.", where=str(file), hint=hint)
    try:
        return pq.read_schema(file)
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError(f"Not a Parquet file ({error}).", where=str(file)) from error


def _nested(file: Path, name: str, kind: pa.DataType) -> InputError:
    if is_list(kind):
        hint = f'Make each element a row: lists = {{ columns = ["{name}"] }}, or {name}[].key for objects in the list.'
        return InputError(f"The column '{name}' holds lists.", where=str(file), hint=hint)
    inner = ", ".join(f"{name}.{field.name}" for field in kind) if pa.types.is_struct(kind) else f"{name}.key"
    return InputError(f"The column '{name}' holds fields of its own.", where=str(file), hint=f"Name one: {inner}.")


DIALECT = Dialect(column_names, open_rows)
