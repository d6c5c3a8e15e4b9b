"""Delimited text (CSV, TSV, Hive, MovieLens): with or without a header, columns in any order."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import InputError
from ...sql import quote_text
from ..cards.card import DatasetCard
from ..read.casts import by_card
from ..read.fields import BLANKS, FieldForm, split_fields
from ..read.numbered_lines import LineStream
from ..read.text_files import head_lines
from .rows import Dialect, RawRows, reordered

if TYPE_CHECKING:
    import duckdb


def open_rows(connection: duckdb.DuckDBPyConnection, files: list[Path], card: DatasetCard, names: list[str]) -> RawRows:
    """Register the files' lines with the connection.

    Raises:
        InputError: an empty file.
    """
    form = _form(card)
    beginnings = [_beginning(file, card, form) for file in files]
    stream = LineStream(files, form, encoding=card.encoding, left_out=[lines for _, lines in beginnings])
    connection.register("raw_lines", stream.reader())
    fields = f"coalesce(quoted, string_split(text, {quote_text(card.delimiter)}))"
    if card.trim:
        fields = f"list_transform({fields}, lambda field: trim(field, {quote_text(BLANKS)}))"
    if card.comment:
        fields = f"CASE WHEN NOT starts_with(text, {quote_text(card.comment)}) THEN {fields} END"
    relation = f"SELECT file, line, text, {fields} AS fields FROM raw_lines"
    if card.trailing_delimiter:
        width = f"{[len(file_names) for file_names, _ in beginnings]}[file + 1]"
        is_more = f"lambda field: trim(field, {quote_text(BLANKS)}) <> ''"
        named = f"CASE WHEN list_filter(fields[{width} + 1:], {is_more}) = [] THEN fields[:{width}] ELSE fields END"
        relation = f"SELECT * REPLACE ({named} AS fields) FROM ({relation})"
    fields = reordered("fields", [by_card(file_names, card) for file_names, _ in beginnings], names)
    if fields != "fields":
        relation = f"SELECT * REPLACE ({fields} AS fields) FROM ({relation})"
    return RawRows(f"({relation})", names, str(files[0]), stream)


def header_names(files: list[Path], card: DatasetCard) -> list[list[str]]:
    """The columns of each file.

    Raises:
        InputError: an empty file, a header with an open quote, or names in the card that are fewer or more.
    """
    form = _form(card)
    return [by_card(_beginning(file, card, form)[0], card) for file in files]


def _form(card: DatasetCard) -> FieldForm:
    return FieldForm(card.delimiter, card.quote, card.escape, card.trim)


def column_names(fields: list[str]) -> list[str]:
    """The names in a header; a column without one is called by its number: `column_7`."""
    return [name.strip() or f"column_{number}" for number, name in enumerate(fields, 1)]


def _beginning(file: Path, card: DatasetCard, form: FieldForm) -> tuple[list[str], list[int]]:
    """The names of a file's columns, and the numbers of the lines that are not rows."""
    preamble = list(range(1, card.skip_lines + 1))
    for number, line in zip(count(1), head_lines(file, card.encoding)):
        if number <= card.skip_lines or (card.comment and line.startswith(card.comment)):
            continue
        if not line:
            break
        if not card.header:
            return card.names, preamble
        return _header_names(line, card, form, f"{file}:{number}"), [*preamble, number]
    after = f", or its first line after {card.skip_lines} skipped ones is" if card.skip_lines else ""
    raise InputError(f"The file is empty{after or ', or its first line is'}.", where=str(file))


def _header_names(line: str, card: DatasetCard, form: FieldForm, where: str) -> list[str]:
    fields = split_fields(line, *form)
    if fields is None:
        raise InputError("The header has a quote that is never closed.", where=where)
    while card.trailing_delimiter and len(fields) > 1 and not fields[-1].strip():
        fields.pop()
    if card.names and len(card.names) != len(fields):
        raise InputError(
            f"The header has {len(fields)} columns, and the card's names are {len(card.names)}.",
            where=where,
            hint="Name every column, in the order of the file; header = false if this line is a row.",
        )
    return card.names or column_names(fields)


DIALECT = Dialect(header_names, open_rows)
