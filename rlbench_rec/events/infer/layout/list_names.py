"""What lists are, by their names and by what they hold together."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ....column_names import COLUMN_NAMES, plain
from ..event_words import our_event

ENOUGH = 0.98
"""Share of the rows in which what was chosen must be among what was shown."""
ITEM_NAMES = frozenset(COLUMN_NAMES["item"].split())


def names_items(name: str) -> bool:
    """Whether a column is called like items: `product_ids`, `item_list`."""
    word = plain(name.split(".")[-1])
    return bool({word, word.removesuffix("s"), word.removesuffix("list"), word.removesuffix("seq")} & ITEM_NAMES)


def shown_and_chosen(lists: Mapping[str, Sequence[Sequence[str]]]) -> tuple[str, dict[str, str]] | None:
    """A column of lists, and the events of those whose elements are always some of its own.

    Args:
        lists: name -> for each row the elements; a name that says an event (`clicked`) may hold what was chosen.
    """
    chosen_names = {name: event for name in lists if (event := _event_of(name)) and any(lists[name])}
    for shown, rows in lists.items():
        if not chosen_names or sum(len(elements) > 1 for elements in rows) < len(rows) / 2 or not _are_ids(rows):
            continue
        sets = list(map(set, rows))
        chosen = {
            name: event
            for name, event in chosen_names.items()
            if name != shown
            and sum(sets[i].issuperset(elements) for i, elements in enumerate(lists[name])) >= ENOUGH * len(sets)
        }
        if chosen:
            return shown, chosen
    return None


def _event_of(name: str) -> str | None:
    """The event that a column's name says: `clicked`, `purchased_items`."""
    words = [word for word in re.split(r"[\W_]+", name) if word]
    events = [event for word in [name, *words] if (event := our_event(word)) not in (None, "impression")]
    return events[0] if events else None


def _are_ids(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the elements are single words that come back: ids, and not sentences or times."""
    elements = [element for row in rows for element in row]
    if not all(re.fullmatch(r"[\w-]+", element) for element in elements):
        return False
    return len(set(elements)) < 0.8 * len(elements) and not all(re.fullmatch(r"[\d-]{8,10}", e) for e in elements)
