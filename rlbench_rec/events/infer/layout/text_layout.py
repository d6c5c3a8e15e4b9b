"""How delimited text is written, put together from its lines."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ....errors import InputError
from ...read.fields import FieldForm
from ..questions import Question
from .delimiters import FieldGuess, fields_of, guess_fields
from .encodings import encoding_questions
from .headers import SEPARATOR, Beginning, find_beginning, looks_like_names
from .text_pieces import TextPieces, is_text

TYPE = re.compile(
    r"(nullable|lowcardinality|array|enum(8|16)?|decimal(32|64|128)?|numeric|fixedstring|datetime(64)?|(var)?char2?)"
    r"\(.*\)|u?int(8|16|32|64|128)?|float(8|16|32|64)?|string|datetime(64|2)?|date(32)?|uuid|bool(ean)?|(var)?char|text|"
    r"(big|small|tiny)int|integer|double( precision)?|real|decimal|numeric|timestamp(tz|_ntz|_tz)?|"
    r"timestamp with(out)? time zone|character varying(\(.*\))?|"
    r"object|category",
    re.IGNORECASE,
)
"""The type of a column, as databases name it."""
COMMENTS = ("#", "//", "--", "%")
"""How remarks may begin."""


@dataclass
class TextLayout:
    """How delimited text is written.

    Attributes:
        encoding: of the file.
        form: of the fields.
        comment: how lines begin that are not rows.
        first: how many of the head's lines come before the first row, the header among them.
        skip_lines: how many of them the card skips.
        header: whether the reader is to take the names from the last of them.
        written: the names in the file, blank where a column has none; empty without any.
        names: those of the columns, all unlike.
        trailing: whether delimiters follow the last column.
        notes: what was seen, a sentence each.
        questions: what the lines do not settle.
    """

    encoding: str
    form: FieldForm
    comment: str
    first: int
    skip_lines: int
    header: bool
    written: list[str]
    names: list[str]
    trailing: bool
    notes: list[str] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)

    def keys(self) -> dict[str, object]:
        """The card's keys that are not at their defaults."""
        keys: dict[str, tuple[object, object]] = {
            "encoding": (self.encoding, "utf-8"),
            "delimiter": (self.form.delimiter, ","),
            "quote": (self.form.quote, '"'),
            "escape": (self.form.escape, ""),
            "comment": (self.comment, ""),
            "skip_lines": (self.skip_lines, 0),
            "trim": (self.form.trim, False),
            "trailing_delimiter": (self.trailing, False),
            "header": (self.header, True),
            "names": (self.names, _default_names(self.written) if self.header else []),
        }
        return {key: value for key, (value, default) in keys.items() if value != default}

    def is_comment(self, line: str) -> bool:
        """Whether the reader sets a line aside as a remark."""
        return bool(self.comment) and line.startswith(self.comment)


def text_layout(pieces: TextPieces, given: Mapping[str, object]) -> TextLayout | None:
    """The layout of some lines, or None where nothing splits them into fields.

    Raises:
        InputError: as many names are given as there are no columns.
    """
    notes = [pieces.encoding.note] if pieces.encoding.note else []
    if separator := _separator(pieces.head):
        notes.append(f"The line '{separator[0]}' names the delimiter.")
        given = {"delimiter": separator[1], **given}
    comment = _comment(pieces.head, given)
    guess = guess_fields([line for line in pieces.lines if is_text(line) and not _begins(line, comment)], given)
    if guess is None:
        return None
    head = ["" if _begins(line, comment) else line for line in pieces.head]
    beginning = find_beginning(head, guess.form, guess.width, given)
    first = beginning.first + (beginning.header is not False)
    layout = TextLayout(
        pieces.encoding.name,
        guess.form,
        comment,
        first,
        _skipped(pieces.head, beginning.first, comment),
        beginning.header is not False,
        beginning.names,
        unlike(_default_names(beginning.names or [""] * beginning.width)),
        bool(given.get("trailing_delimiter", beginning.trailing)),
        notes,
        [
            *encoding_questions(pieces.encoding),
            *_header_questions(pieces.head[beginning.first], beginning),
            *_delimiter_questions(guess, given),
        ],
    )
    _name_otherwise(layout, pieces, beginning, given)
    return layout


def _name_otherwise(layout: TextLayout, pieces: TextPieces, beginning: Beginning, given: Mapping[str, object]) -> None:
    """Take names that the reader does not find in one header: from a remark, from headers that come back, or given."""
    line = pieces.head[beginning.first]
    again = pieces.head[beginning.first + 1 :].count(line) + pieces.rest.count(line)
    if not layout.header and (names := _named_by_comment(pieces.head[: beginning.first], layout, beginning.width)):
        layout.names = names
        layout.notes.append(f"The columns are named in a line that begins with '{layout.comment}'.")
    elif layout.header and again and not layout.comment and "header" not in given:
        # Files that were put together: all their headers are set aside.
        layout.notes.append(f"The header stands in {again + 1} of the lines looked at.")
        layout.comment, layout.header = line, False
    elif layout.header and (types := _line_of_types(pieces.head, layout)):
        layout.notes.append(f"The line below the header holds types ({pieces.head[types][:40]}), and is no row.")
        layout.first = layout.skip_lines = types + 1
        layout.header = False
    elif layout.header and _columns_named(line, layout) != beginning.width:
        # The reader takes a header only where it has a name for each column.
        layout.skip_lines, layout.header = layout.first, False
    given_names = given.get("names")
    if isinstance(given_names, list) and given_names:
        if len(given_names) != beginning.width:
            what = f"The file has {beginning.width} columns, and {len(given_names)} names are given."
            raise InputError(what, where="names", hint="Name every column, in the order of the file.")
        layout.names = [str(name) for name in given_names]


def _line_of_types(head: Sequence[str], layout: TextLayout) -> int:
    """The place of a line below the header that holds the types of the columns, as ClickHouse writes it; 0 without."""
    place = next((i for i, line in enumerate(head[layout.first :], layout.first) if line.strip()), 0)
    fields = fields_of(head[place], layout.form) if place else []
    return place if len(fields) > 1 and all(TYPE.fullmatch(field.strip()) for field in fields) else 0


def unlike(names: Sequence[str]) -> list[str]:
    """The names, a repeated one with its number: `price_2`."""
    written, numbers = set(names), dict.fromkeys(names, 1)
    made: dict[str, None] = {}
    for name in names:
        new = name
        while new in made or (new != name and new in written):
            numbers[name] += 1
            new = f"{name}_{numbers[name]}"
        made[new] = None
    return list(made)


def _default_names(written: Sequence[str]) -> list[str]:
    """The names as the reader takes them from a header."""
    return [name or f"column_{number}" for number, name in enumerate(written, 1)]


def _separator(head: Sequence[str]) -> tuple[str, str] | None:
    """A first line like `sep=;`, and its delimiter."""
    first = next((line for line in head if line.strip()), "")
    match = SEPARATOR.fullmatch(first)
    return (first.strip(), "\t" if match[1] == "\\t" else match[1]) if match else None


def _comment(head: Sequence[str], given: Mapping[str, object]) -> str:
    """How lines begin that are remarks: few, and with a blank or a word behind their sign."""
    if "comment" in given:
        return str(given["comment"])
    full = [line for line in head[:2000] if line.strip()]
    for sign in COMMENTS:
        remarks = [line for line in full if re.match(re.escape(sign) + r"[\s#A-Za-z*=-]", line)]
        if remarks and len(remarks) < len(full) / 2 and len(remarks) == sum(line.startswith(sign) for line in full):
            return sign
    return ""


def _begins(line: str, comment: str) -> bool:
    return bool(comment) and line.startswith(comment)


def _named_by_comment(before: Sequence[str], layout: TextLayout, width: int) -> list[str]:
    """The names of columns where the last remark before the rows holds them: `#user,item,time`."""
    full = [line for line in before if line.strip()]
    if not full or not layout.is_comment(full[-1]):
        return []
    names = [name.strip() for name in fields_of(full[-1].lstrip(layout.comment).strip(" "), layout.form)]
    return names if len(names) == width and looks_like_names(names) else []


def _columns_named(line: str, layout: TextLayout) -> int:
    fields = fields_of(line, layout.form)
    while layout.trailing and len(fields) > 1 and not fields[-1].strip():
        fields.pop()
    return len(fields)


def _skipped(head: Sequence[str], first: int, comment: str) -> int:
    """Lines before the header; none where the reader passes all of them as remarks."""
    return 0 if all(_begins(line, comment) for line in head[:first]) else first


def _header_questions(line: str, beginning: Beginning) -> list[Question]:
    if beginning.header is not None:
        return []
    text = f"Does the first line, {line[:80]!r}, name the columns? {beginning.why.capitalize()}."
    return [Question("header", text, ("header=true", "header=false"))]


def _delimiter_questions(guess: FieldGuess, given: Mapping[str, object]) -> list[Question]:
    if not guess.rivals or "delimiter" in given:
        return []
    delimiters = (guess.form.delimiter, *guess.rivals)
    text = f"Which is the delimiter? {' and '.join(map(repr, delimiters))} split the lines equally well."
    return [Question("delimiter", text, tuple(f"delimiter={json.dumps(d, ensure_ascii=False)}" for d in delimiters))]
