"""Text for a terminal: what a file, a card or a column says is shown, never obeyed."""

from __future__ import annotations

import re

_OBEYED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
"""Control characters but line ends and tabs, marks that turn or hide text, and halves of characters (bytes of a path
that are not UTF-8)."""


def printable(text: str) -> str:
    """The text with each character that a terminal would obey, or a reader not see, as JSON escapes it (`\\u001b`).

    JSON stays the same JSON.
    """
    return _OBEYED.sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    units = match[0].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i : i + 2].hex()}" for i in range(0, len(units), 2))
