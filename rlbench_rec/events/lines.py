"""Text files as numbered lines: every physical line is there, whatever it holds.

A CSV reader may skip blank lines, swallow the rest of a file after one stray quote, or drop bytes it cannot decode. Here
lines are cut first, and only then looked into, so that the account of rows always balances.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from ..errors import InputError, MissingFileError

CHUNK_BYTES = 16 << 20
BOM = b"\xef\xbb\xbf"
SCHEMA = pa.schema(
    [("file", pa.int32()), ("line", pa.int64()), ("text", pa.large_string()), ("quoted", pa.list_(pa.string()))]
)
"""file number, line number from 1, the line without its end, and the fields of lines that hold a quote (else null)."""


def first_line(path: Path) -> str:
    """The first line of a file, without byte order mark and line end.

    Raises:
        MissingFileError: no such file.
        InputError: an empty file.
    """
    try:
        with path.open("rb") as stream:
            line = stream.readline()
    except OSError as error:
        raise MissingFileError(f"The file cannot be read ({error.strerror}).", where=str(path)) from error
    text = line.removeprefix(BOM).decode("utf-8", "replace").rstrip("\r\n")
    if not text:
        raise InputError("The file is empty, or its first line is.", where=str(path))
    return text


def split_fields(text: str, delimiter: str) -> list[str] | None:
    """The fields of one line, by the rules of CSV; None where a quote is never closed."""
    try:
        rows = list(csv.reader([text], delimiter=delimiter, strict=True))
    except csv.Error:
        return None
    return rows[0] if rows else [""]


def line_batches(paths: list[Path], delimiter: str, *, skip_first: bool) -> Iterator[pa.RecordBatch]:
    """Every line of every file, as record batches of `SCHEMA`; `skip_first` leaves out the header lines."""
    for number, path in enumerate(paths):
        line = 1
        for chunk in _whole_lines(path):
            ends = np.flatnonzero(np.frombuffer(chunk, dtype=np.uint8) == 10) + 1
            if not len(ends) or ends[-1] != len(chunk):
                ends = np.append(ends, len(chunk))
            offsets = np.concatenate([[0], ends]).astype(np.int64)
            texts, quoted = _decode(chunk, offsets, delimiter)
            lines = np.arange(line, line + len(ends))
            batch = pa.record_batch(
                [pa.array(np.full(len(ends), number, dtype=np.int32)), pa.array(lines), texts, quoted], schema=SCHEMA
            )
            yield batch.slice(1) if skip_first and line == 1 else batch
            line += len(ends)


def _whole_lines(path: Path) -> Iterator[bytes]:
    """Chunks of the file that end at the end of a line, without the byte order mark."""
    with path.open("rb") as stream:
        head = stream.read(len(BOM))
        rest = b"" if head == BOM else head
        while block := stream.read(CHUNK_BYTES):
            block = rest + block
            cut = block.rfind(b"\n") + 1
            if cut:
                yield block[:cut]
            rest = block[cut:]
        if rest:
            yield rest


def _decode(chunk: bytes, offsets: np.ndarray, delimiter: str) -> tuple[pa.Array, pa.Array]:
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(chunk)]
    lines = pa.Array.from_buffers(pa.large_binary(), len(offsets) - 1, buffers)
    try:
        texts = lines.cast(pa.large_string())
        undecodable = np.zeros(0, dtype=np.int64)
    except pa.ArrowInvalid:
        decoded = [line.as_py() for line in lines]
        undecodable = np.flatnonzero([not _is_utf8(line) for line in decoded])
        texts = pa.array([line.decode("utf-8", "replace") for line in decoded], pa.large_string())
    if b'"' not in chunk and not len(undecodable):
        return texts, pa.nulls(len(texts), pa.list_(pa.string()))
    fields: list[list[str] | None] = [None] * len(texts)
    for i, text in enumerate(texts.to_pylist()):
        if '"' in text:
            fields[i] = split_fields(text.rstrip("\r\n"), delimiter) or []
    for i in undecodable:
        # No fields at all: the row cannot have the right number of them, and is set aside as malformed.
        fields[i] = []
    return texts, pa.array(fields, pa.list_(pa.string()))


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
