"""Fields of JSON objects by their keys: `a.b` is that key or, where there is none, the key `b` in the object `a`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from itertools import product
from typing import TYPE_CHECKING

from ...sql import quote_text
from .named_columns import array_names, roles_of_ids, single_names, wanted_context

if TYPE_CHECKING:
    from ..cards.card import DatasetCard

MOST_DOTS = 4
"""Of a name that is tried as every path that it can stand for; with more it is one key, or one key a part."""
PLACE = re.compile("[0-9]{1,9}")
"""The place of an element in an array, as part of a name."""


def is_unicode(text: str, value: object) -> bool:
    """Whether the strings in a value, decoded from a text, are Unicode; where one holds half a character, written
    `\\ud800`, DuckDB does not take the text for JSON."""
    if "\\ud" not in text.lower():
        return True
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def paths(name: str) -> list[tuple[str, ...]]:
    """The keys, outermost first, that a name can stand for; the fewest keys first, so that a flat key wins."""
    parts = name.split(".")
    if len(parts) > MOST_DOTS + 1:
        return [(name,), tuple(parts)]
    made = []
    for cuts in product((False, True), repeat=len(parts) - 1):
        path = [parts[0]]
        for cut, part in zip(cuts, parts[1:], strict=True):
            if cut:
                path.append(part)
            else:
                path[-1] += f".{part}"
        made.append(tuple(path))
    return sorted(made, key=len)


def pointers(name: str) -> list[str]:
    """`paths` as SQL literals of JSON pointers, which take any key."""
    return [quote_text("".join("/" + k.replace("~", "~0").replace("/", "~1") for k in path)) for path in paths(name)]


def text_of_key(value: str, name: str, *, is_id: bool) -> str:
    """SQL of the text of a key in `value`, which is a JSON object; "" is the value itself.

    Args:
        value: SQL.
        name: the key.
        is_id: an object or an array is not an id: NULL.
    """
    texts = [f"json_extract_string({value}, {pointer})" for pointer in (pointers(name) if name else ["''"])]
    text = texts[0] if len(texts) == 1 else f"coalesce({', '.join(texts)})"
    if not is_id:
        return text
    return f"CASE WHEN NOT ({is_nested(value, name, text)}) THEN {text} END"


def is_nested(value: str, name: str, text: str) -> str:
    """SQL condition: the text of a key is that of an object or array."""
    types = [f"json_type({value}, {pointer})" for pointer in (pointers(name) if name else ["''"])]
    kind = types[0] if len(types) == 1 else f"coalesce({', '.join(types)})"
    # The first character says it nearly always, without looking into the JSON once more.
    return f"coalesce({text}[1] IN ('{{', '[') AND {kind} IN ('OBJECT', 'ARRAY'), false)"


def fields_sql(relation: str, names: list[str], card: DatasetCard) -> str:
    """SQL of the rows with their `fields`. A text that is not a JSON object has none, and so has a row whose item, user
    or session is an object or an array where its id is a text.

    Args:
        relation: SQL to select file, line and text from.
        names: the keys.
        card: which of them it names; the others are keys of the line itself.
    """
    asked, prefixes = {*single_names(card), *array_names(card)}, tuple(wanted_context(card))
    by_name = {
        name: pointers(name) if name in asked or name.startswith(prefixes) else pointers(name)[:1] for name in names
    }
    every = [pointer for of_name in by_name.values() for pointer in of_name]
    # In a CASE each, since a reader of JSON stops at the first text that is none.
    of_object = f"CASE json_type(text) WHEN 'OBJECT' THEN json_extract_string(text, [{', '.join(every)}]) END"
    at_pointers = f"CASE WHEN quoted IS NULL AND json_valid(text) THEN {of_object} END"
    if len(every) > len(names):
        places = iter(range(1, len(every) + 1))
        texts = [[f"at_pointers[{next(places)}]" for _ in of_name] for of_name in by_name.values()]
        merged = ", ".join(text[0] if len(text) == 1 else f"coalesce({', '.join(text)})" for text in texts)
        relation = f"(SELECT file, line, text, {at_pointers} AS at_pointers FROM {relation})"
        at_pointers = f"CASE WHEN at_pointers IS NOT NULL THEN [{merged}] END"
    selected = f"SELECT file, line, text, {at_pointers} AS fields FROM {relation}"
    ids = [name for name in roles_of_ids(card) if name in names and name in single_names(card)]
    if ids:
        nested = " OR ".join(is_nested("text", name, f"fields[{names.index(name) + 1}]") for name in ids)
        # In a CASE, since what has no fields need not be JSON.
        selected = (
            f"SELECT file, line, text, CASE WHEN CASE WHEN fields IS NOT NULL THEN {nested} END THEN NULL "
            f"ELSE fields END AS fields FROM ({selected})"
        )
    return f"({selected})"


class KeyNames:
    """The keys that objects have, and those that the card names.

    Args:
        card: the card.

    Attributes:
        names: the keys, in the order in which they were seen first.
    """

    def __init__(self, card: DatasetCard):
        self.names: dict[str, None] = {}
        self._wanted = dict.fromkeys([*single_names(card), *array_names(card)])
        self._patterns = wanted_context(card)
        self._nested: dict[str, None] = {}

    def add(self, text: str) -> None:
        """Take in the keys of one row; of a text that is not a JSON object there are none."""
        try:
            row = json.loads(text)
        except (ValueError, RecursionError):
            return
        if not isinstance(row, dict) or not is_unicode(text, row):
            return
        self.names |= dict.fromkeys(row)
        for name in self._wanted:
            if any(_has(row, path) for path in paths(name)):
                self._nested[name] = None
        for prefix in self._patterns:
            self._nested |= dict.fromkeys(name for name in _leaves(row, prefix) if name.startswith(prefix))

    def missing(self) -> list[str]:
        """Those that the card names and no row had."""
        return [name for name in self._wanted if name not in self.names and name not in self._nested]

    def all(self, blocks: Iterable[bytes]) -> list[str]:
        """Every key: also those that the card names and that only later rows have.

        Args:
            blocks: the bytes of the files, in UTF-8.
        """
        late = self.missing()
        keys = {key for name in late for path in paths(name) for key in path}
        occurring = _occurring(keys, blocks) if keys else set()
        occurs = [name for name in late if any(occurring.issuperset(path) for path in paths(name))]
        return list(dict.fromkeys([*self.names, *self._nested, *occurs]))


def _has(value: object, path: tuple[str, ...]) -> bool:
    for key in path:
        if isinstance(value, list) and PLACE.fullmatch(key) and int(key) < len(value):
            value = value[int(key)]
        elif isinstance(value, dict) and key in value:
            value = value[key]
        else:
            return False
    return True


def _leaves(value: dict[str, object], prefix: str, above: str = "") -> Iterable[str]:
    for key, inner in value.items():
        name = f"{above}{key}"
        if isinstance(inner, dict):
            if f"{name}.".startswith(prefix) or prefix.startswith(f"{name}."):
                yield from _leaves(inner, prefix, f"{name}.")
        elif above:
            yield name


def _occurring(keys: set[str], blocks: Iterable[bytes]) -> set[str]:
    """Those keys that occur as texts."""
    spelt = {
        key: {json.dumps(key, ensure_ascii=False).encode("utf-8", "replace"), json.dumps(key).encode()} for key in keys
    }
    longest = max(len(text) for texts in spelt.values() for text in texts)
    seen: set[str] = set()
    end = b""
    for block in blocks:
        text = end + block
        seen |= {key for key, texts in spelt.items() if key not in seen and any(t in text for t in texts)}
        if len(seen) == len(keys):
            break
        end = text[-longest:]
    return seen
