"""One line of delimited text -> its fields."""

from __future__ import annotations

import csv
import re
from functools import cache
from typing import NamedTuple

BLANKS = " \t\u00a0\u3000"
"""What `trim` takes away: blank, tab, no-break space and the wide blank of Chinese and Japanese."""


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

    A field of `escape` and N alone stays as it is: `\\N` means a missing value.
    """
    if len(delimiter) == 1 and quote and not escape and not trim:
        try:
            return next(csv.reader([line], delimiter=delimiter, quotechar=quote, strict=True)) or [""]
        except csv.Error:
            return None
    field = _field(delimiter, quote, escape, trim)
    fields: list[str] = []
    place, last = 0, False
    while not last:
        match = field.match(line, place)
        if match is None:
            return None
        fields.append(_meant(match["quoted"], match["bare"], quote, escape))
        place, last = match.end(), not match["end"]
    return fields


@cache
def _field(delimiter: str, quote: str, escape: str, trim: bool) -> re.Pattern[str]:
    """A field and the delimiter after it. A field that begins with a quote has to be a quoted one."""
    blanks = f"[{''.join(re.escape(blank) for blank in BLANKS if blank not in delimiter)}]*" if trim else ""
    between, mark, taken = re.escape(delimiter), re.escape(quote), f"{re.escape(escape)}." if escape else "(?!)"
    bare = f"(?P<bare>(?:{taken}|(?!{between})[^{re.escape(escape)}])*)" if escape else f"(?P<bare>(?:(?!{between}).)*)"
    if quote:
        quoted = f"{blanks}{mark}(?P<quoted>(?:{taken}|{mark}{mark}|[^{mark}{re.escape(escape)}])*){mark}{blanks}"
        content = f"(?:{quoted}|(?!{blanks}{mark}){bare})"
    else:
        content = f"(?P<quoted>(?!))?{bare}"
    return re.compile(f"{content}(?P<end>{between}|\\Z)", re.DOTALL)


def _meant(quoted: str | None, bare: str | None, quote: str, escape: str) -> str:
    text = quoted if quoted is not None else bare or ""
    if escape and escape in text and text != f"{escape}N":
        pattern = f"{re.escape(escape)}(.)" + (f"|({re.escape(quote)}){{2}}" if quoted is not None and quote else "")
        return re.sub(pattern, lambda match: match[match.lastindex or 0], text, flags=re.DOTALL)
    return text.replace(quote * 2, quote) if quoted is not None else text
