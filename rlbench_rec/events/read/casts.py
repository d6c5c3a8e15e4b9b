"""Raw text -> typed values, in SQL; what does not parse is NULL."""

from __future__ import annotations

from collections.abc import Mapping

from ...sql import quote_text
from ..cards.card import DatasetCard
from ..dialects.rows import RawRows
from .numbers import float_id, number, propensity, whole_number
from .time_casts import timestamp

SQL_TYPES = {
    "int64": "BIGINT",
    "float": "BIGINT",
    "whole": "BIGINT",
    "string": "VARCHAR",
    "number": "DOUBLE",
    "propensity": "DOUBLE",
    "probabilities": "FLOAT[]",
    "event": "VARCHAR",
    "time": "BIGINT",
}
"""What a text is read as -> how it is kept."""


def by_card(names: list[str], card: DatasetCard) -> list[str]:
    """Column names in the card's spelling."""
    return [name if card.aliases.get(name, name) in names else card.aliases[name] for name in names]


def text_of(raw: RawRows, column: str, card: DatasetCard) -> str:
    """A raw column's text; NULL where it is missing."""
    text = f"nullif({raw.column(column)}, '')"
    for word in card.missing:
        text = f"nullif({text}, {quote_text(word)})"
    return text


def joined_id(raw: RawRows, columns: list[str], card: DatasetCard) -> str:
    """Several raw columns as one id, of which no two are alike unless all parts are; NULL where one is missing."""
    parts = (f"replace(replace({text_of(raw, column, card)}, '\\', '\\\\'), '|', '\\|')" for column in columns)
    return "(" + " || '|' || ".join(parts) + ")"


def joined_text(raw: RawRows, columns: str | list[str], card: DatasetCard) -> str:
    """The text of one raw column, or of several with a blank between them; NULL where one of them is missing.

    A day that a table keeps as a time, of midnight, gives the day alone to the clock that follows it.
    """
    if isinstance(columns, str):
        return text_of(raw, columns, card)
    *days, last = (text_of(raw, column, card) for column in columns)
    texts = [*(f"regexp_replace({day}, '[ T]00:00(:00([.]0+)?)?$', '')" for day in days), last]
    return "(" + " || ' ' || ".join(texts) + ")"


def holds(raw: RawRows, where: Mapping[str, str | list[str]], card: DatasetCard) -> str:
    """SQL condition, true or false: every column has its value, or one of its values."""
    conditions = ["true"]
    for name, value in where.items():
        values = [value] if isinstance(value, str) else value
        conditions.append(f"{text_of(raw, name, card)} IN ({', '.join(map(quote_text, values))})")
    return f"coalesce({' AND '.join(conditions)}, false)"


def cast(text: str, kind: str, card: DatasetCard) -> str:
    """A text as one of `SQL_TYPES`."""
    if kind == "int64":
        # A plain cast would take 1.0, 1e3 and surrounding blanks too.
        return f"CASE WHEN regexp_full_match({text}, '-?[0-9]+') THEN TRY_CAST({text} AS BIGINT) END"
    if kind == "number":
        return number(text, card)
    if kind == "whole":
        return whole_number(text, card)
    if kind == "float":
        return float_id(text)
    if kind == "probabilities":
        return f"TRY_CAST({text} AS FLOAT[])"
    if kind == "propensity":
        return propensity(text, card)
    if kind == "event":
        if card.columns.event is None:
            return text
        if "" in card.events:
            text = f"coalesce({text}, '')"
        whens = " ".join(f"WHEN {quote_text(value)} THEN {quote_text(name)}" for value, name in card.events.items())
        return f"CASE {text} {whens} END"
    return timestamp(text, card) if kind == "time" else text
