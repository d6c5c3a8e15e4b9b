"""Lines that hold lists: each element becomes a row, whatever the dialect."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ...sql import quote_text
from ..cards.card import DatasetCard
from ..event_types import EVENTS
from .json_fields import text_of_key
from .list_texts import split_list
from .named_columns import element_keys, roles_of_ids
from .rows import ABSENT, RawRows

ELEMENT, LIST = "#", "#list"
"""Columns that every such row has beside the raw ones: its number in the list, from 1, and the number of the line."""
FILE_STEP = 2**40
"""What is added to the number of a line in each further file."""
LABEL, CHOSEN = "#label", "#chosen"
"""What follows the last `lists.label` in an element, and the event of an element by `lists.chosen`."""
JSON_DIALECTS = ("json", "jsonl")


@dataclass(frozen=True)
class _Array:
    """An array in a line.

    Attributes:
        sql: SQL of its elements; NULL where it is not an array.
        is_absent: SQL condition: the line has none.
        columns: the columns that come of it: name -> key in an element.
        texts: key -> SQL of the text of that key in the element `element` of `sql`.
    """

    sql: str
    is_absent: str
    columns: dict[str, str]
    texts: dict[str, str]


def one_row_each(raw: RawRows, card: DatasetCard) -> RawRows:
    """The rows of a log whose lines hold lists; of other logs the rows as they are.

    An element takes the place of its list, and all else of the line is repeated. A line whose `lists` are missing,
    empty or of different lengths, or that has a chosen element which was not shown just once, stays one row, without
    fields, so that it is set aside and no line is lost. A line without the array of `items[].key` is one row with a
    null there.

    Args:
        raw: one row per line.
        card: which columns are lists, and which keys of objects in them it names.

    Raises:
        InputError: the files lack a column.
    """
    keys = element_keys(card)
    if not keys:
        return raw
    arrays = [_array(raw, card, name, columns) for name, columns in keys.items()]
    is_explicit = card.lists is not None
    lengths = [
        f"len(list_{i})" if is_explicit else f"CASE WHEN absent_{i} THEN 0 ELSE len(list_{i}) END"
        for i in range(len(arrays))
    ]
    first, *others = lengths
    conditions = [raw.well_formed, f"{first} > 0", *(f"{first} = {other}" for other in others)]
    cut = [f"{array.sql} AS list_{i}" for i, array in enumerate(arrays)]
    if not is_explicit:
        cut += [f"coalesce({array.is_absent}, true) AS absent_{i}" for i, array in enumerate(arrays)]
    chosen = _chosen(raw, card)
    cut += [f"{choices} AS chosen_{i}" for i, choices in enumerate(chosen)]
    lines = f"SELECT *, {', '.join(cut)} FROM {raw.relation}"
    if chosen:
        lines = f"SELECT *, {_shown(card, arrays)} AS shown FROM ({lines})"
        conditions += [_each_shown_once(f"chosen_{i}") for i in range(len(chosen))]

    of_line = [name for name in raw.names if name not in keys]
    columns = {name: raw.column(name) for name in of_line if raw.names.count(name) == 1}
    names, fields = list(of_line), [columns.get(name, ABSENT) for name in of_line]
    for name, text in _element_columns(raw, card, arrays, chosen):
        names.append(name)
        fields.append(text)

    is_whole = "element > 0"
    if not is_explicit:
        # A line without the array is a row of its own.
        is_whole = f"element > 0 OR ({raw.well_formed} AND {' AND '.join(f'{n} = 0' for n in lengths)})"
    if card.lists and card.lists.label:
        is_whole = f"element > 0 AND len({_parts(arrays[0], card.lists.label)}) > 1"
    text = "CAST(list_0[element] AS VARCHAR)" if card.dialect in JSON_DIALECTS and len(arrays) == 1 else "text"
    rows = f"CASE WHEN {' AND '.join(conditions)} THEN range(1, {first} + 1) ELSE [0] END"
    elements = f"SELECT *, unnest({rows}) AS element FROM ({lines})"
    relation = (
        f"(SELECT file, line, element, CASE WHEN element > 0 THEN {text} ELSE text END AS text, "
        f"CASE WHEN {is_whole} THEN [{', '.join(fields)}] END AS fields FROM ({elements}))"
    )
    return replace(raw, relation=relation, names=names, place=(*raw.place, "element"), lists={})


def _array(raw: RawRows, card: DatasetCard, name: str, columns: dict[str, str]) -> _Array:
    place = list(element_keys(card)).index(name)
    value = f"list_{place}[element]"
    if raw.lists:
        columns_of_keys = {key: raw.lists[name, key] for key in columns.values()}
        first = next(iter(columns_of_keys.values()))
        return _Array(first, f"{first} IS NULL", columns, {k: f"{c}[element]" for k, c in columns_of_keys.items()})
    text = raw.column(name)
    if card.dialect not in JSON_DIALECTS:
        split = split_list(text, card.lists.delimiter if card.lists else ",")
        return _Array(split, f"{text} IS NULL", columns, {"": value})
    ids = roles_of_ids(card)
    texts = {key: text_of_key(value, key, is_id=column in ids) for column, key in columns.items()}
    return _Array(_json_list(text), f"{text} IS NULL", columns, texts)


def _json_list(text: str) -> str:
    # What is not a list has no elements. In a CASE, since DuckDB stops at the first text that is not JSON.
    of_list = f"CASE json_type({text}) WHEN 'ARRAY' THEN json_extract({text}, '$[*]') END"
    return f"CASE WHEN json_valid({text}) THEN {of_list} END"


def _element_columns(
    raw: RawRows, card: DatasetCard, arrays: list[_Array], chosen: list[str]
) -> Iterator[tuple[str, str]]:
    """Name and SQL of each column that differs between the elements of a line."""
    label = card.lists.label if card.lists else ""
    for array in arrays:
        for name, key in array.columns.items():
            yield name, _text(array, key, label if array is arrays[0] else "")
    yield (
        ELEMENT,
        "CAST(element AS VARCHAR)" if card.lists else "CASE WHEN element > 0 THEN CAST(element AS VARCHAR) END",
    )
    # Numbers of their own in each file: lists of two files are two.
    yield LIST, f"CAST(line + {FILE_STEP} * (file + {raw.first}) AS VARCHAR)"
    if label:
        yield LABEL, f"{_parts(arrays[0], label)}[-1]"
    if chosen:
        whens = (
            f"WHEN list_contains(chosen_{i}, shown[element]) THEN {quote_text(event)}"
            for i, event in enumerate(_strongest_first(card).values())
        )
        yield CHOSEN, f"CASE {' '.join(whens)} ELSE 'impression' END"


def _text(array: _Array, key: str, label: str) -> str:
    """SQL of the text of a key; of the element itself what stands before its label."""
    if key or not label:
        return array.texts[key]
    return f"array_to_string({_parts(array, label)}[:-2], {quote_text(label)})"


def _parts(array: _Array, label: str) -> str:
    return f"string_split({array.texts['']}, {quote_text(label)})"


def _strongest_first(card: DatasetCard) -> dict[str, str]:
    chosen = card.lists.chosen if card.lists else {}
    return dict(sorted(chosen.items(), key=lambda item: EVENTS.index(item[1]), reverse=True))


def _chosen(raw: RawRows, card: DatasetCard) -> list[str]:
    """SQL of the texts of those elements that were chosen, a list for each column; empty where none was."""
    made = []
    for name in _strongest_first(card):
        texts = raw.lists[name, ""] if raw.lists else _texts_in(raw.column(name), card)
        known = " AND ".join([*(f"t <> {quote_text(word)}" for word in card.missing), "t <> ''"])
        made.append(f"list_filter(coalesce({texts}, []), lambda t: {known})")
    return made


def _texts_in(text: str, card: DatasetCard) -> str:
    if card.dialect not in JSON_DIALECTS:
        return split_list(text, card.lists.delimiter if card.lists else ",")
    of_list = f"list_transform({_json_list(text)}, lambda e: json_extract_string(e, ''))"
    # A single text stands for a list of one.
    return f"coalesce({of_list}, [{text}])"


def _shown(card: DatasetCard, arrays: list[_Array]) -> str:
    """SQL of the items of a line's elements, as the texts to which those chosen are compared."""
    item = card.columns.item
    place, array = next((i, array) for i, array in enumerate(arrays) if item in array.columns)
    text = _text(array, array.columns[item], card.lists.label if card.lists and place == 0 else "")
    return f"list_transform(range(1, len(list_{place}) + 1), lambda element: {text})"


def _each_shown_once(chosen: str) -> str:
    once = f"len(list_filter(shown, lambda s: list_contains({chosen}, s))) = len(list_distinct({chosen}))"
    return f"list_has_all(shown, {chosen}) AND {once}"
