"""In which line of a TOML file each value stands, which tomllib does not keep: for messages about files that are TOML
but do not fit."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping

Place = tuple[int | str, ...]
"""Keys and numbers of entries, from the top of a file."""
BLANK = re.compile(r"[ \t\r]*")
BETWEEN = re.compile(r"(?:[ \t\r\n,]|#[^\n]*)*")
"""Between statements, and between entries."""
KEY = re.compile(r"\"((?:[^\"\\\n]|\\.)*)\"|'([^'\n]*)'|([A-Za-z0-9_-]+)")
TEXT = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}|' + r"'''.*?'{3,5}|" + r"\"(?:[^\"\\\n]|\\.)*\"|'[^'\n]*'",
    flags=re.DOTALL,
)
BARE = re.compile(r"[^,\]}\n#]*")


def lines_of(text: str) -> dict[Place, int]:
    """Place of a table, an entry or a value -> its line, from 1. What is not TOML gives what was found before it.

    Args:
        text: of a file that tomllib takes.
    """
    scan = _Scan(text)
    try:
        scan.statements()
    except (ValueError, RecursionError):
        return scan.lines
    return scan.lines


def line_of(place: Place, lines: Mapping[Place, int]) -> int | None:
    """Of a place, or of what holds it: a key that is missing has no line of its own."""
    return next((lines[place[:end]] for end in range(len(place), 0, -1) if place[:end] in lines), None)


class _Scan:
    """Goes through a file from statement to statement.

    Attributes:
        lines: what was found.
    """

    def __init__(self, text: str):
        self.text, self.at = text, 0
        self.starts = [0, *(match.end() for match in re.finditer("\n", text))]
        self.lines: dict[Place, int] = {}
        self.last: dict[Place, int] = {}

    def statements(self) -> None:
        table: Place = ()
        while not self._ends():
            start = self.at
            if self._took("["):
                table = self._header(start, several=self._took("["))
            else:
                self._assignment(table)

    def _ends(self) -> bool:
        self._skip(BETWEEN)
        return self.at >= len(self.text)

    def _header(self, start: int, *, several: bool) -> Place:
        """`[a.b]`, or `[[a.b]]`, which begins one more entry."""
        place: Place = ()
        *above, name = self._keys()
        for key in above:
            self._note((*place, key), start)
            place = self._entry((*place, key))
        place = (*place, name)
        if several:
            self.last[place] = self.last.get(place, -1) + 1
            self._note(place, start)
            place = self._entry(place)
        self._note(place, start)
        while self._took("]"):
            pass
        return place

    def _entry(self, place: Place) -> Place:
        """The last entry, of a list of tables."""
        return (*place, self.last[place]) if place in self.last else place

    def _assignment(self, table: Place) -> None:
        place, start = table, self.at
        for key in self._keys():
            place = (*place, key)
            self._note(place, start)
        if not self._took("="):
            raise ValueError
        self._value(place)

    def _value(self, place: Place) -> None:
        self._skip(BLANK)
        if self._took("["):
            number = 0
            while self._inside("]"):
                self._note((*place, number), self.at)
                self._value((*place, number))
                number += 1
        elif self._took("{"):
            while self._inside("}"):
                self._assignment(place)
        elif not self._skip(TEXT):
            self._skip(BARE)

    def _inside(self, end: str) -> bool:
        if self._ends():
            raise ValueError
        return not self._took(end)

    def _keys(self) -> list[str]:
        keys = []
        while True:
            self._skip(BLANK)
            match = KEY.match(self.text, self.at)
            if match is None:
                raise ValueError
            self.at = match.end()
            keys.append(next(group for group in match.groups() if group is not None))
            self._skip(BLANK)
            if not self._took("."):
                return keys

    def _note(self, place: Place, at: int) -> None:
        self.lines.setdefault(place, bisect_right(self.starts, at))

    def _skip(self, pattern: re.Pattern[str]) -> bool:
        match = pattern.match(self.text, self.at)
        self.at = match.end() if match else self.at
        return match is not None

    def _took(self, text: str) -> bool:
        there = self.text.startswith(text, self.at)
        self.at += len(text) * there
        return there
