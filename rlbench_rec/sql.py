"""Text that goes into DuckDB's SQL: names, literals and paths, each quoted by one function.

DuckDB takes the path of a file to read for a pattern (`log[2026]` fits `log2`), a leading `~` for the home folder, and
`item=5` in it for a column. Here a path is the one file of that name.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import InputError

if TYPE_CHECKING:
    import duckdb


def single_value(result: duckdb.DuckDBPyConnection) -> Any:
    """The one value of a query that gives one row of one column."""
    (value,) = result.fetchall()[0]
    return value


def quote_name(name: str) -> str:
    """A SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def quote_text(text: str) -> str:
    """A SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def quote_path(path: Path) -> str:
    """A path as a SQL string literal, for what is written or set: `COPY … TO`, `SET temp_directory`.

    Raises:
        InputError: DuckDB takes UTF-8 alone, and the path is not.
    """
    # Absolute: a relative one may begin with ~ or look like the address of a server.
    text = os.path.abspath(path)
    try:
        text.encode()
    except UnicodeEncodeError as error:
        shown = os.fsencode(text).decode("utf-8", "backslashreplace")
        raise InputError("The path is not UTF-8.", where=shown, hint="Rename the file or folder.") from error
    return quote_text(text)


def parquet_rows(files: Iterable[Path], options: str = "") -> str:
    """A relation with the rows of Parquet files, whose names are taken literally.

    Args:
        files: the files.
        options: further arguments of read_parquet, such as `union_by_name = true`.

    Raises:
        InputError: see `quote_path`.
    """
    names = ", ".join(re.sub(r"[][*?]", _literal, quote_path(file)) for file in files)
    return f"read_parquet([{names}], hive_partitioning = false{options and f', {options}'})"


def _literal(match: re.Match[str]) -> str:
    """A character that means something in a pattern, as a set of that character alone."""
    return "]" if match[0] == "]" else f"[{match[0]}]"
