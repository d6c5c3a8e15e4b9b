"""Tables that lie packed in a folder of results: `runs.csv.gz` stands for `runs.csv`."""

from __future__ import annotations

import gzip
import io
from pathlib import Path
from typing import TextIO

SUFFIX = ".gz"


def table_at(path: Path) -> Path:
    """The file that holds a table: the one of this name or, where there is none, the packed one beside it."""
    packed = path.with_name(path.name + SUFFIX)
    return packed if not path.exists() and packed.is_file() else path


def open_table(path: Path, errors: str = "strict") -> TextIO:
    """A table's text, packed or not.

    Args:
        path: of the table, whether it is packed or not.
        errors: what becomes of bytes that are not UTF-8, as `open` has it.

    Raises:
        OSError, EOFError: it is not there, or cannot be read.
    """
    file = table_at(path)
    if file.suffix != SUFFIX:
        return file.open(encoding="utf-8-sig", newline="", errors=errors)
    return io.TextIOWrapper(gzip.open(file), encoding="utf-8-sig", newline="", errors=errors)


def table_bytes(path: Path) -> bytes:
    """A table's bytes, unpacked.

    Args:
        path: of the table, whether it is packed or not.

    Raises:
        OSError, EOFError: it is not there, or cannot be read.
    """
    file = table_at(path)
    return gzip.decompress(file.read_bytes()) if file.suffix == SUFFIX else file.read_bytes()
