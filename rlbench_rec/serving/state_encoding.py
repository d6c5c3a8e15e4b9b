"""StateEncoding: how a raw request becomes a state, as plain JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any, Literal, get_args

import numpy as np

from ..errors import InputError

SCHEMA_VERSION = 1
"""Of the JSON: it rises where a key is renamed or means something else."""
Kind = Literal["step", "clock", "category", "number", "constant", "unused"]
Clock = Literal["timestamp", "gap", "none"]


@dataclass(frozen=True)
class ContextColumn:
    """A raw column, and the columns of the state that it becomes.

    Attributes:
        name: of the raw column; `step`, `clock` and `constant` are not asked for.
        kind: `step`, log1p of the number of earlier decisions of the session; `clock`, sine and cosine of hour and
            weekday (UTC) at the session's start; `category`, one-hot; `number`, (x - mean) / scale; `constant`, 1;
            `unused`, known to the log and left out, since it never changed in training.
        values: of a category, in the order of its columns; any other value, and none, is all zeros.
        mean, scale: of a number; a missing one is the mean.
    """

    name: str
    kind: Kind
    values: tuple[str | int, ...] = ()
    mean: float = 0.0
    scale: float = 1.0

    @property
    def width(self) -> int:
        """How many columns of the state it becomes."""
        return {"clock": 4, "category": len(self.values), "unused": 0}.get(self.kind, 1)

    @property
    def asked(self) -> bool:
        """Whether a request must have it."""
        return self.kind in ("category", "number")

    @cached_property
    def places(self) -> dict[str | int, int]:
        """Value of a category -> its column."""
        return {value: place for place, value in enumerate(self.values)}


@dataclass(frozen=True)
class StateEncoding:
    """How a raw request becomes a state: everything that was fitted on the training side, in one place.

    A state is the context's columns in their order, then `history` items, events and seconds since the event before,
    the oldest first and zeros in front where there were fewer, then flags of forbidden actions or the ids of
    candidates (see `mdp.StateLayout`).

    Attributes:
        context: the raw columns, in the order of the state's.
        history: how many past events it shows.
        items: item ids as text; item i has number i + 1.
        other_item: the number of every other item and of none; 0: there is none.
        events: name of an event -> its number.
        event_names: how the raw log calls events -> the name here.
        decisions: which events count as decisions; None: all.
        clock: what tells the time between events: their `timestamp` (ms since 1970, UTC), their `gap` (seconds), or
            nothing.
        searches: whether a context column that a request leaves out is that of the last search of the session.
        forbidden: how many flags of forbidden actions a state ends in.
        candidates: how many candidates.
    """

    context: tuple[ContextColumn, ...]
    history: int = 0
    items: tuple[str, ...] = ()
    other_item: int = 0
    events: dict[str, int] = field(default_factory=dict)
    event_names: dict[str, str] = field(default_factory=dict)
    decisions: tuple[str, ...] | None = None
    clock: Clock = "none"
    searches: bool = False
    forbidden: int = 0
    candidates: int = 0

    @cached_property
    def context_width(self) -> int:
        """How many columns of a state are context."""
        return sum(column.width for column in self.context)

    @property
    def size(self) -> int:
        """Number of columns of a state."""
        return self.context_width + 3 * self.history + self.forbidden + self.candidates

    @property
    def sequential(self) -> bool:
        """Whether a state says something of the session before."""
        return self.history > 0 or any(column.kind == "step" for column in self.context)

    @cached_property
    def columns(self) -> dict[str, ContextColumn]:
        """The raw columns that a request may have."""
        return {column.name: column for column in self.context if column.asked or column.kind == "unused"}

    @cached_property
    def item_numbers(self) -> dict[str, int]:
        """Item id -> number."""
        return {item: number for number, item in enumerate(self.items, 1)}

    @cached_property
    def event_codes(self) -> dict[str, int]:
        """Name of an event, as the raw log or the vocabulary has it -> number; the raw log's name comes first."""
        return self.events | {raw: self.events[name] for raw, name in self.event_names.items() if name in self.events}

    @cached_property
    def decision_codes(self) -> frozenset[int]:
        """Numbers of the events that count as decisions."""
        return frozenset(code for name, code in self.events.items() if self.decisions is None or name in self.decisions)

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values; `from_json` reads them."""
        content: dict[str, Any] = {"schema_version": SCHEMA_VERSION, "order": "oldest first", "padding": 0}
        content |= {each.name: getattr(self, each.name) for each in fields(self)}
        content["context"] = [_column_json(column) for column in self.context]
        decisions = None if self.decisions is None else list(self.decisions)
        return content | {"items": list(self.items), "decisions": decisions}

    @classmethod
    def from_json(cls, content: object, where: str = "encoding") -> StateEncoding:
        """What `to_json` gave.

        Raises:
            InputError: another version, or a key that is missing or wrong.
        """
        if not isinstance(content, Mapping):
            raise InputError("It is not an object.", where=where)
        if content.get("schema_version") != SCHEMA_VERSION:
            what = f"Schema version {content.get('schema_version')}; this version reads {SCHEMA_VERSION}."
            raise InputError(what, where=where, hint="Export the policy again.")
        try:
            encoding = cls(**_fields(content))
            encoding._check()
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InputError(f"It does not fit ({error}).", where=where, hint="Export the policy again.") from error
        return encoding

    def _check(self) -> None:
        if self.clock not in get_args(Clock):
            raise ValueError(f"clock '{self.clock}'")
        for column in self.context:
            if column.kind not in get_args(Kind):
                raise ValueError(f"kind '{column.kind}'")
            if not (np.isfinite(column.mean) and np.isfinite(column.scale) and column.scale > 0):
                raise ValueError(f"mean and scale of '{column.name}'")
        if len({column.name for column in self.context}) < len(self.context):
            raise ValueError("two context columns have one name")
        if self.other_item not in (0, len(self.items), len(self.items) + 1):
            raise ValueError(f"other_item {self.other_item}")


def _column_json(column: ContextColumn) -> dict[str, Any]:
    content: dict[str, Any] = {"name": column.name, "kind": column.kind}
    if column.kind == "category":
        content["values"] = list(column.values)
    if column.kind == "number":
        content |= {"mean": float(column.mean), "scale": float(column.scale)}
    return content


def _fields(content: Mapping[str, Any]) -> dict[str, Any]:
    context = tuple(ContextColumn(**{**each, "values": tuple(each.get("values", ()))}) for each in content["context"])
    given: dict[str, Any] = {"context": context, "items": tuple(map(str, content["items"]))}
    given |= {name: int(content[name]) for name in ("history", "other_item", "forbidden", "candidates")}
    given |= {"events": {str(name): int(code) for name, code in content["events"].items()}}
    given |= {"event_names": {str(raw): str(name) for raw, name in content["event_names"].items()}}
    decisions = content["decisions"]
    given |= {"decisions": None if decisions is None else tuple(map(str, decisions))}
    return given | {"clock": content["clock"], "searches": bool(content["searches"])}
