"""Which column is what, by its name and by what stands in it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from ...column_names import likely_columns
from .event_words import MISSING, our_event
from .sample import Sample

ROLES: dict[str, tuple[str, ...]] = {
    "timestamp": ("time", "date"),
    "item": ("item",),
    "event": ("event",),
    "user": ("user",),
    "session": ("session", "episode"),
    "price": ("price",),
    "category": ("category",),
    "propensity": ("propensity",),
    "position": ("position",),
    "slate": ("slate", "request", "page"),
}
"""Role -> keys of `COLUMN_NAMES`. A column has one role: the first that it fits."""
NEEDED = ("timestamp", "item", "event")
MOST_EVENTS = 60
"""A column with more distinct values than this is not a list of event types."""
ENOUGH = 0.95
"""Share of the values that must fit."""
ISO = re.compile(r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d+)?)?)?( ?(Z|UTC|[+-]\d\d(:?\d\d)?))?")
OFFSET = re.compile(r".*:.*(Z|UTC|[+-]\d\d(:?\d\d)?)")
SECONDS, MILLISECONDS = (10**8, 10**10), (10**11, 10**13)
"""Whole numbers in these ranges are times between 1973 and 2286."""


@dataclass
class Roles:
    """What was found in a sample.

    Attributes:
        columns: role -> column.
        reasons: role -> how that was found.
        time_unit: `iso`, `s` or `ms`.
        offset: whether every ISO time carries its offset.
        events: raw value -> our event.
        strange: raw event values that mean none of ours, with their share.
        missing: texts that mean "missing".
        doubts: what could not be determined, one sentence each.
    """

    columns: dict[str, str] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    time_unit: str = "ms"
    offset: bool = False
    events: dict[str, str] = field(default_factory=dict)
    strange: dict[str, float] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)


def guess(sample: Sample) -> Roles:
    """The roles of a sample's columns; a role that nothing points to is left out."""
    roles = Roles()
    values = {name: _present(sample, name, roles) for name in sample.names}
    for role, kinds in ROLES.items():
        named = likely_columns(kinds, sample.names)
        fit = [name for name in named if name not in roles.columns.values() and _fits(role, values[name])]
        if fit:
            roles.columns[role], roles.reasons[role] = fit[0], "by its name"
            if len(fit) > 1:
                others = ", ".join(f"'{name}'" for name in fit[1:])
                roles.doubts.append(f"{role}: '{fit[0]}' was taken; it could also be {others}.")
    for role in NEEDED[::2]:
        if role not in roles.columns:
            _by_values(role, sample, values, roles)
    _describe_time(values, roles)
    _describe_events(values, roles)
    if set(roles.events.values()) <= {"impression"}:
        roles.events = {}
    roles.doubts += [f"{role}: no column looks like it." for role in NEEDED if role not in roles.columns]
    return roles


def _present(sample: Sample, name: str, roles: Roles) -> list[str]:
    texts = sample.columns[name]
    words = [word for word in MISSING if word in set(texts)]
    roles.missing += [word for word in words if word not in roles.missing]
    return [text for text in texts if text and text not in words]


def _fits(role: str, values: list[str]) -> bool:
    if not values or any(value[0] in "{[" for value in values):
        # Nothing there, or nested values of JSON.
        return False
    if role == "timestamp":
        return time_unit(values) is not None
    if role == "event":
        distinct = set(values)
        return len(distinct) <= MOST_EVENTS and (distinct <= {"0", "1"} or any(our_event(v) for v in distinct))
    if role == "price":
        return _share(values, lambda v: _number(v) is not None) >= ENOUGH
    if role == "propensity":
        return all((p := _number(v)) is not None and 0 < p <= 1 for v in values)
    return role != "position" or all(_is_integer(v) for v in values)


def time_unit(values: list[str]) -> str | None:
    """`iso`, `s` or `ms`, or None where the values are not times."""
    if _share(values, lambda v: ISO.fullmatch(v) is not None) >= ENOUGH:
        return "iso"
    for unit, (low, high) in (("s", SECONDS), ("ms", MILLISECONDS)):
        if _share(values, partial(_is_between, low, high)) >= ENOUGH:
            return unit
    return None


def _by_values(role: str, sample: Sample, values: dict[str, list[str]], roles: Roles) -> None:
    free = [name for name in sample.names if name not in roles.columns.values()]
    if role == "event":
        # Without a telling name most values must mean something.
        fit = [n for n in free if len(set(values[n])) <= MOST_EVENTS and _share(values[n], our_event) > 0.5]
    else:
        fit = [name for name in free if _fits(role, values[name])]
    if len(fit) == 1:
        roles.columns[role], roles.reasons[role] = fit[0], "by its values"
    elif fit:
        names = ", ".join(f"'{name}'" for name in fit)
        roles.doubts.append(f"{role}: it could be any of {names}.")


def _describe_time(values: dict[str, list[str]], roles: Roles) -> None:
    column = roles.columns.get("timestamp")
    if column is None:
        return
    roles.time_unit = time_unit(values[column]) or "ms"
    roles.offset = roles.time_unit != "iso" or all(OFFSET.fullmatch(value) for value in values[column])
    if not roles.offset:
        roles.doubts.append("time_zone: the times carry no offset, and UTC was taken.")


def _describe_events(values: dict[str, list[str]], roles: Roles) -> None:
    column = roles.columns.get("event")
    if column is None:
        return
    counts = Counter(values[column])
    if set(counts) <= {"0", "1"}:
        # One row an exposure, and whether it was clicked; a column named otherwise may count anything.
        if "click" in column.lower():
            roles.events = {"0": "impression", "1": "click"}
        else:
            roles.doubts.append(f"events: what 0 and 1 mean in '{column}'.")
        return
    for value, count in counts.most_common():
        event = our_event(value)
        if event:
            roles.events[value] = event
        else:
            roles.strange[value] = count / counts.total()
    if roles.strange:
        named = ", ".join(f"'{value}' ({share:.1%})" for value, share in list(roles.strange.items())[:8])
        roles.doubts.append(f"events: what these mean: {named}; such rows are set aside as unknown_event.")


def id_type(values: list[str]) -> str:
    """`int64` where every value is a whole number that is written as int64 would write it, else `string`."""
    return (
        "int64" if all(_is_integer(v) and str(int(v)) == v and -(2**63) <= int(v) < 2**63 for v in values) else "string"
    )


def _share(values: list[str], test: Callable[[str], object]) -> float:
    return sum(bool(test(value)) for value in values) / max(len(values), 1)


def _is_between(low: int, high: int, text: str) -> bool:
    return _is_integer(text) and low <= int(text) < high


def _is_integer(text: str) -> bool:
    return re.fullmatch(r"-?[0-9]{1,19}", text) is not None


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
