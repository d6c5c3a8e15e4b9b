"""A sample of delimited text: its layout from its lines, its rows as the reader will have them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ....errors import InputError
from ...archives.compressed import plain_name
from ...read.fields import BLANKS, FieldForm
from ..questions import Question
from ..sample import Sample, file_pattern
from .delimiters import FieldGuess, fields_of, guess_fields
from .encodings import encoding_questions
from .headers import SEPARATOR, Beginning, find_beginning, looks_like_names
from .list_columns import find_lists
from .text_notes import about_beginning, about_lines, about_names, unlike
from .text_pieces import TextPieces, is_text

ROWS = 50_000
COMMENTS = ("#", "//", "--", "%")
TRIM = 0.05
"""Share of a column's fields with blanks around them that are no accident."""


def delimited_sample(path: Path, pieces: TextPieces, given: Mapping[str, object]) -> Sample:
    """The rows of delimited text.

    Raises:
        InputError: nothing splits its lines into fields, or it has no rows.
    """
    notes = [pieces.encoding.note] if pieces.encoding.note else []
    questions = encoding_questions(pieces.encoding)
    given = {**_separator(pieces.head, notes), **given}
    comment = _comment(pieces.head, given)
    lines = [line for line in pieces.lines if is_text(line) and not (comment and line.startswith(comment))]
    guess = guess_fields(lines, given)
    if guess is None:
        raise InputError("No delimiter splits its lines.", where=str(path), hint="Give a CSV, JSONL or Parquet file.")
    form = guess.form
    head = [line if not (comment and line.startswith(comment)) else "" for line in pieces.head]
    beginning = find_beginning(head, form, guess.width, given)
    beginning, names_of_comment = _named_by_comment(pieces.head, beginning, comment, form)
    header = beginning.header is not False
    if beginning.header is None:
        questions.append(_header_question(pieces.head[beginning.first], beginning))
    if header and not comment and "header" not in given and (again := _repeated(pieces, beginning.first)):
        # Files that were put together: every header is set aside as a remark.
        notes.append(f"The header stands in {again + 1} lines of those looked at.")
        comment, header, names_of_comment = pieces.head[beginning.first], False, unlike(beginning.names)
    if header and _differs(pieces.head[beginning.first], beginning, form):
        # The reader takes a header only where it has a name for each column, or none for any.
        names_of_comment = unlike([name or f"column_{i}" for i, name in enumerate(beginning.names, 1)])
        beginning, header = replace(beginning, first=beginning.first + 1), False
    body = _body(pieces, beginning.first + header, comment)
    step = max(len(body) // ROWS, 1)
    body = body[::step]
    rows, form, trailing = _rows(body, form, beginning, given)
    if not rows:
        raise InputError("There is a header and no row.", where=str(path))
    layout, names = _layout(pieces, form, beginning, header, trailing, comment, names_of_comment, given)
    columns = {name: [row[i] for row in rows] for i, name in enumerate(names)}
    if names_of_comment and header is False and comment in ("#", "//", "--", "%"):
        notes.append(f"The columns are named in a line that begins with '{comment}'.")
    notes += [
        *about_beginning(pieces.head, beginning, layout),
        *about_names(beginning.names, names, columns),
        *about_lines(body, len(body) - len(rows), form, len(names)),
    ]
    questions += _delimiter_questions(guess, given)
    lists = find_lists(names, columns, form.delimiter) if "lists" not in given else None
    if lists:
        names, columns, layout["lists"] = lists.names, lists.columns, lists.key
        notes.append(lists.note)
    whole = pieces.whole and step == 1
    top = pieces.head[: beginning.first + header]
    write = None if whole else lambda folder: pieces.write(folder / plain_name(path), [*top, *body])
    return Sample(path, "delimited", names, columns, layout, notes, questions, file_pattern(path), whole, write)


def _repeated(pieces: TextPieces, first: int) -> int:
    """How often a header comes back further down."""
    header = pieces.head[first]
    return pieces.head[first + 1 :].count(header) + pieces.rest.count(header)


def _separator(head: Sequence[str], notes: list[str]) -> dict[str, object]:
    first = next((line for line in head if line.strip()), "")
    match = SEPARATOR.fullmatch(first)
    if match is None:
        return {}
    notes.append(f"The line '{first.strip()}' names the delimiter.")
    return {"delimiter": "\t" if match[1] == "\\t" else match[1]}


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


def _named_by_comment(
    head: Sequence[str], beginning: Beginning, comment: str, form: FieldForm
) -> tuple[Beginning, list[str]]:
    """The names of columns where the last remark before the rows holds them: `#user,item,time`."""
    before = [line for line in head[: beginning.first] if line.strip()]
    if not comment or not before or not before[-1].startswith(comment) or beginning.header:
        return beginning, []
    names = [name.strip() for name in fields_of(before[-1].lstrip(comment).strip(" "), form)]
    return beginning, names if len(names) == beginning.width and looks_like_names(names) else []


def _body(pieces: TextPieces, first: int, comment: str) -> list[str]:
    lines = [*pieces.head[first:], *pieces.rest]
    return [line for line in lines if line.strip() and not (comment and line.startswith(comment))]


def _rows(
    body: list[str], form: FieldForm, beginning: Beginning, given: Mapping[str, object]
) -> tuple[list[list[str]], FieldForm, bool]:
    """The fields of the lines that are whole rows, as the reader gives them; the form with `trim`, and `trailing`."""
    width, trailing = beginning.width, bool(given.get("trailing_delimiter", beginning.trailing))
    split = [fields_of(line, form) if is_text(line) else [] for line in body]
    if "trailing_delimiter" not in given and not trailing:
        # Some rows may end with a delimiter more.
        longer = [fields for fields in split if fields and len(fields) > width]
        trailing = len(longer) > 0.01 * len(split) and all(not any(map(_bare, f[width:])) for f in longer)
    if trailing:
        split = [fields[:width] if fields and not any(map(_bare, fields[width:])) else fields for fields in split]
    rows = [fields for fields in split if fields and len(fields) == width]
    trim = bool(given.get("trim", form.trim or _is_padded(rows, width)))
    if trim:
        rows = [[_bare(field) for field in row] for row in rows]
    return rows, form._replace(trim=trim), trailing


def _bare(field: str) -> str:
    return field.strip(BLANKS)


def _is_padded(rows: list[list[str]], width: int) -> bool:
    for i in range(width):
        fields = [row[i] for row in rows if _bare(row[i])]
        if fields and sum(field != _bare(field) for field in fields) > TRIM * len(fields):
            return True
    return False


def _layout(
    pieces: TextPieces,
    form: FieldForm,
    beginning: Beginning,
    header: bool,
    trailing: bool,
    comment: str,
    names_of_comment: list[str],
    given: Mapping[str, object],
) -> tuple[dict[str, object], list[str]]:
    """The card keys that are not at their defaults, and the names of the columns."""
    keys: dict[str, tuple[object, object]] = {
        "encoding": (pieces.encoding.name, "utf-8"),
        "delimiter": (form.delimiter, ","),
        "quote": (form.quote, '"'),
        "escape": (form.escape, ""),
        "comment": (comment, ""),
        "skip_lines": (_skipped(pieces.head, beginning.first, comment), 0),
        "trim": (form.trim, False),
        "trailing_delimiter": (trailing, False),
        "header": (header, True),
    }
    layout = {key: value for key, (value, default) in keys.items() if value != default}
    given_names = given.get("names")
    if isinstance(given_names, list) and len(given_names) != beginning.width:
        what = f"The file has {beginning.width} columns, and {len(given_names)} names are given."
        raise InputError(what, where="names", hint="Name every column, in the order of the file.")
    if isinstance(given_names, list):
        names = layout["names"] = [str(name) for name in given_names]
    elif header and not names_of_comment:
        written = [name.strip() or f"column_{i}" for i, name in enumerate(beginning.names, 1)]
        names = unlike(written)
        if names != written or len(beginning.names) != len(set(beginning.names)):
            layout["names"] = names
    else:
        names = names_of_comment or [f"column_{i + 1}" for i in range(beginning.width)]
        layout["names"] = names
    return layout, names


def _differs(line: str, beginning: Beginning, form: FieldForm) -> bool:
    """Whether a header has more or fewer fields than a row."""
    fields = fields_of(line, form)
    while beginning.trailing and len(fields) > 1 and not fields[-1].strip():
        fields.pop()
    return len(fields) != beginning.width


def _skipped(head: Sequence[str], first: int, comment: str) -> int:
    """Lines before the header; none where the reader passes all of them as comments."""
    return 0 if comment and all(line.startswith(comment) for line in head[:first]) else first


def _header_question(line: str, beginning: Beginning) -> Question:
    text = f"Does the first line, {line[:80]!r}, name the columns? {beginning.why.capitalize()}."
    return Question("header", text, ("header=true", "header=false"))


def _delimiter_questions(guess: FieldGuess, given: Mapping[str, object]) -> list[Question]:
    if not guess.rivals or "delimiter" in given:
        return []
    delimiters = (guess.form.delimiter, *guess.rivals)
    text = f"Which is the delimiter? {' and '.join(map(repr, delimiters))} split the lines equally well."
    return [Question("delimiter", text, tuple(f"delimiter={json.dumps(d, ensure_ascii=False)}" for d in delimiters))]
