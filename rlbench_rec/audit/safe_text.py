"""Text that comes from somebody else's file and ends up in tables, on pages and on terminals."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

from ..results.schema import runs_as_formula
from ..terminal import printable

LONGEST = 500
MARKUP = set("<>|`[]")
"""What HTML and Markdown take for their own."""


def why_unsafe(text: str) -> str:
    """Why a text may not be shown as it is; empty where it may."""
    if len(text) > LONGEST:
        return f"it has more than {LONGEST} characters"
    if printable(text) != text or "\n" in text:
        return "it has characters that a terminal would obey or a reader not see"
    if MARKUP & set(text):
        return "it has characters of HTML or Markdown"
    if runs_as_formula(text.strip()):
        return "a spreadsheet would run it as a formula"
    if _leaves(text):
        return "it is a path out of its folder"
    return ""


def _leaves(text: str) -> bool:
    posix, windows = PurePosixPath(text), PureWindowsPath(text)
    absolute = posix.is_absolute() or windows.is_absolute() or bool(windows.drive) or text.startswith("~")
    return absolute or ".." in {*posix.parts, *windows.parts}


def texts(value: Any) -> Iterator[str]:
    """Every text in plain JSON values, keys too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield str(key)
            yield from texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from texts(item)


def unsafe_texts(value: Any) -> Iterator[str]:
    """`'...': why`, one a different text that may not be shown."""
    for text in dict.fromkeys(texts(value)):
        if why := why_unsafe(text):
            yield f"{printable(text)[:60]!r}: {why}"
