"""Columns of delimited text that hold lists: what was shown, each with its outcome, or beside what was chosen."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from .list_names import names_items, shown_and_chosen

BETWEEN = (",", "|", ";", "/", " ")
"""Between the elements of a list, in a field that is not split further."""
ENOUGH = 0.98
"""Share of the fields that must fit."""
LOOKED_AT = 2_000
"""Rows in which lists are looked for."""
LABELS = ("-", ":", "_", "=", "#")
"""Before the label of an element."""
MOST_LABELS = 4


@dataclass(frozen=True)
class ListColumns:
    """Lists that were taken apart.

    Attributes:
        names: the columns, with `#`, `#list` and `#label` where the reader adds them.
        columns: name -> texts, one for each element.
        key: the card's `lists`.
        note: what was seen, a sentence.
    """

    names: list[str]
    columns: dict[str, list[str]]
    key: dict[str, object]
    note: str


def find_lists(names: list[str], columns: dict[str, list[str]], delimiter: str) -> ListColumns | None:
    """The lists in the columns of a log, or None where there are none."""
    step = max(len(columns[names[0]]) // LOOKED_AT, 1)
    some = {name: texts[::step] for name, texts in columns.items()}
    for name in names:
        if marks := _marks(some[name], delimiter):
            between, label = marks
            note = f"'{name}' lists what was shown, with a label behind each '{label}': every element is a row."
            return _apart(names, columns, [name], {"columns": [name], "delimiter": between, "label": label}, note)
    in_brackets = {name for name in names if _in_brackets(some[name])}
    for between in BETWEEN:
        # A delimiter within brackets stands in a field that is quoted.
        can_be = [name for name in names if between != delimiter or name in in_brackets]
        lists = {name: [_elements(field, between) for field in some[name]] for name in can_be}
        if pair := shown_and_chosen(lists):
            shown, chosen = pair
            key: dict[str, object] = {"columns": [shown], "delimiter": between, "chosen": chosen}
            note = f"'{shown}' lists what was shown, and {' and '.join(chosen)} which of it was chosen."
            return _apart(names, columns, [shown], key, note)
        if between == " ":
            lists = {name: values for name, values in lists.items() if name in in_brackets}
        if together := _together(lists, in_brackets):
            note = f"Each line holds lists; every element of {', '.join(together)} is a row."
            return _apart(names, columns, together, {"columns": together, "delimiter": between}, note)
    return None


def _marks(fields: Sequence[str], delimiter: str) -> tuple[str, str] | None:
    """What stands between the elements and before their labels, where all have a label that is a digit."""
    full = [field for field in fields if field]
    for between, label in product(BETWEEN, LABELS):
        if between == delimiter or not any(between in field for field in full):
            continue
        element = rf"[^\s{re.escape(between)}]+{re.escape(label)}\d"
        labelled = re.compile(rf"{element}(?:{re.escape(between)}{element})*")
        if sum(labelled.fullmatch(field) is not None for field in full) >= ENOUGH * len(full):
            labels = {part.rpartition(label)[2] for field in full for part in field.split(between)}
            if len(labels) <= MOST_LABELS and labels & {"0", "1"}:
                return between, label
    return None


def _elements(field: str, between: str) -> list[str]:
    """The elements of a field, as `dialects.list_texts` splits it: by what stands between them, or as JSON or Python
    write a list."""
    if not (field.startswith("[") and field.endswith("]")):
        return field.split(between) if field else []
    try:
        return [element if isinstance(element, str) else json.dumps(element) for element in json.loads(field)]
    except (ValueError, RecursionError):
        elements = [element.strip() for element in field[1:-1].strip().split(between)]
        return [e[1:-1] if len(e) > 1 and e[0] == e[-1] == "'" else e for e in elements]


def _in_brackets(fields: Sequence[str]) -> bool:
    """Whether all fields are lists of JSON or Python, none of them of objects."""
    full = [field for field in fields if field]
    lists = [field for field in full if field[0] == "[" and field[-1] == "]" and not field.startswith("[{")]
    return len(lists) >= max(ENOUGH * len(full), 1)


def _together(lists: Mapping[str, list[list[str]]], in_brackets: set[str]) -> list[str]:
    """Columns whose lists are as long as each other, line by line; one alone where it is in brackets."""
    lengths = {name: list(map(len, values)) for name, values in lists.items()}
    varied = [name for name in lists if len(set(lengths[name]) - {0, 1}) > 1 or min(lengths[name], default=0) > 2]
    for name in varied:
        alike = [other for other in varied if _agree(lengths[name], lengths[other])]
        if (len(alike) > 1 or name in in_brackets) and any(map(names_items, alike)):
            return alike
    return []


def _agree(lengths: Sequence[int], others: Sequence[int]) -> bool:
    return sum(a == b for a, b in zip(lengths, others, strict=True)) >= ENOUGH * len(lengths)


def _apart(
    names: list[str], columns: dict[str, list[str]], lists: list[str], key: dict[str, object], note: str
) -> ListColumns:
    """A row for each element; a line without elements, or with lists of different lengths, is left out."""
    between, label = str(key["delimiter"]), str(key.get("label", ""))
    outer = [name for name in names if name not in lists]
    pseudo = ["#", "#list", *(["#label"] if label else [])]
    made: dict[str, list[str]] = {name: [] for name in [*names, *pseudo]}
    for line in range(len(columns[names[0]])):
        split = [_elements(columns[name][line], between) for name in lists]
        if not split[0] or len({len(elements) for elements in split}) > 1:
            continue
        for place, elements in enumerate(zip(*split, strict=True), 1):
            for name in outer:
                made[name].append(columns[name][line])
            for name, element in zip(lists, elements, strict=True):
                made[name].append(element.rpartition(label)[0] if label else element)
            made["#"].append(str(place))
            made["#list"].append(str(line + 1))
            if label:
                made["#label"].append(elements[0].rpartition(label)[2])
    return ListColumns([*names, *pseudo], made, key, note)
