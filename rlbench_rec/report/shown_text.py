"""Text as a page shows it: nothing that a reader does not see, and no folder of anybody's machine."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..terminal import printable

_ROOT = r"(?:(?:file:/*|~\w*|[A-Za-z]:)[\\/]|(?!//)[\\/])"
"""Not the two strokes of an address on the web."""
_WHOLE = re.compile(rf"{_ROOT}(?:[^\n]*[\\/])?([^\n\\/]+)[\\/]?")
"""A text that is a path from a root or a home, spaces and all."""
_WITHIN = re.compile(rf"(?<![\w.<\\/)\]-]){_ROOT}[^\s\"'=,;]*[\\/]([^\s\"'=,;\\/]+)(?=[\s\"'=,;]|$)")
"""Such a path within a sentence or a command, up to the next space."""


def shown(text: object) -> str:
    """The text with paths by their last part alone, with what a reader would not see escaped, and no line that begins
    with a per cent sign."""
    return printable(without_paths(str(text))).replace(" %", "\N{NO-BREAK SPACE}%")


def without_paths(value: Any) -> Any:
    """The same text, or JSON value, with the last part alone of every path that begins at a root or a home."""
    if isinstance(value, Mapping):
        return {str(key): without_paths(item) for key, item in value.items()}
    if isinstance(value, list):
        return [without_paths(item) for item in value]
    if not isinstance(value, str):
        return value
    whole = _WHOLE.fullmatch(value)
    return whole[1] if whole else _WITHIN.sub(r"\1", value)
