"""Raw requests -> states, as training would have encoded them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from numbers import Integral
from typing import Any

import numpy as np

from ..errors import InputError
from .checked_values import identifier, mapping, number, refuse_unknown, sequence, whole
from .state_encoding import ContextColumn, StateEncoding

REQUEST = ("events", "context", "timestamp", "session_start", "step", "rewards", "forbidden", "candidates", "base")
LOG_COLUMNS = (
    *("session_id", "user_id", "timestamp", "item_id", "event", "price", "category", "propensity", "position"),
    *("slate_id", "policy", "quantity", "available", "parent_category", "rating", "order", "gap"),
)
"""What an event may have; what a state does not show is left alone."""
DAY_MS, WEEK_MS = 86_400_000, 7 * 86_400_000


def encode(
    encoding: StateEncoding, requests: Sequence[Mapping[str, Any]], action_names: Mapping[str, int] | None = None
) -> np.ndarray:
    """(n, encoding.size) float32 states of n raw requests.

    Args:
        encoding: of the policy.
        requests: each with `events` of the session so far, the oldest first, and `context`; see docs/serving.md.
        action_names: name of an action -> its number, where states have flags of forbidden actions.

    Raises:
        InputError: a request that cannot be encoded, naming its first bad value.
    """
    states = np.zeros((len(requests), encoding.size), dtype=np.float32)
    for row, request in enumerate(requests):
        where = "request" if len(requests) == 1 else f"requests[{row}]"
        _encode(encoding, mapping(request, where), states[row], action_names or {}, where)
    return states


def session_step(encoding: StateEncoding, request: Mapping[str, Any]) -> int | None:
    """How many decisions of the session came before a request that can be encoded; None where it does not say, and the
    policy does not ask."""
    if request.get("step") is not None:
        return whole(request["step"], "request.step")
    if request.get("events") is None and not encoding.sequential:
        return None
    codes = (encoding.event_codes[event["event"]] for event in request.get("events") or ())
    return sum(code in encoding.decision_codes for code in codes)


def earlier_rewards(encoding: StateEncoding, request: Mapping[str, Any], where: str) -> list[float]:
    """What each earlier decision of the session earned, of a request that can be encoded.

    Raises:
        InputError: it does not say, or says it of more or fewer decisions than there were.
    """
    given = request.get("rewards")
    if given is None:
        what = "The policy asks for a return, and needs what each earlier decision of the session earned."
        raise InputError(what, where=where, hint="Give a list, the oldest first; [] where there was none.")
    rewards = [number(value, f"{where}[{place}]") for place, value in enumerate(sequence(given, where))]
    step = session_step(encoding, request)
    if step is not None and step != len(rewards):
        raise InputError(f"{len(rewards)} rewards of {step} earlier decisions of the session.", where=where)
    return rewards


def _encode(
    encoding: StateEncoding, request: Mapping[str, Any], state: np.ndarray, names: Mapping[str, int], where: str
) -> None:
    refuse_unknown(request, REQUEST, where)
    events = sequence(request.get("events") or (), f"{where}.events")
    items, codes, gaps = _events(encoding, events, f"{where}.events")
    cells = _context(encoding, request, events, codes, where)
    if not all(map(math.isfinite, cells)):
        raise InputError("A number is too large.", where=f"{where}.context")
    begin = len(cells)
    state[:begin] = cells
    if encoding.history and items:
        shown = min(encoding.history, len(items))
        for column in (items, codes, gaps):
            state[begin + encoding.history - shown : begin + encoding.history] = column[-shown:]
            begin += encoding.history
    begin = encoding.context_width + 3 * encoding.history
    for block, size in (("forbidden", encoding.forbidden), ("candidates", encoding.candidates)):
        if request.get(block) is not None and not size:
            raise InputError(f"The policy takes no {block}.", where=f"{where}.{block}")
    if encoding.forbidden:
        _forbid(request, state[begin:], names, where)
    if encoding.candidates:
        _candidates(encoding, request, state[begin:], f"{where}.candidates")


def _events(encoding: StateEncoding, events: Sequence[Any], where: str) -> tuple[list[int], list[int], list[float]]:
    """Item numbers, event codes and seconds since the event before, of all events of the session."""
    items, codes, gaps = [], [], []
    before: int | None = None
    known = encoding.columns.keys() | LOG_COLUMNS
    for place, event in enumerate(events):
        here = f"{where}[{place}]"
        event = mapping(event, here)
        refuse_unknown(event, known, here)
        items.append(item_number(encoding, event.get("item_id"), f"{here}.item_id"))
        codes.append(_code(encoding, event.get("event"), f"{here}.event"))
        if encoding.clock == "timestamp":
            now = _milliseconds(event.get("timestamp"), f"{here}.timestamp")
            if before is not None and now < before:
                raise InputError("It is before the event in front of it.", where=f"{here}.timestamp")
            gaps.append(0.0 if before is None else (now - before) / 1000.0)
            before = now
        else:
            given = event.get("gap") if encoding.clock == "gap" else None
            gaps.append(0.0 if given is None else number(given, f"{here}.gap"))
    return items, codes, gaps


def item_number(encoding: StateEncoding, item: object, where: str) -> int:
    """The number of an item id; that of all others, where it is unknown or none.

    Raises:
        InputError: not an id, or one that training could not have met.
    """
    text = "" if item is None else identifier(item, where)
    known = encoding.item_numbers.get(text) if item is not None else None
    if known is not None:
        return known
    # Where states show no items, any will do.
    if not encoding.other_item and encoding.items:
        what = "An item is needed." if item is None else f"Unknown item '{text[:60]}'."
        raise InputError(what, where=where, hint="The policy was trained where all items were known: leave it out.")
    return encoding.other_item


def _code(encoding: StateEncoding, event: object, where: str) -> int:
    code = encoding.event_codes.get(event) if isinstance(event, str) else None
    if code is None:
        known = ", ".join(encoding.event_codes)
        raise InputError(f"Unknown event {str(event)[:60]!r}.", where=where, hint=f"Known are: {known}.")
    return code


def _milliseconds(value: object, where: str) -> int:
    if value is None:
        raise InputError("A time is missing.", where=where, hint="Give milliseconds since 1970, UTC.")
    return whole(value, where)


def _context(
    encoding: StateEncoding, request: Mapping[str, Any], events: Sequence[Any], codes: list[int], where: str
) -> list[float]:
    given = mapping(request.get("context") or {}, f"{where}.context")
    refuse_unknown(given, encoding.columns, f"{where}.context")
    searched = _last_search(encoding, events, codes)
    cells: list[float] = []
    for column in encoding.context:
        if column.kind == "step":
            steps = request.get("step")
            count = sum(code in encoding.decision_codes for code in codes)
            cells.append(math.log1p(count if steps is None else whole(steps, f"{where}.step")))
        elif column.kind == "clock":
            cells += _waves(_session_start(request, events, where))
        elif column.kind == "constant":
            cells.append(1.0)
        elif column.asked:
            cells += _cells(column, _value(column, given, searched, where), f"{where}.context.{column.name}")
    return cells


def _value(column: ContextColumn, given: Mapping[str, Any], searched: Mapping[str, Any], where: str) -> object:
    value = given.get(column.name)
    if column.name in LOG_COLUMNS:
        searched = {}
    if value is None:
        value = searched.get(column.name)
    if value is None and column.name not in given and column.name not in searched:
        hint = "Write null where it is not known."
        raise InputError(f"The column '{column.name}' is missing.", where=f"{where}.context", hint=hint)
    return value


def _cells(column: ContextColumn, value: object, where: str) -> list[float]:
    if column.kind == "number":
        return [0.0 if value is None else (number(value, where) - column.mean) / column.scale]
    cells = [0.0] * len(column.values)
    if value is None:
        return cells
    # numpy's own kinds of text and whole numbers too.
    if isinstance(value, str):
        value = str(value)
    elif isinstance(value, Integral) and not isinstance(value, bool):
        value = int(value)
    else:
        raise InputError(f"{value!r:.60} is not a category: text or a whole number.", where=where)
    if column.values and type(value) is not type(column.values[0]):
        wanted = "text" if isinstance(column.values[0], str) else "a whole number"
        raise InputError(f"{value!r:.60} is not {wanted}, as in training.", where=where)
    place = column.places.get(value)
    if place is not None:
        cells[place] = 1.0
    return cells


def _last_search(encoding: StateEncoding, events: Sequence[Any], codes: list[int]) -> Mapping[str, Any]:
    """The last search of the session, if the context goes on from it."""
    if encoding.searches and (code := encoding.events.get("search")) in codes:
        return events[len(codes) - 1 - codes[::-1].index(code)]
    return {}


def _session_start(request: Mapping[str, Any], events: Sequence[Any], where: str) -> int:
    if request.get("session_start") is not None:
        return whole(request["session_start"], f"{where}.session_start")
    if events and events[0].get("timestamp") is not None:
        return _milliseconds(events[0]["timestamp"], f"{where}.events[0].timestamp")
    # The decision is the session's first event.
    return _milliseconds(request.get("timestamp"), f"{where}.timestamp")


def _waves(start: int) -> list[float]:
    angles = [2 * math.pi * (start % period) / period for period in (DAY_MS, WEEK_MS)]
    return [wave(angle) for angle in angles for wave in (math.sin, math.cos)]


def _forbid(request: Mapping[str, Any], flags: np.ndarray, names: Mapping[str, int], where: str) -> None:
    for place, name in enumerate(sequence(request.get("forbidden") or (), f"{where}.forbidden")):
        here = f"{where}.forbidden[{place}]"
        action = names.get(identifier(name, here))
        if action is None:
            raise InputError(f"Unknown action '{str(name)[:60]}'.", where=here)
        flags[action] = 1.0


def _candidates(encoding: StateEncoding, request: Mapping[str, Any], slots: np.ndarray, where: str) -> None:
    given = sequence(request.get("candidates"), where)
    if not 0 < len(given) <= encoding.candidates:
        raise InputError(f"{len(given)} candidates; 1 to {encoding.candidates} are needed.", where=where)
    for place, item in enumerate(given):
        slots[place] = item_number(encoding, item, f"{where}[{place}]")
