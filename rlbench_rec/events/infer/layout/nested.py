"""Objects with objects and arrays in them -> flat rows of text, named as cards name them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ....column_names import plain
from .json_text import as_text
from .list_names import ITEM_NAMES, names_items, shown_and_chosen

DEEPEST = 8
"""Objects within objects are taken apart no deeper."""
ALIKE = 0.99
"""Share of the rows in which lists that belong together have one length."""
LOOKED_AT = 2_000
"""Rows in which what was shown and what was chosen are looked for."""


@dataclass
class FlatRows:
    """Rows of one kind.

    Attributes:
        names: the columns.
        rows: name -> text; what a row lacks is missing.
        lists: the card's `lists`, where columns hold lists that were taken apart; else empty.
        notes: what was done, a sentence each.
    """

    names: list[str]
    rows: list[dict[str, str]]
    lists: dict[str, object] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def columns(self) -> dict[str, list[str]]:
        """Name -> texts."""
        return {name: [row.get(name, "") for row in self.rows] for name in self.names}


def flat_rows(objects: Iterable[Mapping[str, object]]) -> FlatRows:
    """The rows of some objects.

    An object in a row gives columns like `properties.price`. An array of objects gives a row for each element, and
    columns like `items[].price`; lists that are as long as each other give a row for each element too. Other arrays
    stay as they are.
    """
    flat: list[dict[str, object]] = []
    for object_of_row in objects:
        row: dict[str, object] = {}
        _flatten(object_of_row, "", row, 0)
        flat.append(row)
    arrays = [name for name in _all_names(flat) if _is_array(flat, name)]
    objects_in = [name for name in arrays if _holds_objects(flat, name)]
    if objects_in:
        return _elements(flat, max(objects_in, key=lambda name: _likeness_to_items(flat, name)), objects_in)
    some = flat[:: max(len(flat) // LOOKED_AT, 1)]
    pair = shown_and_chosen({name: [list(map(as_text, _list(row.get(name)))) for row in some] for name in arrays})
    if pair:
        shown, chosen = pair
        note = f"'{shown}' lists what was shown, and {' and '.join(chosen)} which of it was chosen."
        return _lists(flat, [shown], {"columns": [shown], "chosen": chosen}, note)
    if together := _of_one_length(flat, arrays):
        note = f"Each line holds lists; every element of {', '.join(together)} is a row."
        return _lists(flat, together, {"columns": together}, note)
    return _plain(flat)


def _flatten(value: Mapping[str, object], prefix: str, row: dict[str, object], depth: int) -> None:
    for key, inner in value.items():
        name = f"{prefix}{key}"
        if isinstance(inner, dict) and inner and depth < DEEPEST:
            _flatten(inner, f"{name}.", row, depth + 1)
        elif name not in row:
            # A flat key of that very name wins.
            row[name] = inner
    if depth == 0:
        for key, inner in value.items():
            if not isinstance(inner, dict):
                row[key] = inner


def _all_names(rows: Iterable[Mapping[str, object]]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row))


def _is_array(rows: list[dict[str, object]], name: str) -> bool:
    return any(isinstance(row.get(name), list) for row in rows)


def _holds_objects(rows: list[dict[str, object]], name: str) -> bool:
    return any(isinstance(element, dict) for row in rows for element in _list(row.get(name)))


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _likeness_to_items(rows: list[dict[str, object]], name: str) -> tuple[bool, int]:
    """Whether the elements of an array have an item each, and how many there are."""
    elements = [element for row in rows for element in _list(row.get(name)) if isinstance(element, dict)]
    keys = {plain(key.split(".")[-1]) for element in elements[:1000] for key in element}
    return bool(keys & ITEM_NAMES), len(elements)


def _of_one_length(rows: list[dict[str, object]], arrays: list[str]) -> list[str]:
    """The lists that belong together; a single one where it is called like items."""
    lengths = {
        name: [len(value) if isinstance(value := row.get(name), list) else -1 for row in rows] for name in arrays
    }
    several = [name for name in arrays if any(length > 1 for length in lengths[name])]
    for name in several:
        others = [other for other in several if _agree(lengths[name], lengths[other])]
        if len(others) > 1 and (any(map(names_items, others)) or len(others) > 2):
            return others
    items = [name for name in several if names_items(name)]
    return items[:1]


def _agree(lengths: list[int], others: list[int]) -> bool:
    return sum(a == b for a, b in zip(lengths, others, strict=True)) >= ALIKE * len(lengths)


def _elements(rows: list[dict[str, object]], array: str, arrays: list[str]) -> FlatRows:
    """A row for each element of an array of objects; one without the array stays one row."""
    made: list[dict[str, str]] = []
    keys: dict[str, None] = {}
    for number, row in enumerate(rows, 1):
        outer = {name: as_text(value) for name, value in row.items() if name != array}
        elements = _list(row.get(array))
        for place, element in enumerate(elements, 1):
            inner: dict[str, object] = {}
            _flatten(element if isinstance(element, dict) else {}, "", inner, 0)
            texts = {f"{array}[].{key}": as_text(value) for key, value in inner.items()}
            keys |= dict.fromkeys(texts)
            made.append({**outer, **texts, "#": str(place), "#list": str(number)})
        if not elements:
            made.append({**outer, "#list": str(number)})
    names = [name for name in _all_names(rows) if name != array]
    notes = [f"Each element of '{array}' is a row; its keys are named like '{next(iter(keys), array)}'."]
    left = [name for name in arrays if name != array]
    if left:
        notes.append(f"Other arrays of objects are left as they are: {', '.join(left)}.")
    return FlatRows([*names, *keys, "#", "#list"], made, notes=notes)


def _lists(rows: list[dict[str, object]], together: list[str], key: dict[str, object], note: str) -> FlatRows:
    """A row for each element of lists of one length; a row whose lists differ stays one, without them."""
    made: list[dict[str, str]] = []
    for number, row in enumerate(rows, 1):
        outer = {name: as_text(value) for name, value in row.items() if name not in together}
        lists = [_list(row.get(name)) for name in together]
        if len({len(values) for values in lists}) > 1 or not lists[0]:
            made.append(outer)
            continue
        for place, elements in enumerate(zip(*lists, strict=True), 1):
            texts = dict(zip(together, map(as_text, elements), strict=True))
            made.append({**outer, **texts, "#": str(place), "#list": str(number)})
    return FlatRows([*_all_names(rows), "#", "#list"], made, key, [note])


def _plain(rows: list[dict[str, object]]) -> FlatRows:
    return FlatRows(_all_names(rows), [{name: as_text(value) for name, value in row.items()} for row in rows])
