"""A sample of JSON: an object a line, one array of objects, or an object that holds such an array."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from ....errors import InputError
from ...archives.compressed import plain_name
from ...dialects.json_fields import is_unicode
from ..questions import Question
from ..sample import Sample, file_pattern
from .encodings import encoding_questions
from .json_text import DECODER, as_json, json_value
from .nested import flat_rows
from .text_pieces import TextPieces, is_text

ROWS = 50_000
BETWEEN = re.compile(r"[\s,]*")
STRING = re.compile(r'"(?:[^"\\]|\\.)*(?:"(?P<before_array>\s*:\s*(?=\[\s*\{))?|\\?\Z)', re.DOTALL)
"""A string, or the rest of the text where it is never closed: what is inside is not looked at again."""
ARRAY = re.compile(r"\[\s*\{")
KEY = re.compile(r'[\s,]*"(?:[^"\\]|\\.)*"\s*:\s*')
MOST_MATCHED = 1 << 20
"""Characters of a file that `TABLE` sees."""
TABLE = re.compile(
    r'\s*(?:\{\s*"(?:[^"\\]|\\.)*"\s*:\s*\{\s*"\d+"\s*:'
    r'|\{\s*"\d+"\s*:\s*\{'
    r'|\{\s*"(?:columns|index|data)"\s*:\s*\[\s{0,99}(?!\{)[^\s].*?"(?:columns|index|data)"\s*:\s*\['
    r"|\[\s*\[)",
    re.DOTALL,
)
"""How a table begins that is written by column, by row number, or as lists without names."""


def json_sample(path: Path, pieces: TextPieces) -> Sample | None:
    """The rows of a JSON file, or None where it is not JSON.

    Raises:
        InputError: it begins like JSON and holds no object.
    """
    lines = [line for line in pieces.lines if line.strip() and is_text(line)]
    start = lines[0].lstrip()[:1] if lines else ""
    some = lines[:100]
    if start not in ("{", "[") and sum(isinstance(json_value(line), dict) for line in some) < len(some) / 2:
        return None
    objects = [value for value in map(json_value, lines[:: max(len(lines) // ROWS, 1)]) if isinstance(value, dict)]
    is_array = start == "[" or (len(objects) < len(lines) / 2 or _is_wrapper(objects, lines))
    if len(objects) <= 1 and TABLE.match("\n".join(pieces.head)[:MOST_MATCHED]):
        what = "The JSON holds lists or columns, not rows that are objects."
        hint = "Write it again: in pandas, to_json(path, orient='records', lines=True)."
        raise InputError(what, where=str(path), hint=hint)
    elements = list(_elements(pieces)) if is_array else []
    if elements:
        return _array(path, pieces, elements)
    if start == "[":
        return None
    if not objects:
        raise InputError("No line is a JSON object.", where=str(path), hint="Write one object per line.")
    notes, layout, questions = _said(pieces)
    malformed = sum(not isinstance(json_value(line), dict) for line in lines[:ROWS])
    if malformed:
        notes.append(f"{malformed} of {len(lines)} lines are not JSON objects and are malformed.")
    flat = flat_rows(objects)
    if flat.lists:
        layout["lists"] = flat.lists
    whole = pieces.whole and len(lines) <= ROWS
    write = (
        None if whole else lambda folder: pieces.write(folder / plain_name(path), lines[:: max(len(lines) // ROWS, 1)])
    )
    notes += flat.notes
    pattern = file_pattern(path)
    return Sample(path, "jsonl", flat.names, flat.columns(), layout, notes, questions, pattern, whole, write)


def _said(pieces: TextPieces) -> tuple[list[str], dict[str, object], list[Question]]:
    """Notes, layout and questions of the encoding."""
    guess = pieces.encoding
    layout: dict[str, object] = {} if guess.name == "utf-8" else {"encoding": guess.name}
    return [guess.note] if guess.note else [], layout, encoding_questions(guess)


def _is_wrapper(objects: list[dict[str, object]], lines: list[str]) -> bool:
    """Whether the one line of a file is an object that holds the rows."""
    if len(lines) != 1 or len(objects) != 1:
        return False
    arrays = list(_arrays_of_objects(objects[0]))
    return len(arrays) == 1 and len(arrays[0]) > 1


def _arrays_of_objects(value: dict[str, object]) -> Iterator[list[object]]:
    """The arrays of objects in an object, or else in the objects in it: search engines write `hits.hits`."""
    entries = list(value.values())
    at_top = [entry for entry in entries if isinstance(entry, list) and entry and isinstance(entry[0], dict)]
    yield from at_top
    for entry in entries:
        if isinstance(entry, dict) and not at_top:
            yield from _arrays_of_objects(entry)


def _elements(pieces: TextPieces) -> Iterator[object]:
    """The elements of the one array of objects in a file, and of its further lines those that are one."""
    text = "\n".join(pieces.head)
    place = len(text) - len(text.lstrip())
    if text[place : place + 1] == "{":
        array = _array_place(text, place)
        if array is None:
            return
        place = array
    place += text[place : place + 1] == "["
    while text[(place := _after(BETWEEN, text, place)) : place + 1] not in ("", "]"):
        try:
            value, end = DECODER.raw_decode(text, place)
        except (ValueError, RecursionError):
            break
        if is_unicode(text[place:end], value):
            yield value
        place = end
    for line in pieces.rest:
        value = json_value(line.strip().rstrip(","))
        if isinstance(value, dict):
            yield value


def _array_place(text: str, place: int) -> int | None:
    """Where the array of objects begins: one of the object's own goes before those further inside, as in the reader."""
    start, place = place, place + 1
    while key := KEY.match(text, place):
        place = key.end()
        if ARRAY.match(text, place):
            return place
        try:
            _, place = DECODER.raw_decode(text, place)
        except (ValueError, RecursionError):
            break
    strings = STRING.finditer(text, start)
    inside = next((string for string in strings if string["before_array"] is not None), None)
    return inside.end() if inside else None


def _after(pattern: re.Pattern[str], text: str, place: int) -> int:
    match = pattern.match(text, place)
    return match.end() if match else place


def _array(path: Path, pieces: TextPieces, elements: list[object]) -> Sample | None:
    objects = [element for element in elements if isinstance(element, dict)]
    step = max(len(objects) // ROWS, 1)
    objects = objects[::step]
    notes, layout, questions = _said(pieces)
    flat = flat_rows(objects)
    if flat.lists:
        layout["lists"] = flat.lists
    notes = [*notes, "The file is one JSON array; each of its objects is a row.", *flat.notes]
    whole = pieces.whole and step == 1

    def write(folder: Path) -> Path:
        texts = [as_json(row) for row in objects]
        return pieces.write(folder / plain_name(path), ["[", ",\n".join(texts), "]"])

    return Sample(
        path, "json", flat.names, flat.columns(), layout, notes, questions, file_pattern(path), whole,
        None if whole else write,
    )  # fmt: skip
