"""Lines that hold lists: each element becomes a row, whatever the dialect."""

from __future__ import annotations

from dataclasses import replace

from ...sql import quote_text
from ..cards.card import DatasetCard
from ..cards.shape import raw_names
from .rows import RawRows

ELEMENT, LIST = "#", "#list"
"""Columns that every such row has beside the raw ones: its number in the list, from 1, and the number of the line."""


def one_row_each(raw: RawRows, card: DatasetCard) -> RawRows:
    """The rows of a log whose lines hold lists; of other logs the rows as they are.

    An element takes the place of its list, and all else of the line is repeated. A line whose lists are missing, empty
    or of different lengths stays one row, without fields, so that it is set aside and no line is lost.

    Args:
        raw: one row per line.
        card: which columns are lists; keys of objects in them are those that the card names as `column.key`.

    Raises:
        InputError: the files lack a column.
    """
    lists = card.lists
    if lists is None:
        return raw
    is_json = card.dialect == "jsonl"
    keys = {column: [n for n in named(card) if n.startswith(f"{column}.")] for column in lists.columns}
    split = {column: _split(raw.column(column), lists.delimiter, is_json) for column in lists.columns}
    arrays = ", ".join(f"{array} AS list_{i}" for i, array in enumerate(split.values()))
    first, *others = (f"len(list_{i})" for i in range(len(split)))
    equal = " AND ".join([raw.well_formed, f"{first} > 0", *(f"{first} = {other}" for other in others)])

    names = [name for name in raw.names if name not in split]
    fields = [raw.column(name) for name in names]
    for i, column in enumerate(split):
        # DuckDB takes JSON text apart by pointers; an element that is a text or a number has itself for a value.
        pointers = [
            "",
            *("/" + key.removeprefix(f"{column}.").replace("~", "~0").replace("/", "~1") for key in keys[column]),
        ]
        names += [column, *keys[column]]
        value = f"list_{i}[element]"
        fields += [f"json_extract_string({value}, {quote_text(p)})" if is_json else value for p in pointers]
    names += [ELEMENT, LIST]
    fields += ["CAST(element AS VARCHAR)", "CAST(line AS VARCHAR)"]

    text = "CAST(list_0[element] AS VARCHAR)" if is_json and len(split) == 1 else "text"
    cut = f"SELECT file, line, text, fields, {arrays} FROM {raw.relation}"
    elements = f"SELECT *, unnest(CASE WHEN {equal} THEN range(1, {first} + 1) ELSE [0] END) AS element FROM ({cut})"
    relation = (
        f"(SELECT file, line, element, CASE WHEN element > 0 THEN {text} ELSE text END AS text, "
        f"CASE WHEN element > 0 THEN [{', '.join(fields)}] END AS fields FROM ({elements}))"
    )
    return replace(raw, relation=relation, names=names, place=(*raw.place, "element"))


def _split(text: str, delimiter: str, is_json: bool) -> str:
    if not is_json:
        return f"string_split({text}, {quote_text(delimiter)})"
    # What is not a list has no elements. In a CASE, since DuckDB stops at the first text that is not JSON.
    of_list = f"CASE json_type({text}) WHEN 'ARRAY' THEN json_extract({text}, '$[*]') END"
    return f"CASE WHEN json_valid({text}) THEN {of_list} END"


def named(card: DatasetCard) -> list[str]:
    """The raw columns that a card names."""
    columns = (name for role in card.columns.model_dump().values() for name in raw_names(role))
    return list(dict.fromkeys([*columns, *card.outcomes, *card.where]))
