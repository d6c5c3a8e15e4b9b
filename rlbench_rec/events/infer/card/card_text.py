"""Values, keys and lines of TOML."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping


def toml(value: object) -> str:
    """A value as TOML writes it, on one line."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, str):
        # A JSON string is a TOML basic string, but for the one control character that JSON leaves bare.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key(name)} = {toml(entry)}" for name, entry in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(toml, value)) + "]"
    raise AssertionError(f"not a value of a card: {value!r}")


def key(name: str) -> str:
    """A name as the key of a table."""
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else toml(name)


def line(name: str, value: object, comment: str = "") -> str:
    """`name = value  # comment`"""
    return f"{key(name)} = {toml(value)}" + (f"  # {one_line(comment)}" if comment else "")


def one_line(text: str) -> str:
    """A text for a comment: a control character would end it, or be refused."""
    return "".join(c if c.isprintable() else "?" for c in text)
