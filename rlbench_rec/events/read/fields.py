"""One line of delimited text -> its fields."""

from __future__ import annotations

import csv
import re
from functools import cache
from typing import Any, NamedTuple

BLANKS = " \t\u00a0\u3000"
"""What `trim` takes away: blank, tab, no-break space and the wide blank of Chinese and Japanese."""
STAND_INS = ("\x1f", "\x1e", "\x1d", *map(chr, range(0xE000, 0xE100)))
"""Characters that no text has; one of them stands for a longer delimiter, since `csv` knows single characters alone."""


class FieldForm(NamedTuple):
    """How fields stand in a line.

    Attributes:
        delimiter: between fields; one or more characters.
        quote: around a field that holds a delimiter; inside it, twice for itself. "" where quotes mean nothing.
        escape: before a character that is taken as it is; "" where there is none.
        trim: blanks may stand around a quoted field.
    """

    delimiter: str = ","
    quote: str = '"'
    escape: str = ""
    trim: bool = False


def split_fields(line: str, delimiter: str, quote: str = '"', escape: str = "", trim: bool = False) -> list[str] | None:
    """The fields of one line, by the rules of CSV; None where a quote is never closed, or an escape ends the line.

    Before an N an escape stays: `\\N` means a missing value.
    """
    if trim:
        return _split_between_blanks(line, delimiter, quote, escape)
    mark = delimiter if len(delimiter) == 1 else next(mark for mark in STAND_INS if mark not in line)
    if mark != delimiter:
        line = line.replace(delimiter, mark)
    if escape:
        line = line.replace(f"{escape}N", f"{escape}{escape}N")
    reader = csv.reader([line], _dialect(mark, quote, escape))
    try:
        fields = next(reader) or [""]
    except csv.Error:
        return None
    return fields if mark == delimiter else [field.replace(mark, delimiter) for field in fields]


@cache
def _dialect(delimiter: str, quote: str, escape: str) -> Any:
    # The type of a reader's own dialect, which costs nothing to use again, has a public name from Python 3.12 on.
    return csv.reader(
        [],
        delimiter=delimiter,
        quotechar=quote or None,
        escapechar=escape or None,
        quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE,
        strict=True,
    ).dialect


def _split_between_blanks(line: str, delimiter: str, quote: str, escape: str) -> list[str] | None:
    """As `split_fields`, where blanks may stand on both sides of a quoted field, which `csv` does not know."""
    field = _field(delimiter, quote, escape)
    fields: list[str] = []
    place, last = 0, False
    while not last:
        match = field.match(line, place)
        if match is None:
            return None
        text = match["bare"]
        if text is None:
            text = match["quoted"].replace(quote * 2, quote)
        if escape:
            text = re.sub(f"{re.escape(escape)}([^N])", r"\1", text, flags=re.DOTALL)
        fields.append(text)
        place, last = match.end(), not match["end"]
    return fields


@cache
def _field(delimiter: str, quote: str, escape: str) -> re.Pattern[str]:
    """A field and the delimiter after it. A field that begins with a quote has to be a quoted one."""
    blanks = f"[{''.join(re.escape(blank) for blank in BLANKS if blank not in delimiter)}]*"
    between, mark = re.escape(delimiter), re.escape(quote)
    taken, others = (f"{re.escape(escape)}.|", re.escape(escape)) if escape else ("", "")
    bare = f"(?P<bare>(?:{taken}(?!{between})[^{others}])*)" if escape else f"(?P<bare>(?:(?!{between}).)*)"
    quoted = f"{blanks}{mark}(?P<quoted>(?:{taken}{mark}{mark}|[^{mark}{others}])*){mark}{blanks}"
    content = f"(?:{quoted}|(?!{blanks}{mark}){bare})" if quote else bare
    return re.compile(f"{content}(?P<end>{between}|\\Z)", re.DOTALL)
