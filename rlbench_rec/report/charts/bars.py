"""Bars under names, with their numbers beside them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .svg import drawing, element, words

if TYPE_CHECKING:
    from markupsafe import Markup

WIDTH, ROW = 520.0, 24.0
NAMES, NUMBERS = 120.0, 110.0
"""Kept for names on the left, and for numbers on the right."""


def bars(label: str, rows: Sequence[tuple[str, float, str]]) -> Markup:
    """A bar a row: its name, its share of the longest one's scale, and its number as text."""
    largest = max((share for _, share, _ in rows), default=0.0) or 1.0
    drawn: list[str] = []
    for number, (name, share, text) in enumerate(rows):
        top, length = ROW * number, (WIDTH - NAMES - NUMBERS) * share / largest
        drawn.append(words(NAMES - 8, top + 16, name, anchor="end"))
        drawn.append(element("rect", x=NAMES, y=top + 5, width=max(length, 1.0), height=ROW - 10, class_="filled"))
        drawn.append(words(NAMES + max(length, 1.0) + 6, top + 16, text, "tick"))
    return drawing(WIDTH, ROW * len(rows) + 4, label, *drawn)
