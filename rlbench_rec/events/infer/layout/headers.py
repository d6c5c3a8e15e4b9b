"""Where the rows begin, and whether the line before them names the columns."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ....column_names import COLUMN_NAMES, plain
from ...read.fields import FieldForm
from .delimiters import fields_of

SEPARATOR = re.compile(r'"?sep=(.{1,8}?)"?\s*', re.IGNORECASE)
"""What Excel writes before the header to name the delimiter. Bounded, so that no line takes long to refuse."""
DEEPEST = 60
"""A preamble is not longer."""
MOST_NAMED = 0.6
"""Share of the columns that a header must name."""
LOOKED_AT = 400
"""Rows that a header is compared with."""
KNOWN = frozenset(" ".join(COLUMN_NAMES.values()).split())


@dataclass(frozen=True)
class Beginning:
    """The first lines of a file.

    Attributes:
        first: the place of the header, or of the first row, among all lines.
        header: whether that line names the columns; None where it cannot be told.
        names: as the header has them; empty without one.
        width: fields of a row, those that trailing delimiters make left out.
        trailing: whether rows or header end with delimiters that no column follows.
        why: what speaks for the answer, half a sentence.
    """

    first: int
    header: bool | None
    names: list[str]
    width: int
    trailing: bool
    why: str = ""


def find_beginning(lines: Sequence[str], form: FieldForm, width: int, given: Mapping[str, object]) -> Beginning:
    """The beginning of a file whose lines mostly have `width` fields.

    Args:
        lines: the file's, from its very first; blank ones too.
        form: of the fields.
        width: fields of most lines.
        given: card keys that are known.
    """
    split = [fields_of(line, form) if line.strip() else [] for line in lines[: DEEPEST + LOOKED_AT]]
    first = int(str(given["skip_lines"])) if "skip_lines" in given else _first_row(lines, split, width)
    start = [field.strip() for field in (split[first] if first < len(split) else [])]
    # A header comes back where files were put together.
    rows = [fields for fields in split[first + 1 :] if len(fields) == width and fields != split[first]]
    columns = [[row[i].strip() for row in rows] for i in range(width)]
    known = given.get("header")
    if len(start) == width - 1 and all(map(any, columns)) and looks_like_names(start) and known is not False:
        # R writes row names without a name for them.
        return Beginning(first, True, ["", *start], width, False, "it has one field less than the rows")
    header, why = is_header(start, columns)
    header = bool(known) if known is not None else header
    if header is False:
        return Beginning(first, False, [], width, False, why)
    # Beyond the last name and the last column with a value there is nothing but delimiters.
    last = max([_filled(start), *(i for i, column in enumerate(columns, 1) if any(column))])
    names = [*start[:last], *[""] * (last - len(start))]
    return Beginning(first, header, names, last, last < max(width, len(start)), why)


def _first_row(lines: Sequence[str], split: list[list[str]], width: int) -> int:
    """The place of the first line that has the fields of a row, or of a header of fewer fields right before it."""
    fit = next((i for i, fields in enumerate(split[:DEEPEST]) if _is_full(fields, width)), 0)
    before = next((i for i in range(fit - 1, -1, -1) if lines[i].strip()), None)
    if before is None:
        return fit
    filled = _filled(split[before])
    is_short = max(2, MOST_NAMED * width) <= filled <= width
    if is_short and looks_like_names(split[before][:filled]) and not looks_like_names(split[fit]):
        return before
    between = [line for line in lines[:fit] if line.strip() and not SEPARATOR.fullmatch(line)]
    if all(len(split[i]) < 2 or _filled(split[i]) <= 1 for i, line in enumerate(lines[:fit]) if line in between):
        return fit
    # Lines that could be rows are left out only before a header.
    return fit if looks_like_names(split[fit]) else 0


def _is_full(fields: list[str], width: int) -> bool:
    """Whether these are the fields of a header or row: spreadsheets fill the lines of a preamble with delimiters."""
    return len(fields) == width and sum(bool(field.strip()) for field in fields) > max(1, width // 3)


def _filled(fields: list[str]) -> int:
    """How many fields there are up to the last that is not blank."""
    return max((i + 1 for i, field in enumerate(fields) if field.strip()), default=0)


def looks_like_names(fields: Sequence[str]) -> bool:
    """Whether every field is a word or a few."""
    texts = [field.strip() for field in fields]
    return all(text and not is_value(text) and len(text) < 60 for text in texts) and len(set(texts)) == len(texts)


def is_header(start: list[str], columns: list[list[str]]) -> tuple[bool | None, str]:
    """Whether a line names the columns below it, and why; None where it cannot be told."""
    numbers = [str(i) for i in range(len(start))]
    if len(start) > 1 and start in (numbers, [str(i + 1) for i in range(len(start))]):
        return (True if len(start) > 2 else None), "it numbers the columns"
    # A name that stands below too is a value: `click`.
    below_too = [text in column for text, column in zip(start, columns, strict=False)]
    known = sum(plain(_before_type(text)) in KNOWN and not again for text, again in zip(start, below_too, strict=False))
    if known > len(start) / 2 or (known and not any(is_value(text) for text in start)):
        return True, "it has the usual names of columns"
    if not any(value for column in columns for value in column):
        # A line alone.
        return (False if any(map(is_value, start)) else None), "there is no other line"
    votes: Counter[bool] = Counter()
    for text, column in zip(start, columns, strict=False):
        below = [value for value in column if value]
        if not text or not below:
            continue
        share = sum(map(is_value, below)) / len(below)
        if share > 0.8:
            votes[not is_value(text)] += 2
        elif is_value(text) or text in below:
            votes[False] += 2
        elif sum(_shape(value) == _shape(text) for value in below) > 0.8 * len(below) and any(map(str.isdigit, text)):
            votes[False] += 1
        elif sum(any(map(str.isdigit, value)) for value in below) > 0.8 * len(below):
            votes[not any(map(str.isdigit, text))] += 1
    if votes[True] == votes[False]:
        return None, "its words could be names or values"
    if votes[True] > votes[False]:
        return True, "its fields are of another kind than those below"
    return False, "its fields are of the kind of those below"


def _before_type(name: str) -> str:
    """The name without the type that RecBole writes behind it: `user_id:token`."""
    return name.split(":")[0]


def is_value(text: str) -> bool:
    """Whether a text is a number, a time, or missing: not a name."""
    bare = text.strip().strip("$€£¥%")
    is_number = re.fullmatch(r"[-+]?[\d.,' ]*\d[\d.,' ]*(?:[eE][-+]?\d+)?", bare) is not None
    is_time = re.fullmatch(r"\d{1,4}[-/.]\w{1,4}[-/.]\d{1,4}\b.*|\d{1,2}:\d\d.*", bare) is not None
    return is_number or is_time or text.strip() in ("\\N", "NULL", "NaN", "nan", "None", "<NA>", "true", "false")


def _shape(text: str) -> str:
    """Letters as a, digits as 9: what ids of one kind have in common."""
    return re.sub(r"[^\W\d_]+", "a", re.sub(r"\d+", "9", text))
