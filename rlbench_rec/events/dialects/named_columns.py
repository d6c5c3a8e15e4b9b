"""Which raw columns a card names, and how: by themselves, as arrays, or as keys of the elements of an array."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..cards.shape import raw_names

if TYPE_CHECKING:
    from ..cards.card import DatasetCard

EACH = "[]"
"""Ends the name of an array of which each element is a row: `items[].item_id`."""
PSEUDO = "#"
"""Begins the names of columns that are made from a list and not read."""


def named(card: DatasetCard) -> list[str]:
    """The raw columns that a card names, for roles, outcomes and `where`."""
    columns = (name for role in card.columns.model_dump().values() for name in raw_names(role))
    return list(dict.fromkeys([*columns, *card.outcomes, *card.where]))


def role_names(card: DatasetCard) -> list[str]:
    """The raw columns that are something else than context: those of roles, flags of outcomes, and lists."""
    columns = (name for role in card.columns.model_dump().values() for name in raw_names(role))
    return list(dict.fromkeys([*columns, *card.outcomes, *array_names(card)]))


def element_keys(card: DatasetCard) -> dict[str, dict[str, str]]:
    """For each array whose elements are rows, the columns that come of it: name -> key in an element, "" for itself."""
    keys: dict[str, dict[str, str]] = {column: {column: ""} for column in (card.lists.columns if card.lists else [])}
    for name in [*named(card), *_context_names(card)]:
        array, each, key = name.partition(EACH)
        if each:
            keys.setdefault(array, {})[name] = key.removeprefix(".")
            continue
        for column in card.lists.columns if card.lists else []:
            if name.startswith(f"{column}."):
                keys[column][name] = name.removeprefix(f"{column}.")
    return keys


def array_names(card: DatasetCard) -> list[str]:
    """The columns that hold arrays: those whose elements are rows, and those of the elements that were chosen."""
    return list(dict.fromkeys([*element_keys(card), *(card.lists.chosen if card.lists else [])]))


def single_names(card: DatasetCard) -> list[str]:
    """The columns of a whole line that the card names; for an array see `array_names`."""
    of_elements = {name for keys in element_keys(card).values() for name in keys}
    names = [*named(card), *_context_names(card)]
    return [name for name in dict.fromkeys(names) if name not in of_elements and not name.startswith(PSEUDO)]


def wanted_context(card: DatasetCard) -> list[str]:
    """Prefixes of context columns that lie inside an object: `properties.*`."""
    prefixes = [pattern.removesuffix("*") for pattern in card.context if pattern.endswith("*")]
    return [prefix for prefix in prefixes if "." in prefix]


def roles_of_ids(card: DatasetCard) -> list[str]:
    """Columns of item, user and session whose ids are texts, of lines and of elements."""
    roles = ((role, getattr(card.columns, role)) for role in ("item", "user", "session"))
    return [name for role, value in roles if getattr(card.id_types, role) == "string" for name in raw_names(value)]


def _context_names(card: DatasetCard) -> list[str]:
    return [pattern for pattern in card.context if not pattern.endswith("*")]
