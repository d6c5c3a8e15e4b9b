"""A JSON array of objects, or an object that holds one, read without holding it in memory: an element is a row."""

from __future__ import annotations

import codecs
import itertools
from collections.abc import Iterator
from json import JSONDecoder
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from ...errors import InputError
from ..cards.card import DatasetCard
from ..read.record_stream import SCHEMA, RecordStream
from ..read.text_files import LONGEST_LINE, utf8_blocks
from .json_fields import KeyNames, fields_sql
from .rows import Dialect, RawRows

if TYPE_CHECKING:
    import duckdb

LOOKED_AT = 1_000
"""Elements looked at for keys, beside the columns that the card names."""
BATCH_CHARACTERS = 4 << 20
MOST_SHOWN = 10_000
"""Characters of a broken end that are kept as its text."""
BLANKS = " \t\r\n"
DEEPEST = 8
"""Objects in objects that are looked into for the array."""
HINT = 'dialect = "json" is for one array of objects, or an object with such an array; "jsonl" for an object a line.'


def open_rows(connection: duckdb.DuckDBPyConnection, files: list[Path], card: DatasetCard, names: list[str]) -> RawRows:
    """Register the files' elements with the connection; the line of an element is its number, from 1.

    An element that is not an object has no fields and is malformed. Where the array breaks off, all that follows the
    last whole element is one malformed row.
    """
    stream = RecordStream(_batches(files, card.encoding))
    connection.register("raw_lines", stream.reader())
    return RawRows(fields_sql("raw_lines", names, card), names, str(files[0]), stream)


def key_names(files: list[Path], card: DatasetCard) -> list[list[str]]:
    """The keys of the first elements, and those further down that the card names; one file's keys are those of all.

    Raises:
        InputError: an empty file, or one without an array of objects.
    """
    keys, looked_at = KeyNames(card), 0
    for file in files:
        for element in itertools.islice(elements(file, card.encoding), LOOKED_AT):
            keys.add(element)
            looked_at += 1
    if not looked_at:
        raise InputError("The array is empty.", where=str(files[0]))
    return [keys.all(block for file in files for block in utf8_blocks(file, card.encoding))] * len(files)


def elements(file: Path, encoding: str = "utf-8") -> Iterator[str]:
    """The texts of a file's elements, one by one; a broken end is one text.

    Raises:
        InputError: an empty file, or one without an array of objects.
    """
    text = _Text(utf8_blocks(file, encoding))
    start = text.skip(BLANKS)
    if start == "[":
        yield from _array(text)
    elif start == "{":
        names: list[str] = []
        yield from _array_in_object(text, names, file, depth=1)
        if not names:
            # Arrays further inside count where none stands at the top.
            text = _Text(utf8_blocks(file, encoding))
            text.skip(BLANKS)
            yield from _array_in_object(text, names, file, depth=DEEPEST)
        if not names:
            raise InputError("There is no array of objects in it.", where=str(file), hint=HINT)
    elif not start:
        raise InputError("The file is empty.", where=str(file))
    else:
        raise InputError("It is not JSON: it begins with neither [ nor {.", where=str(file), hint=HINT)
    if text.skip(BLANKS):
        yield text.rest()


def _array(text: _Text) -> Iterator[str]:
    """The elements of an array at whose bracket the text stands; it ends after the array, or at the end of all."""
    after = text.step(BLANKS)
    while after != "]":
        element = text.value()
        if element is not None:
            yield element
        after = text.skip(BLANKS)
        if element is None or after not in (",", "]"):
            if rest := text.rest():
                yield rest
            return
        if after == ",":
            after = text.step(BLANKS)
    text.place += 1


def _array_in_object(text: _Text, names: list[str], file: Path, depth: int, above: str = "") -> Iterator[str]:
    """The elements of the one array of objects in an object at whose bracket the text stands.

    Args:
        text: goes on behind the object, or stays where it is broken.
        names: gets the name of the array.
        file: for messages.
        depth: of objects that are looked into.
        above: what stands before the names of this object's keys.
    """
    text.place += 1
    while text.skip(BLANKS + ",") == '"':
        key = text.value()
        if key is None or text.skip(BLANKS) != ":":
            return
        name, start = f"{above}{key[1:-1]}", text.step(BLANKS)
        if start == "[" and text.begins_array_of_objects():
            names.append(name)
            if len(names) > 1:
                what = f"It has two arrays of objects, {names[0]} and {name}."
                raise InputError(what, where=str(file), hint="Write the one that is the log into a file of its own.")
            yield from _array(text)
        elif start == "{" and depth > 1:
            yield from _array_in_object(text, names, file, depth - 1, f"{name}.")
        elif text.value() is None:
            return
    if text.skip(BLANKS) == "}":
        text.place += 1


class _Text:
    """The text of a file, of which only the part from `place` on is held, as far as it was asked for."""

    def __init__(self, blocks: Iterator[bytes]):
        self.place = 0
        self._text = ""
        self._blocks = blocks
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self._is_whole = False
        # Long integers are refused by `int`, and no value is used.
        self._json = JSONDecoder(parse_int=float)

    def skip(self, characters: str) -> str:
        """Go on to the next character that is not one of some; gives it, or "" at the end."""
        while True:
            while self.place < len(self._text):
                if self._text[self.place] not in characters:
                    return self._text[self.place]
                self.place += 1
            if not self._more():
                return ""

    def step(self, characters: str) -> str:
        """Go on behind the character here, and then as `skip`."""
        self.place += 1
        return self.skip(characters)

    def value(self) -> str | None:
        """The text of the JSON value here, and go on behind it; None where it is broken, and stay."""
        while True:
            end = self._end()
            # A number at the end of what is held may have further digits.
            if end is not None and (end < len(self._text) or self._is_whole):
                value, self.place = self._text[self.place : end], end
                return value
            if self._is_whole or (end is None and len(self._text) - self.place > LONGEST_LINE):
                return None
            self._more()

    def _end(self) -> int | None:
        try:
            return self._json.raw_decode(self._text, self.place)[1]
        except (ValueError, RecursionError):
            return None

    def begins_array_of_objects(self) -> bool:
        """Whether an empty array stands here, or one whose first element is an object."""
        behind = 1
        while True:
            first = self._text[self.place + behind : self.place + behind + 1]
            if first and first not in BLANKS:
                return first in ("{", "]")
            if first:
                behind += 1
            elif not self._more():
                return False

    def rest(self) -> str:
        """What is left, without blanks around it, as far as it can be shown; nothing is left then."""
        shown = self._text[self.place : self.place + MOST_SHOWN]
        while self._more():
            self.place = len(self._text)
        self.place = len(self._text)
        return shown.strip(BLANKS)

    def _more(self) -> bool:
        """Hold one block more, and let go of what lies before `place`; false where there is none."""
        if self._is_whole:
            return False
        block = next(self._blocks, b"")
        self._is_whole = not block
        self._text = self._text[self.place :] + self._decoder.decode(block, final=not block)
        self.place = 0
        return True


def _batches(files: list[Path], encoding: str) -> Iterator[pa.RecordBatch]:
    for number, file in enumerate(files):
        first, batch, characters = 1, list[str](), 0
        for element in elements(file, encoding):
            batch.append(element)
            characters += len(element)
            if characters > BATCH_CHARACTERS:
                yield _batch(number, first, batch)
                first, batch, characters = first + len(batch), [], 0
        yield _batch(number, first, batch)


def _batch(number: int, first: int, elements: list[str]) -> pa.RecordBatch:
    texts = [element.encode("utf-8", "surrogateescape").decode("utf-8", "replace") for element in elements]
    # Text that is not UTF-8 has an empty list of fields, like a line of that kind.
    fields: list[list[str] | None] = [
        None if element == text else [] for element, text in zip(elements, texts, strict=True)
    ]
    columns = [
        pa.array([number] * len(texts), pa.int32()),
        pa.array(range(first, first + len(texts)), pa.int64()),
        pa.array(texts, pa.large_string()),
        pa.array(fields, pa.list_(pa.string())),
    ]
    return pa.record_batch(columns, schema=SCHEMA)


DIALECT = Dialect(key_names, open_rows)
