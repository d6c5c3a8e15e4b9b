"""Numbers as shops write them: `1.234,56`, `R$ 15,00`, `(15.00)`; SQL whose result is NULL where the text is no such
number, never another number."""

from __future__ import annotations

import re

from ...sql import quote_text
from ..cards.card import DatasetCard

BLANK = r"[\s\x{00a0}\x{2009}\x{202f}]"
"""Blanks, those that do not break a line included; they may stand around a number, its sign and what is stripped."""
SIGN = "[(+\u2212-]"
"""Before a number; accountants write amounts below zero in parentheses."""
WHOLE = "-?[0-9]+"
EXACT = 2**53
"""Whole numbers above it are not exact as floats."""


def number(text: str, card: DatasetCard, also_strip: tuple[str, ...] = ()) -> str:
    """A text as a finite number."""
    strip = (*card.strips, *also_strip)
    if card.decimal == "." and not card.thousands and not strip and card.negative == "malformed":
        return _finite(text)
    parts = f"regexp_extract({text}, {quote_text(_pattern(card, strip))}, ['sign', 'digits', 'close'])"
    digits = f"{parts}.digits"
    if card.thousands:
        digits = f"regexp_replace({digits}, {quote_text(_one(card.thousands))}, '', 'g')"
    if card.decimal != ".":
        digits = f"replace({digits}, {quote_text(card.decimal)}, '.')"
    sign = f"CASE WHEN {parts}.sign IN ('', '+') THEN 1 ELSE -1 END"
    # A text that does not fit has no digits, which is not a number.
    return f"CASE WHEN ({parts}.sign = '(') = ({parts}.close = ')') THEN {_finite(digits)} * {sign} END"


def whole_number(text: str, card: DatasetCard) -> str:
    """A text as a whole number, which may be written with decimals that are zero."""
    value = number(text, card)
    as_float = f"CASE WHEN {value} = trunc({value}) AND abs({value}) <= {EXACT} THEN CAST({value} AS BIGINT) END"
    return f"CASE WHEN regexp_full_match({text}, '{WHOLE}') THEN TRY_CAST({text} AS BIGINT) ELSE {as_float} END"


def float_id(text: str) -> str:
    """An id that was written as a float, `500.0`, as the whole number that it is."""
    digits = f"TRY_CAST(split_part({text}, '.', 1) AS BIGINT)"
    return f"CASE WHEN regexp_full_match({text}, '{WHOLE}(\\.0*)?') THEN {digits} END"


def propensity(text: str, card: DatasetCard) -> str:
    """A text as a probability."""
    if card.propensity_form == "percent":
        return f"({number(text, card, ('%',))}) / 100"
    value = number(text, card)
    if card.propensity_form == "log":
        return f"exp({value})"
    return f"1 / nullif({value}, 0)" if card.propensity_form == "inverse" else value


def _finite(text: str) -> str:
    return f"CASE WHEN isfinite(TRY_CAST({text} AS DOUBLE)) THEN TRY_CAST({text} AS DOUBLE) END"


def _pattern(card: DatasetCard, strip: tuple[str, ...]) -> str:
    """Regular expression of a whole text with the groups `sign`, `digits` and `close`."""
    around = f"(?:{'|'.join([BLANK, *map(_literal, strip)])})*"
    decimal = _literal(card.decimal)
    integer = "[0-9]+"
    if card.thousands:
        mark = _one(card.thousands)
        # Groups of three; or of two before the last three, as in 1,00,000.
        integer = f"(?:[0-9]+|[0-9]{{1,3}}(?:{mark}[0-9]{{3}})+|[0-9]{{1,2}}(?:{mark}[0-9]{{2}})+{mark}[0-9]{{3}})"
    digits = f"{integer}(?:{decimal}[0-9]*)?|{decimal}[0-9]+|[0-9]+(?:{decimal}[0-9]+)?[eE][+-]?[0-9]+"
    return f"^{around}({SIGN}?){around}({digits}){around}(\\)?){around}$"


def _one(mark: str) -> str:
    return BLANK if re.fullmatch(r"\s", mark) else _literal(mark)


def _literal(text: str) -> str:
    """A text that a regular expression takes as it is."""
    return "".join(char if char.isalnum() else f"\\x{{{ord(char):x}}}" for char in text)
