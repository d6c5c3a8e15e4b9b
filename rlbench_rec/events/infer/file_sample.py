"""A look into a log: how it is written, and some of its rows as text."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ...errors import InputError, MissingFileError
from ..archives.compressed import inside, is_zip, opened, plain_name
from ..read.not_text import file_kind
from ..read.text_files import HEAD_BYTES
from .card.card_text import toml
from .layout.delimited_sample import delimited_sample
from .layout.encodings import guess_encoding
from .layout.folder_sample import folder_sample
from .layout.json_sample import json_sample
from .layout.parquet_sample import parquet_sample
from .layout.text_pieces import read_pieces
from .sample import Sample

KINDS_OF_FILES = {
    "delimited": "text with delimiters",
    "jsonl": "JSON, an object in each line",
    "json": "JSON, all rows in one array",
    "parquet": "Parquet",
}
MOST_ZEROS = 0.1
"""Share of the lines that may hold zero bytes: exports of a database leave some in texts."""


def look_into(path: Path, given: Mapping[str, object] | None = None) -> Sample:
    """Rows of a text file (delimited, JSON Lines or JSON, in any encoding, packed or not) or of a Parquet file.

    Args:
        path: the file, or a folder of files that are one log.
        given: card keys of reading that are known; they are not guessed.

    Raises:
        MissingFileError: no such file.
        InputError: an empty file or folder, or one that is none of these; says what it seems to be. Or a known key
            is not one of such a file.
    """
    known = given or {}
    sample = folder_sample(path, known, look_into) if path.is_dir() else _of_file(path, known)
    _check_keys(sample, known)
    return sample


def _of_file(path: Path, known: Mapping[str, object]) -> Sample:
    if not path.is_file():
        raise MissingFileError("There is no such file.", where=str(path))
    inner = _member(path) if is_zip(path) else path
    with opened(inner) as stream:
        head = stream.read(HEAD_BYTES)
    if head.startswith(b"PAR1"):
        return parquet_sample(path, inner)
    if (kind := file_kind(head)) is not None:
        raise InputError(f"This is {kind[0]}, not a log of rows.", where=str(path), hint=kind[1])
    is_wide = "encoding" in known or guess_encoding(head).name.startswith(("utf-16", "utf-32"))
    if not is_wide and _is_binary(head):
        raise InputError("This is not a text file.", where=str(path), hint="Give a CSV, JSON or Parquet file.")
    pieces = read_pieces(inner, known)
    if not any(line.strip() for line in pieces.head):
        raise InputError("The file is empty.", where=str(path))
    as_json = None if known.get("dialect") == "delimited" else json_sample(path, pieces)
    return as_json or delimited_sample(path, pieces, known)


def _check_keys(sample: Sample, known: Mapping[str, object]) -> None:
    """Refuse what is said of how a file is written, where its bytes say that it is of another kind."""
    for name, value in known.items():
        of_text = name not in ("dialect", "lists", "encoding")
        if (name == "dialect" and value != sample.dialect) or (of_text and sample.dialect != "delimited"):
            said = value if isinstance(value, str) else toml(value)
            raise InputError(
                f"The file is {KINDS_OF_FILES[sample.dialect]}: it cannot be read so.",
                where=f"--answer {name}={said}",
                hint="Leave the answer out.",
            )


def _is_binary(head: bytes) -> bool:
    """Whether zero bytes are more than an accident in a few rows."""
    first, *lines = head.splitlines() or [b""]
    return b"\0" in first or sum(b"\0" in line for line in lines) > MOST_ZEROS * len(lines)


def _member(archive: Path) -> Path:
    """The log in a zip file: the only file in it, or the one that it is called after."""
    members = inside(archive, "*")
    named = [member for member in members if member.name == plain_name(archive)] or members
    if len(named) > 1:
        hint = f"Unpack it, and give the folder, or one of {', '.join(member.name for member in named[:5])}."
        raise InputError(f"The archive holds {len(named)} files.", where=str(archive), hint=hint)
    return named[0]
