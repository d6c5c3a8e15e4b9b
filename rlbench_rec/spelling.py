"""Which known name was meant by one that is not known."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that the fewest slips of the keyboard lead to, whatever the case; None where none is near.

    Near is a third of the letters in edits, or what difflib calls close, which also finds `algorit` in `algorithms`.
    """
    names = {each.lower(): each for each in known}
    typed = name.lower()
    edits = {each: distance(typed, each) for each in names}
    likeliest = min(edits, key=edits.__getitem__, default=None)
    if likeliest is not None and edits[likeliest] <= max(1, len(typed) // 3) and edits[likeliest] < len(likeliest):
        return names[likeliest]
    close = difflib.get_close_matches(typed, list(names), n=1)
    return names[close[0]] if close else None


def distance(a: str, b: str) -> int:
    """Letters to insert, take out or replace, and neighbours to exchange, that turn one name into the other.

    The restricted distance of Damerau and Levenshtein: no letter is edited twice. `dnq` is one edit from `dqn`.
    """
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, letter in enumerate(a, start=1):
        before, above, row = row, before, [i]
        for j, other in enumerate(b, start=1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == b[j - 2] and a[i - 2] == other:
                cost = min(cost, above[j - 2] + 1)
            row.append(cost)
    return row[-1]
