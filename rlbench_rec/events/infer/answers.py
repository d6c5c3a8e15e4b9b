"""`--answer KEY=VALUE`: what the user says of a log, held against its columns and the keys of a card."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

from pydantic import BaseModel, create_model

from ...errors import InputError
from ...parsing import validated
from ..cards.card import DatasetCard
from ..cards.shape import Columns
from ..event_types import EVENTS

READING = frozenset(
    (
        "dialect", "encoding", "delimiter", "quote", "escape", "comment", "skip_lines", "trim", "trailing_delimiter",
        "header", "names", "lists",
    )
)  # fmt: skip
"""Keys of a card that say how a file is written: a look into it needs them."""
NONE = "none"
"""Given as a column, there is none; given as an event, its rows are left out."""
TABLES = ("events", "outcomes", "context", "id_types", "reward_weights", "columns", "lists", "where", "aliases")
_ESCAPES = {"\\t": "\t", "\\x01": "\x01", "\\u0001": "\x01", "\\x02": "\x02", "\\u0002": "\x02"}
OTHER_NAMES = {"time": "timestamp", "reward_weight": "reward_weights"}


@dataclass
class Answers:
    """What the user said.

    Attributes:
        written: the answers as they were given.
        columns: role -> its columns; none where the user says that there is none.
        forms: role -> the unit or format behind its columns.
        keys: key of the card -> value.
        tables: key of the card that is a table -> its entries.
        events: raw event -> ours, None where its rows are left out.
        accepted: doubts that are put aside.
    """

    written: tuple[str, ...] = ()
    columns: dict[str, list[str]] = field(default_factory=dict)
    forms: dict[str, str] = field(default_factory=dict)
    keys: dict[str, object] = field(default_factory=dict)
    tables: dict[str, dict[str, object]] = field(default_factory=dict)
    events: dict[str, str | None] = field(default_factory=dict)
    accepted: set[str] = field(default_factory=set)

    def settle(self, key: str) -> bool:
        """Whether a question about this key is answered."""
        return key in self.accepted or key in self.columns or key in self.keys or bool(self.tables.get(key))


def reading_keys(written: Sequence[str]) -> dict[str, object]:
    """The answers that say how the file is written.

    Raises:
        InputError: an answer that is not KEY=VALUE, or a value that its key does not take.
    """
    pairs = [_pair(text) for text in written]
    return {key: _value(key, value) for key, value in pairs if key in READING}


def read_answers(written: Sequence[str], names: Sequence[str]) -> Answers:
    """The answers, once the columns are known.

    Args:
        written: `KEY=VALUE` each.
        names: the columns of the file.

    Raises:
        InputError: not KEY=VALUE, an unknown key, a column that is not there, or a value that its key does not take.
    """
    answers = Answers(tuple(written))
    for text in written:
        key, value = _pair(text)
        role = OTHER_NAMES.get(key, key).removeprefix("columns.")
        role = OTHER_NAMES.get(role, role)
        table, _, entry = key.partition(".")
        if key in READING:
            answers.keys[key] = _value(key, value)
        elif key == "accept":
            answers.accepted |= set(value.split(","))
        elif role in Columns.model_fields and not _is_value_of_key(key, value, names):
            _take_columns(answers, role, value, names, text)
        elif table == "events":
            _take_events(answers, entry, value, text, "." in key)
        elif table in TABLES and "." in key:
            is_text = table in ("where", "aliases")
            answers.tables.setdefault(table, {})[entry] = value if is_text else _number_or_text(value)
        elif table in TABLES:
            entries = [part.rpartition(":") for part in value.split(",")]
            if not all(left for left, _, _ in entries):
                raise InputError(
                    "It is not an answer.", where=f"--answer {text}", hint=f"Write {key}=yours:ours,yours:ours."
                )
            answers.tables.setdefault(table, {}).update({left: _number_or_text(right) for left, _, right in entries})
        elif key in DatasetCard.model_fields:
            answers.keys[key] = _value(key, value)
        else:
            _refuse(key, text)
    return answers


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        hint = "Write KEY=VALUE, such as time=event_timestamp:us."
        raise InputError("It is not an answer.", where=f"--answer {text}", hint=hint)
    return key.strip(), value


def _is_value_of_key(key: str, value: str, names: Sequence[str]) -> bool:
    """Whether the value of a key that is both a role and a key of the card is one of the key's."""
    if value in names:
        return False
    if key == "event":
        return value in EVENTS
    if key == "session":
        return value in ("given", "gap", "row")
    return key == "propensity" and value in ("uniform", "estimated")


def _take_columns(answers: Answers, role: str, value: str, names: Sequence[str], text: str) -> None:
    if value == NONE and NONE not in names:
        answers.columns[role] = []
        return
    columns, form = _columns(value, names)
    if columns is None:
        wanted = value.split(":")[0]
        near = difflib.get_close_matches(wanted, names, n=1)
        guess = f"Did you mean '{near[0]}'? " if near else ""
        have = ", ".join(names[:30]) + (", …" if len(names) > 30 else "")
        raise InputError(
            f"There is no column '{wanted}'.", where=f"--answer {text}", hint=f"{guess}The columns are: {have}."
        )
    if len(columns) > 1 and role not in ("timestamp", "session"):
        raise InputError(f"{role} is one column.", where=f"--answer {text}", hint=f"Write {role}=COLUMN.")
    if form and role not in ("timestamp", "propensity"):
        raise InputError(f"{role} has no form.", where=f"--answer {text}", hint=f"Write {role}={columns[0]}.")
    answers.columns[role] = columns
    if form:
        answers.forms[role] = form


def _columns(value: str, names: Sequence[str]) -> tuple[list[str] | None, str]:
    """The columns at the start of a value, and the form behind them. Names may hold commas and colons."""
    if value in names:
        return [value], ""
    ends = [place for place, character in enumerate(value) if character == ":"]
    for end in [len(value), *reversed(ends)]:
        columns = [value[:end]] if value[:end] in names else value[:end].split(",")
        if all(column in names for column in columns):
            return columns, value[end + 1 :]
    return None, ""


def _take_events(answers: Answers, entry: str, value: str, text: str, one: bool) -> None:
    if one:
        pairs = [(entry, value)]
    elif value == NONE:
        answers.accepted.add("events")
        return
    else:
        split = [part.rpartition(":") for part in value.split(",")]
        if not all(colon for _, colon, _ in split):
            hint = "Write events=add:cart,detail:view, or events=none to leave out what is not known."
            raise InputError("It is not an answer.", where=f"--answer {text}", hint=hint)
        pairs = [(left, right) for left, _, right in split]
    for raw, ours in pairs:
        if ours not in (*EVENTS, NONE):
            raise InputError(
                f"'{ours}' is not an event.", where=f"--answer {text}", hint=f"Events: {', '.join(EVENTS)}, or none."
            )
        answers.events[raw] = None if ours == NONE else ours


def _value(key: str, text: str) -> object:
    """The value of a key of the card, of the type that the card has."""
    if key not in DatasetCard.model_fields:
        _refuse(key, f"{key}={text}")
    if key in ("delimiter", "quote", "escape", "comment"):
        text = _ESCAPES.get(text, text)
        if len(text) > 2 and text[0] == text[-1] == '"':
            # As a card has it.
            text = text[1:-1].encode("latin-1", "backslashreplace").decode("unicode_escape")
    info = DatasetCard.model_fields[key]
    takes_list = "list" in str(info.annotation)
    is_list = takes_list and ("," in text or "str |" not in str(info.annotation))
    fields: dict[str, Any] = {key: (info.annotation, info)}
    one_key: type[BaseModel] = create_model("Answer", **fields)
    value = validated({key: text.split(",") if is_list else text}, one_key, f"--answer {key}={text}")
    return value.model_dump()[key]


def _number_or_text(text: str) -> object:
    try:
        return float(text) if "." in text else int(text)
    except ValueError:
        return text


def _refuse(key: str, text: str) -> NoReturn:
    known = [*Columns.model_fields, "time", "accept", *TABLES, *DatasetCard.model_fields]
    near = difflib.get_close_matches(key, known, n=1)
    guess = f"Did you mean '{near[0]}'? " if near else ""
    hint = f"{guess}It is a role (time, item, event, user, session, price, …) or a key of a card (docs/cards.md)."
    raise InputError(f"There is no '{key}' to answer.", where=f"--answer {text}", hint=hint)
