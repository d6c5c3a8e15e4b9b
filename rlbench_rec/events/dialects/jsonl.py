"""JSON Lines: one flat object per line, keys in any order; a key that a line lacks is a missing value."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import InputError
from ...sql import quote_text
from ..cards.card import DatasetCard
from ..read.numbered_lines import LineStream
from ..read.text_files import head_lines, whole_lines
from .lists import ELEMENT, LIST, named
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
    # JSON pointers, which take any key.
    paths = ", ".join(quote_text("/" + name.replace("~", "~0").replace("/", "~1")) for name in names)
    # In a CASE each, since a reader of JSON stops at the first text that is none.
    of_object = f"CASE json_type(text) WHEN 'OBJECT' THEN json_extract_string(text, [{paths}]) END"
    fields = f"CASE WHEN json_valid(text) THEN {of_object} END"
    return RawRows(f"(SELECT file, line, text, {fields} AS fields FROM raw_lines)", names, str(files[0]), stream)


def key_names(files: list[Path], card: DatasetCard) -> list[list[str]]:
    """The keys of the first lines, and those further down that the card names; one file's keys are those of all.

    Raises:
        InputError: an empty file.
    """
    names: dict[str, None] = {}
    for file in files:
        lines = list(itertools.islice(head_lines(file, card.encoding), LOOKED_AT))
        if not lines or not lines[0]:
            raise InputError("The file is empty, or its first line is.", where=str(file))
        for line in lines:
            try:
                row = json.loads(line)
            except (ValueError, RecursionError):
                continue
            names |= dict.fromkeys(row) if isinstance(row, dict) else {}
    lists = card.lists.columns if card.lists else []
    wanted = [name for name in named(card) if name not in names and name.split(".")[0] not in (*lists, ELEMENT, LIST)]
    # Purchases come late, and with them a price.
    return [[*names, *(name for name in wanted if _occurs(name, files, card.encoding))]] * len(files)


def _occurs(key: str, files: list[Path], encoding: str) -> bool:
    text = json.dumps(key, ensure_ascii=False).encode()
    return any(text in chunk for file in files for chunk in whole_lines(file, encoding))


DIALECT = Dialect(key_names, open_rows)
