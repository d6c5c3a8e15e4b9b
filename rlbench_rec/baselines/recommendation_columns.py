"""Columns of a Parquet or CSV file as ids and numbers; nothing in it is run, and no name leads anywhere."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..bad_rows import refuse_rows
from ..errors import InputError

if TYPE_CHECKING:
    import pyarrow

DELIMITERS = ",;\t|"
EXACT = 2.0**53
"""The largest number below which floats hold every whole one."""
NUMBER = r"^[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?$"
Roles = Callable[[list[str], str], dict[str, str]]
"""(names of the columns, the file) -> what is read -> the column that holds it."""


def read_columns(path: Path, roles: Roles) -> dict[str, pyarrow.ChunkedArray]:
    """The columns that `roles` chooses, by what they hold.

    Raises:
        InputError: the file cannot be read, has a column twice, or has no rows.
    """
    import pyarrow

    try:
        with path.open("rb") as stream:
            is_parquet = stream.read(4) == b"PAR1"
        table = _parquet(path, roles) if is_parquet else _csv(path, roles)
    except (pyarrow.ArrowException, OSError, UnicodeError, EOFError) as error:
        reason = " ".join(str(error).split())[:200]
        raise InputError(
            f"It cannot be read ({reason}).", where=str(path), hint="Give Parquet, or CSV in UTF-8."
        ) from error
    if not len(next(iter(table.values()))):
        raise InputError("It has no rows.", where=str(path))
    return table


def _parquet(path: Path, roles: Roles) -> dict[str, pyarrow.ChunkedArray]:
    from pyarrow import parquet

    # The file alone: `read_table` would take `item=5` in its path for a column.
    with parquet.ParquetFile(path) as file:
        chosen = _chosen(file.schema_arrow.names, path, roles)
        table = file.read(columns=list(chosen.values()))
    return {role: table.column(name) for role, name in chosen.items()}


def _csv(path: Path, roles: Roles) -> dict[str, pyarrow.ChunkedArray]:
    import pyarrow
    from pyarrow import csv

    with pyarrow.input_stream(str(path), compression="gzip" if _is_gzipped(path) else None) as stream:
        content = pyarrow.py_buffer(stream.read())
    header = bytes(content[: 1 << 16]).split(b"\n")[0].decode("utf-8-sig", errors="replace")
    layout = csv.ParseOptions(delimiter=max(DELIMITERS, key=header.count), newlines_in_values=True)
    reader = csv.open_csv(pyarrow.BufferReader(content), parse_options=layout)
    chosen = _chosen(reader.schema.names, path, roles)
    table = csv.read_csv(
        pyarrow.BufferReader(content),
        parse_options=layout,
        convert_options=csv.ConvertOptions(
            include_columns=list(chosen.values()), column_types=dict.fromkeys(chosen.values(), pyarrow.string())
        ),
    )
    return {role: table.column(name) for role, name in chosen.items()}


def _is_gzipped(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(2) == b"\x1f\x8b"


def _chosen(names: list[str], path: Path, roles: Roles) -> dict[str, str]:
    chosen = roles(names, str(path))
    for name in chosen.values():
        if names.count(name) > 1:
            raise InputError(f"Column {name} is there twice.", where=str(path), hint="Keep one.")
    return chosen


def ids(column: pyarrow.ChunkedArray, role: str, path: Path) -> tuple[np.ndarray, np.ndarray]:
    """(d,) the distinct ids as text, ascending (`7` of the number 7, and of 7.0), and (r,) int64 which of them each row
    has.

    Raises:
        InputError: an empty cell, or something that is neither text nor a whole number.
    """
    import pyarrow
    from pyarrow import compute

    kind = column.type
    if pyarrow.types.is_dictionary(kind):
        column, kind = column.cast(kind.value_type), kind.value_type
    if pyarrow.types.is_floating(kind):
        numbers = column.to_numpy().astype(np.float64)
        bad = ~(np.abs(numbers) < EXACT) | (numbers != np.floor(numbers))
        refuse_rows(
            bad, lambda row, _: _refusal(f"the {role} {numbers[row]:g}", row, path, "Write ids as the log does.")
        )
        column = pyarrow.chunked_array([numbers.astype(np.int64)])
    elif not (pyarrow.types.is_integer(kind) or pyarrow.types.is_string(kind) or pyarrow.types.is_large_string(kind)):
        raise InputError(f"The column of the {role} holds {kind}; text or numbers are needed.", where=str(path))
    texts = compute.utf8_trim_whitespace(column.cast(pyarrow.string()))
    empty = compute.or_kleene(texts.is_null(), compute.equal(texts, "")).to_numpy()
    refuse_rows(empty.astype(bool), lambda row, _: _refusal(f"no {role}", row, path))
    # numpy leaves zeros at the end of a text out, which would make two names one.
    zeros = compute.match_substring(texts, "\0").to_numpy()
    refuse_rows(zeros.astype(bool), lambda row, _: _refusal(f"a zero byte in the {role}", row, path))
    coded = texts.combine_chunks().dictionary_encode()
    names = coded.dictionary.to_numpy(zero_copy_only=False).astype(np.str_)
    order = np.argsort(names)
    places = np.empty(len(names), dtype=np.int64)
    places[order] = np.arange(len(names))
    return names[order], places[coded.indices.to_numpy()]


def values(column: pyarrow.ChunkedArray, role: str, path: Path) -> np.ndarray:
    """(r,) float64 of a column of numbers.

    Raises:
        InputError: a cell that is empty, or is not a finite number.
    """
    import pyarrow
    from pyarrow import compute, types

    if types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if types.is_string(column.type) or types.is_large_string(column.type):
        column = compute.utf8_trim_whitespace(column)
        is_number = compute.match_substring_regex(column, NUMBER).fill_null(False)
        # What is not a number is refused below, with the cell as it stands.
        numbers = compute.if_else(is_number, column, None).cast(pyarrow.float64()).to_numpy()
        cells = column
    elif any(is_kind(column.type) for is_kind in (types.is_floating, types.is_integer, types.is_decimal)):
        # Whole numbers above 2^53 are rounded.
        cells, numbers = column, column.cast(pyarrow.float64(), safe=False).to_numpy()
    else:
        raise InputError(f"The column of the {role} holds {column.type}; numbers are needed.", where=str(path))
    refuse_rows(~np.isfinite(numbers), lambda row, _: _refusal(f"the {role} {cells[row].as_py()!r}", row, path))
    return np.asarray(numbers, dtype=np.float64)


def _refusal(what: str, row: int, path: Path, hint: str | None = None) -> InputError:
    return InputError(f"Row {row + 1} has {what}.", where=str(path), hint=hint)
