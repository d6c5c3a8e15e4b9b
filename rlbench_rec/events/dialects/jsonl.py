"""JSON Lines: an object per line, keys in any order; a key that a line lacks is a missing value."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import InputError
from ..cards.card import DatasetCard
from ..read.numbered_lines import LineStream
from ..read.text_files import head_lines, whole_lines
from .json_fields import KeyNames, fields_sql
from .rows import Dialect, RawRows

if TYPE_CHECKING:
    import duckdb

LOOKED_AT = 1_000
"""Lines looked at for keys, beside the columns that the card names."""


def open_rows(connection: duckdb.DuckDBPyConnection, files: list[Path], card: DatasetCard, names: list[str]) -> RawRows:
    """Register the files' lines with the connection. A line that is not a JSON object has no fields and is malformed.

    Raises:
        InputError: an empty file.
    """
    stream = LineStream(files, encoding=card.encoding)
    connection.register("raw_lines", stream.reader())
    return RawRows(fields_sql("raw_lines", names, card), names, str(files[0]), stream)


def key_names(files: list[Path], card: DatasetCard) -> list[list[str]]:
    """The keys of the first lines, and those further down that the card names; one file's keys are those of all.

    Raises:
        InputError: an empty file, or one that is a JSON array.
    """
    keys = KeyNames(card)
    for file in files:
        lines = list(itertools.islice(head_lines(file, card.encoding), LOOKED_AT))
        if not lines or not lines[0]:
            raise InputError("The file is empty, or its first line is.", where=str(file))
        if _is_array(lines):
            hint = 'Write dialect = "json" in the card.'
            raise InputError("It is one JSON array, not a JSON object on each line.", where=str(file), hint=hint)
        for line in lines:
            keys.add(line)
    # Purchases come late, and with them a price.
    return [keys.all(chunk for file in files for chunk in whole_lines(file, card.encoding))] * len(files)


def _is_array(lines: list[str]) -> bool:
    """Whether lines are those of one array, and not objects of which the first is broken."""
    first, *others = [line.strip() for line in lines if line.strip()] or [""]
    if not first.startswith("["):
        return False
    if not others or first == "[":
        return first == "[" or '{"' in first.replace(" ", "")
    return not any(_is_object(line) for line in [first, *others[:-1]])


def _is_object(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


DIALECT = Dialect(key_names, open_rows)
