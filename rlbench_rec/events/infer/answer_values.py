"""The values of answers: of the type that the card takes, of columns that are there, of events that are known."""

from __future__ import annotations

import fnmatch
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, create_model

from ...errors import InputError, did_you_mean
from ...parsing import validated
from ..cards.card import DatasetCard
from ..cards.shape import IdTypes, Lists
from ..event_types import EVENTS

OF_COLUMNS = ("outcomes", "context", "where")
"""Tables whose entries are called after columns."""
KEYS = {"id_types": tuple(IdTypes.model_fields), "lists": tuple(Lists.model_fields)}
"""Tables with a fixed set of keys."""
_ESCAPES = {"\\t": "\t", "\\x01": "\x01", "\\u0001": "\x01", "\\x02": "\x02", "\\u0002": "\x02"}


def table_entries(table: str, value: str, text: str) -> dict[str, str]:
    """The entries of a table that are given in one answer, `yours:ours,yours:ours`."""
    parts = [part.rpartition(":") for part in value.split(",")]
    if not all(left for left, _, _ in parts):
        raise InputError("It is not an answer.", where=f"--answer {text}", hint=f"Write {table}=yours:ours,yours:ours.")
    return {left: right for left, _, right in parts}


def checked_entries(table: str, entries: Mapping[str, str], names: Sequence[str], text: str) -> dict[str, object]:
    """The entries of a table, if the file and the card can have them."""
    for name in entries:
        if table in OF_COLUMNS and not _is_column(name, names):
            raise no_column(name, names, text)
        if table == "outcomes" and entries[name] not in EVENTS:
            raise no_event(entries[name], text, EVENTS)
        if table == "reward_weights" and name not in EVENTS:
            raise no_event(name, text, EVENTS)
        if table in KEYS and name not in KEYS[table]:
            hint = f"It has: {', '.join(KEYS[table])}."
            raise InputError(f"{table} has no '{name}'.", where=f"--answer {text}", hint=hint)
    if table == "lists":
        return {name: _list_value(name, value, names, text) for name, value in entries.items()}
    values = entries if table in ("where", "aliases") else {n: _number_or_text(v) for n, v in entries.items()}
    _validated(table, dict(values), text)
    return dict(values)


def _list_value(name: str, value: str, names: Sequence[str], text: str) -> object:
    """The value of a key of `lists`."""
    if name == "chosen":
        hint = "Write it into the card: chosen = { clicked = 'click' } below [lists]."
        raise InputError("lists.chosen is a table.", where=f"--answer {text}", hint=hint)
    if name != "columns":
        return value
    columns = [value] if value in names else value.split(",")
    for column in columns:
        if not _is_column(column, names):
            raise no_column(column, names, text)
    return columns


def _is_column(name: str, names: Sequence[str]) -> bool:
    """Whether a column is called so, or by a pattern or below this name."""
    return name in names or any(fnmatch.fnmatchcase(other, name) or other.startswith(f"{name}.") for other in names)


def no_column(name: str, names: Sequence[str], text: str) -> InputError:
    """What is said of a column that the file does not have."""
    have = ", ".join(names[:30]) + (", …" if len(names) > 30 else "")
    return InputError(
        f"There is no column '{name}'.",
        where=f"--answer {text}",
        hint=f"{did_you_mean(name, names)}The columns are: {have}.",
    )


def no_event(name: str, text: str, known: Sequence[str]) -> InputError:
    """What is said of a word that is not an event."""
    return InputError(f"'{name}' is not an event.", where=f"--answer {text}", hint=f"Events: {', '.join(known)}.")


def key_value(key: str, text: str) -> object:
    """The value of a key of the card, of the type that the card has."""
    if key in ("delimiter", "quote", "escape", "comment"):
        text = _ESCAPES.get(text, text)
        if len(text) > 2 and text[0] == text[-1] == '"':
            # As a card has it.
            text = text[1:-1].encode("latin-1", "backslashreplace").decode("unicode_escape")
    info = DatasetCard.model_fields[key]
    takes_list = "list" in str(info.annotation)
    is_list = takes_list and ("," in text or "str |" not in str(info.annotation))
    value = _toml_list(text) if takes_list else None
    return _validated(key, value or (text.split(",") if is_list else text), f"{key}={text}")


def formats_of(text: str) -> list[str]:
    """The formats of times behind a column: one, or a list as in a card."""
    return [str(format) for format in _toml_list(text) or [text]]


def _toml_list(text: str) -> list[object] | None:
    """The list that a text is, if it is written as in a card."""
    if not text.startswith("["):
        return None
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return None
    return value if isinstance(value, list) else None


def _validated(key: str, value: object, text: str) -> object:
    """The value of a key, as the card takes it."""
    info = DatasetCard.model_fields[key]
    fields: dict[str, Any] = {key: (info.annotation, info)}
    one_key: type[BaseModel] = create_model("Answer", **fields)
    return validated({key: value}, one_key, f"--answer {text}").model_dump()[key]


def _number_or_text(text: str) -> object:
    try:
        return float(text) if "." in text else int(text)
    except ValueError:
        return text
