"""A sample of delimited text: its rows as the reader will have them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from ....column_names import plain
from ....errors import InputError
from ...archives.compressed import plain_name
from ...read.fields import BLANKS
from ..questions import Question
from ..sample import Sample, file_pattern
from .delimiters import fields_of
from .encodings import guess_encoding
from .headers import KNOWN
from .list_columns import find_lists
from .text_layout import TextLayout, text_layout
from .text_notes import about_beginning, about_lines, about_names
from .text_pieces import TextPieces, is_text

ROWS = 50_000
PAIRS = re.compile(r"""(\w[\w.@-]*=("(\\.|[^"\\])*"|[^\s"=]*)\s+)+\w[\w.@-]*=("(\\.|[^"\\])*"|[^\s"=]*)\s*""")
"""A line of logfmt."""
TRIM = 0.05
"""Share of a column's fields with blanks around them that are not an accident."""
TRAILING = 0.01
"""Share of the rows with a delimiter too many that are not an accident."""


def delimited_sample(path: Path, pieces: TextPieces, given: Mapping[str, object]) -> Sample:
    """The rows of delimited text.

    Raises:
        InputError: nothing splits its lines into fields, or it has no rows.
    """
    some = [line for line in pieces.lines[:200] if line.strip()]
    if some and sum(PAIRS.fullmatch(line) is not None for line in some) > 0.9 * len(some):
        hint = "Write each line as a JSON object."
        raise InputError("Its lines are pairs of key=value (logfmt).", where=str(path), hint=hint)
    layout = text_layout(pieces, given)
    if layout is None and "delimiter" in given:
        what = f"Few of its lines have the delimiter {given['delimiter']!r}."
        raise InputError(what, where=str(path), hint="Leave it out: it is looked for.")
    if layout is None:
        raise InputError("No delimiter splits its lines.", where=str(path), hint="Give a CSV, JSONL or Parquet file.")
    lines = [*pieces.head[layout.first :], *pieces.rest]
    body = [line for line in lines if line.strip() and not layout.is_comment(line)]
    step = max(len(body) // ROWS, 1)
    body = body[::step]
    rows = _rows(body, layout, given)
    if not rows:
        raise _no_row(path, body, layout.encoding)
    names, keys = layout.names, layout.keys()
    columns = {name: [row[i] for row in rows] for i, name in enumerate(names)}
    notes = [
        *layout.notes,
        *about_beginning(pieces.head[layout.first :], layout.skip_lines),
        *about_names(layout.written, names, columns),
        *about_lines(body, len(body) - len(rows), layout.form, len(names)),
    ]
    if lists := find_lists(names, columns, layout.form.delimiter):
        names, columns, keys["lists"] = lists.names, lists.columns, lists.key
        notes.append(lists.note)
    questions = [*layout.questions, *_repeated(layout, columns, given)]
    whole = pieces.whole and step == 1
    some = [*pieces.head[: layout.first], *body]
    write = None if whole else lambda folder: pieces.write(folder / plain_name(path), some)
    return Sample(path, "delimited", names, columns, keys, notes, questions, file_pattern(path), whole, write)


def _no_row(path: Path, body: list[str], encoding: str) -> InputError:
    odd = [line for line in body if not is_text(line)]
    if not odd:
        return InputError("There is a header and no row.", where=str(path))
    codec = "utf-8" if "\ufffd" in "".join(odd) else encoding
    name = guess_encoding("\n".join(odd).encode(codec, "surrogateescape")).name
    seems = f"It seems to be {name.upper()}. " if name != "utf-8" else ""
    return InputError(f"No row is {encoding.upper()}.", where=str(path), hint=f"{seems}Give another encoding, or none.")


def _rows(body: list[str], layout: TextLayout, given: Mapping[str, object]) -> list[list[str]]:
    """The fields of the lines that are whole rows; sets `trailing` and `trim` by them."""
    width = len(layout.names)
    split = [fields_of(line, layout.form) if is_text(line) else [] for line in body]
    if "trailing_delimiter" not in given and not layout.trailing:
        longer = [fields[width:] for fields in split if len(fields) > width]
        layout.trailing = len(longer) > TRAILING * len(split) and not any(any(map(_bare, more)) for more in longer)
    if layout.trailing:
        split = [fields if any(map(_bare, fields[width:])) else fields[:width] for fields in split]
    rows = [fields for fields in split if len(fields) == width]
    trim = bool(given.get("trim", layout.form.trim or _is_padded(rows, width)))
    layout.form = layout.form._replace(trim=trim)
    return [list(map(_bare, row)) for row in rows] if trim else rows


def _repeated(layout: TextLayout, columns: Mapping[str, list[str]], given: Mapping[str, object]) -> list[Question]:
    """Which column is meant by a usual name that stands over several, if they differ."""
    counts = Counter(layout.written if "names" not in given else [])
    for name in (name for name in counts if counts[name] > 1 and plain(name) in KNOWN):
        same = [other for other, text in zip(layout.names, layout.written, strict=False) if text == name]
        others = [other for other in same if columns.get(other) != columns.get(name)]
        if others and "," not in "".join(layout.names):
            text = f"The name '{name}' stands over columns that differ ({', '.join(same)}). Which is the {name}?"
            swapped = [_swapped(layout.names, name, other) for other in others]
            return [Question("names", text, tuple(f"names={','.join(names)}" for names in [layout.names, *swapped]))]
    return []


def _swapped(names: list[str], one: str, other: str) -> list[str]:
    return [{one: other, other: one}.get(name, name) for name in names]


def _bare(field: str) -> str:
    return field.strip(BLANKS)


def _is_padded(rows: list[list[str]], width: int) -> bool:
    for i in range(width):
        fields = [row[i] for row in rows if _bare(row[i])]
        if fields and sum(field != _bare(field) for field in fields) > TRIM * len(fields):
            return True
    return False
