"""How the numbers of a column are written: `1.234,56 €`, `R$ 15,00`, `3,000.00`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

MARKS = ((".", ""), (",", ""), (".", ","), (",", "."), (".", " "), (",", " "), (".", "\u00a0"), (",", "\u00a0"),
         (".", "\u202f"), (",", "\u202f"), (".", "'"), (",", "'"), (".", "\u2019"))  # fmt: skip
"""Pairs of a decimal mark and a mark of thousands."""
FACTORS = frozenset(["k", "m", "mn", "mio", "mrd", "bn", "tsd", "mil", "mld", "%", "万", "千", "亿", "億", "만", "억"])
"""Texts behind a number that change it: they cannot be left out."""
MOST_TEXTS = 4
"""A column with more different texts around its numbers is not one of amounts."""


@dataclass(frozen=True)
class NumberForm:
    """One way to read the numbers of a column.

    Attributes:
        decimal: its decimal mark.
        thousands: between groups of three digits; "" where there are no such groups.
        strip: texts around the numbers that are not part of them.
    """

    decimal: str = "."
    thousands: str = ""
    strip: tuple[str, ...] = ()

    @property
    def keys(self) -> dict[str, object]:
        """The keys of a card that differ from their defaults."""
        keys: dict[str, object] = {}
        if self.decimal != ".":
            keys["decimal"] = self.decimal
        if self.thousands:
            keys["thousands"] = self.thousands
        if self.strip:
            keys["strip"] = self.strip[0] if len(self.strip) == 1 else list(self.strip)
        return keys

    def number(self, text: str) -> float | None:
        """The number that a text is, or None."""
        text = text.strip()
        for part in self.strip:
            text = text.replace(part, "")
        text = text.strip()
        if text.startswith("(") and text.endswith(")"):
            text = f"-{text[1:-1]}"
        if not _pattern(self.decimal, self.thousands).fullmatch(text) and (self.decimal != "." or self.thousands):
            return None
        if self.thousands:
            text = text.replace(self.thousands, "")
        return plain_number(text.replace(self.decimal, "."))


def plain_number(text: str) -> float | None:
    """The number that a text is as Python and SQL write numbers, or None."""
    if "_" in text:
        return None
    try:
        number = float(text)
    except ValueError:
        return None
    return number if abs(number) < float("inf") else None


def number_forms(texts: Iterable[str]) -> list[NumberForm]:
    """Every way to read all the texts as numbers, likeliest first; several where the texts do not decide.

    `1,234` and `1.234` alone do not: each is a thousand or a one with three decimals.
    """
    distinct = list(dict.fromkeys(text.strip() for text in texts))
    if not distinct:
        return []
    strip: tuple[str, ...] = ()
    if any(plain_number(text) is None for text in distinct):
        around = _texts_around(distinct)
        if around is None:
            return []
        strip = around
    bodies = [_without(text, strip) for text in distinct]
    fits = [marks for marks in MARKS if all(_pattern(*marks).fullmatch(body) for body in bodies)]
    if not fits:
        # Exponents, which `float` reads.
        return [NumberForm(strip=strip)] if all(plain_number(body) is not None for body in bodies) else []
    digits = [body.lstrip("+-") for body in bodies]
    if fits[0] == (".", ""):
        grouped = [body for body in digits if "." in body]
        is_doubtful = grouped and all(re.fullmatch(r"[1-9]\d{0,2}\.\d{3}", body) for body in grouped)
        marks = [(".", ""), (",", ".")] if is_doubtful else [(".", "")]
    elif fits[0] == (",", ""):
        grouped = [body for body in digits if "," in body]
        is_doubtful = all(re.fullmatch(r"[1-9]\d{0,2},\d{3}", body) for body in grouped)
        marks = [(".", ","), (",", "")] if is_doubtful else [(",", "")]
    else:
        # Groups of thousands: where no text has decimals, a comma and a point say what the other is.
        marks = [fits[0]]
    return [NumberForm(decimal, thousands, strip) for decimal, thousands in marks]


@lru_cache
def _pattern(decimal: str, thousands: str) -> re.Pattern[str]:
    tail = rf"({re.escape(decimal)}\d*)?"
    if not thousands:
        return re.compile(rf"[+-]?(\d+{tail}|{re.escape(decimal)}\d+)")
    mark = re.escape(thousands)
    return re.compile(rf"[+-]?(\d+|\d{{1,3}}({mark}\d{{3}})+|\d{{1,2}}({mark}\d\d)+{mark}\d{{3}}){tail}")


def _texts_around(texts: list[str]) -> tuple[str, ...] | None:
    """What stands before or behind the numbers: currency signs, units; None where a text has no number."""
    around: dict[str, None] = {}
    for text in texts:
        digits = re.search(r"\d", text)
        if digits is None:
            return None
        # The number runs from its sign or first digit to its last digit.
        first = re.search(r"[(]?[+-]?[.,]?\d", text)
        assert first is not None, "there is a digit"
        last = max(place for place, character in enumerate(text) if character.isdigit()) + 1
        before, after = text[: first.start()], text[last:]
        sign = re.fullmatch(r"([(]?[+-])(\D+)", before)
        before = sign[2] if sign else before.removeprefix("(")
        around |= dict.fromkeys(part for part in (before, after.removesuffix(")")) if part)
        # A sign behind the number, as SAP writes it, and a mark of decimals are nothing that a card strips.
        if len(around) > MOST_TEXTS or any(len(part) > 12 or not part.strip("+-., ") for part in around):
            return None
    if any(part.strip(" .").lower() in FACTORS for part in around):
        return None
    return tuple(around)


def _without(text: str, strip: tuple[str, ...]) -> str:
    for part in sorted(strip, key=len, reverse=True):
        text = text.replace(part, "")
    text = text.strip()
    return f"-{text[1:-1]}" if text.startswith("(") and text.endswith(")") else text
