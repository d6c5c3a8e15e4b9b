"""A name for a policy's content: two policies with the same fingerprint decide alike."""

from __future__ import annotations

import functools
import hashlib
import json
from pathlib import Path
from types import FunctionType, MethodType
from typing import Any

import numpy as np
from pydantic import BaseModel

PACKAGE = Path(__file__).resolve().parents[1]


def fingerprint(*things: Any) -> str | None:
    """SHA-256 of things and of the code of tasks and policies, or None if one of them holds something unknown.

    Known are numbers, strings, arrays, containers, pydantic models, and this package's own functions (by name,
    with what they are bound to) and objects made of these, less their cached properties, which the rest determines.
    """
    digest = hashlib.sha256(code_hash().encode())
    try:
        for thing in things:
            _add(digest, thing)
    except _UnknownThing:
        return None
    return digest.hexdigest()


@functools.cache
def code_hash() -> str:
    """SHA-256 of all source files that decide what a policy earns, and of numpy's version."""
    digest = hashlib.sha256(np.__version__.encode())
    for room in ("tasks", "policies"):
        for file in sorted((PACKAGE / room).rglob("*.py")):
            digest.update(file.relative_to(PACKAGE).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


class _UnknownThing(Exception):
    """Something that has no stable content."""


def _add(digest: Any, thing: Any) -> None:
    digest.update(f"<{type(thing).__module__}.{type(thing).__qualname__}>".encode())
    if thing is None or isinstance(thing, (bool, int, float, str, np.generic)):
        digest.update(repr(thing).encode())
    elif isinstance(thing, np.ndarray):
        if thing.dtype.hasobject:
            raise _UnknownThing
        digest.update(f"{thing.dtype}{thing.shape}".encode() + np.ascontiguousarray(thing).tobytes())
    elif isinstance(thing, BaseModel):
        digest.update(json.dumps(thing.model_dump(mode="json"), sort_keys=True).encode())
    elif isinstance(thing, dict):
        for key in sorted(thing, key=repr):
            _add(digest, key)
            _add(digest, thing[key])
    elif isinstance(thing, (list, tuple)):
        digest.update(str(len(thing)).encode())
        for item in thing:
            _add(digest, item)
    elif isinstance(thing, slice):
        _add(digest, (thing.start, thing.stop, thing.step))
    elif isinstance(thing, functools.partial):
        _add(digest, (thing.func, thing.args, thing.keywords))
    elif isinstance(thing, MethodType):
        _add(digest, (thing.__func__.__qualname__, thing.__self__))
    elif isinstance(thing, FunctionType):
        _add_function(digest, thing)
    elif hasattr(thing, "__dict__"):
        _add_object(digest, thing)
    else:
        raise _UnknownThing


def _add_function(digest: Any, function: Any) -> None:
    # Only this package's code is part of the hash; and a function inside another one may close over anything.
    if not (function.__module__ or "").startswith("rlbench_rec.") or "<" in function.__qualname__:
        raise _UnknownThing
    digest.update(f"{function.__module__}.{function.__qualname__}".encode())


def _add_object(digest: Any, thing: Any) -> None:
    """A task or a policy by its attributes; anything of another package only where its content is known."""
    if not type(thing).__module__.startswith("rlbench_rec."):
        raise _UnknownThing
    cached = {name for base in type(thing).__mro__ for name, value in vars(base).items() if _is_cached(value)}
    for name, value in sorted(vars(thing).items()):
        if name not in cached:
            _add(digest, (name, value))


def _is_cached(value: Any) -> bool:
    return isinstance(value, functools.cached_property)
