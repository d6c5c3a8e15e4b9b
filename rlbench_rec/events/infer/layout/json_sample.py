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
    elements = list(_elements(pieces)) if is_array else []
    if elements:
        return _array(path, pieces, elements)
    if start == "[":
        return None
    if not objects:
        raise InputError("No line is a JSON object.", where=str(path), hint="Write one object per line.")
    if len(objects) == 1 and _holds_columns(objects[0]):
        hint = "Write an object per row: with pandas, to_json(orient='records', lines=True)."
        raise InputError("The JSON holds columns, not rows.", where=str(path), hint=hint)
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
    arrays = [value for value in objects[0].values() if isinstance(value, list) and isinstance((value or [0])[0], dict)]
    return len(arrays) == 1 and len(arrays[0]) > 1


def _holds_columns(found: dict[str, object]) -> bool:
    """Whether an object is a table by its columns, as pandas writes it by default (or with orient='split')."""
    if {"columns", "data"} <= found.keys():
        return True
    columns = list(found.values())
    return len(columns) > 1 and all(
        isinstance(column, dict) and len(column) > 1 and all(key.isdigit() for key in column) for column in columns
    )


def _elements(pieces: TextPieces) -> Iterator[object]:
    """The elements of the one array of objects in a file, and of its further lines those that are one."""
    text = "\n".join(pieces.head)
    place = len(text) - len(text.lstrip())
    if text[place : place + 1] == "{":
        match = next((string for string in STRING.finditer(text) if string["before_array"] is not None), None)
        if match is None:
            return
        place = match.end()
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
        texts = [as_json(one) for one in objects]
        return pieces.write(folder / plain_name(path), ["[", ",\n".join(texts), "]"])

    return Sample(
        path, "json", flat.names, flat.columns(), layout, notes, questions, file_pattern(path), whole,
        None if whole else write,
    )  # fmt: skip
