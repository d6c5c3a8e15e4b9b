"""`--answer KEY=VALUE`: what the user says of a log, held against its columns and the keys of a card."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NoReturn

from ...errors import InputError, did_you_mean
from ..cards.card import DatasetCard
from ..cards.shape import Columns
from ..event_types import EVENTS
from .answer_values import checked_entries, key_value, no_column, no_event, table_entries
from .questions import DOUBTS

READING = frozenset(
    (
        "dialect", "encoding", "delimiter", "quote", "escape", "comment", "skip_lines", "trim", "trailing_delimiter",
        "header", "names", "lists",
    )
)  # fmt: skip
"""Keys of a card that say how a file is written: a look into it needs them."""
NONE = "none"
"""Given as a column, there is none; given as an event, its rows are left out."""
TABLES = ("events", "outcomes", "context", "id_types", "reward_weights", "lists", "where", "aliases")
WRITTEN_ANYWAY = ("questions", "files", "folder")
"""Keys that the draft itself knows: they are not answers."""
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
    return {key: key_value(key, value) for key, value in pairs if key in READING}


def read_answers(written: Sequence[str], names: Sequence[str]) -> Answers:
    """The answers, once the columns are known.

    Args:
        written: `KEY=VALUE` each.
        names: the columns of the file.

    Raises:
        InputError: not KEY=VALUE, an unknown key, a column that is not there, or a value that its key does not take.
    """
    answers = Answers(tuple(written))
    first: dict[str, str] = {}
    for text in written:
        key, value = _pair(text)
        role = OTHER_NAMES.get(key, key).removeprefix("columns.")
        role = OTHER_NAMES.get(role, role)
        table, dot, entry = key.partition(".")
        if key == "accept":
            answers.accepted |= set(_doubts(value, text))
        elif key in READING:
            _once(first, key, text)
            answers.keys[key] = key_value(key, value)
        elif role in Columns.model_fields and not _is_value_of_key(key, value, names):
            _once(first, role, text)
            _take_columns(answers, role, value, names, text)
        elif table == "events":
            for raw, event in _events(entry, value, text, one=bool(dot)).items():
                _once(first, f"events.{raw}", text)
                answers.events[raw] = event
            if not dot and value == NONE:
                answers.accepted.add("events")
        elif OTHER_NAMES.get(table, table) in TABLES:
            table = OTHER_NAMES.get(table, table)
            entries = {entry: value} if dot else table_entries(table, value, text)
            for name in entries:
                _once(first, f"{table}.{name}", text)
            answers.tables.setdefault(table, {}).update(checked_entries(table, entries, names, text))
        elif key in DatasetCard.model_fields and key not in WRITTEN_ANYWAY:
            _once(first, role, text)
            answers.keys[key] = key_value(key, value)
        else:
            _refuse(key, text)
    forms = [first[key] for key in ("time_unit", "time_format") if key in first]
    if "timestamp" in answers.forms:
        forms.append(first["timestamp"])
    if len(forms) > 1:
        before, later = sorted(forms, key=list(written).index)[:2]
        raise _twice("how times are written", before, later)
    return answers


def _twice(what: str, before: str, text: str) -> InputError:
    hint = f"Leave out one: --answer {before}."
    return InputError(f"There are two answers to {what}.", where=f"--answer {text}", hint=hint)


def _once(first: dict[str, str], subject: str, text: str) -> None:
    """Note what an answer is about; a second one to the same is an error, since one of them would not count."""
    if subject in first:
        raise _twice(f"'{subject}'", first[subject], text)
    first[subject] = text


def _doubts(value: str, text: str) -> list[str]:
    doubts = [part.strip() for part in value.split(",")]
    for doubt in doubts:
        if doubt not in DOUBTS:
            raise InputError(
                f"No question is settled by accepting '{doubt}'.",
                where=f"--answer {text}",
                hint=f"{did_you_mean(doubt, DOUBTS)}What can be accepted: {', '.join(DOUBTS)}.",
            )
    return doubts


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
        raise no_column(value.split(":")[0], names, text)
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


def _events(entry: str, value: str, text: str, *, one: bool) -> dict[str, str | None]:
    """Raw event -> ours, None where its rows are left out."""
    if not one and value == NONE:
        return {}
    pairs = [(entry, ":", value)] if one else [part.rpartition(":") for part in value.split(",")]
    if not all(colon for _, colon, _ in pairs):
        hint = "Write events=add:cart,detail:view, or events=none to leave out what is not known."
        raise InputError("It is not an answer.", where=f"--answer {text}", hint=hint)
    for _, _, ours in pairs:
        if ours not in (*EVENTS, NONE):
            raise no_event(ours, text, (*EVENTS, NONE))
    raws = [raw for raw, _, _ in pairs]
    if again := [raw for raw in raws if raws.count(raw) > 1]:
        raise _twice(f"'events.{again[0]}'", text, text)
    return {raw: None if ours == NONE else ours for raw, _, ours in pairs}


def _refuse(key: str, text: str) -> NoReturn:
    known = [*Columns.model_fields, "time", "accept", *TABLES, *DatasetCard.model_fields]
    if key in WRITTEN_ANYWAY:
        hint = "data init writes it into the card, from the file and what is open."
        raise InputError(f"'{key}' is not an answer.", where=f"--answer {text}", hint=hint)
    roles = "It is a role (time, item, event, user, session, price, …) or a key of a card (docs/cards.md)."
    hint = f"{did_you_mean(key, known)}{roles}"
    raise InputError(f"There is no '{key}' to answer.", where=f"--answer {text}", hint=hint)
