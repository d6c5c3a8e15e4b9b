"""Values of a request, each refused in a line where it is not what it should be."""

from __future__ import annotations

import math
from collections.abc import Mapping
from numbers import Integral, Real
from typing import Any

from ..errors import InputError, did_you_mean

NOT_FINITE = "It is not a finite number."


def number(value: object, where: str) -> float:
    """A finite number; true and false are none."""
    if type(value) is not float and (isinstance(value, bool) or not isinstance(value, Real)):
        raise InputError(f"{_shown(value)} is not a number.", where=where)
    try:
        value = float(value)
    except OverflowError:
        value = math.inf
    if not math.isfinite(value):
        raise InputError(NOT_FINITE, where=where, hint="Write null where it is not known.")
    return value


def whole(value: object, where: str, least: int = 0) -> int:
    """A whole number, at least `least`."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise InputError(f"{_shown(value)} is not a whole number.", where=where)
    if value < least:
        raise InputError(f"{int(value)}; at least {least} is needed.", where=where)
    return int(value)


def identifier(value: object, where: str) -> str:
    """An id as text: text itself, or a whole number."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise InputError(f"{_shown(value)} is not an id: text or a whole number.", where=where)
    return str(int(value))


def mapping(value: object, where: str) -> Mapping[str, Any]:
    """An object."""
    if not isinstance(value, Mapping):
        raise InputError(f"{_shown(value)} is not an object.", where=where)
    return value


def sequence(value: object, where: str) -> list[Any] | tuple[Any, ...]:
    """A list."""
    if not isinstance(value, list | tuple):
        raise InputError(f"{_shown(value)} is not a list.", where=where)
    return value


def refuse_unknown(given: Mapping[str, Any], known: Any, where: str) -> None:
    """Raise where something has a key that is not known, with the nearest one that is."""
    for name in given:
        if name not in known:
            guess = did_you_mean(str(name), map(str, known)).rstrip()
            hint = guess or f"Known are: {', '.join(sorted(map(str, known))[:20])}."
            raise InputError(f"Unknown column '{str(name)[:60]}'.", where=where, hint=hint)


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}…"
