"""Text files as numbered lines: every physical line is there, whatever it holds.

A CSV reader may skip blank lines, swallow the rest of a file after one stray quote, or drop bytes it cannot decode.
Here lines are cut first, and only then looked into, so that the account of rows always balances.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ...errors import InputError
from ..archives.compressed import opened

CHUNK_BYTES = 4 << 20
LONGEST_LINE = 64 << 20
"""A longer line is not a row of a log; without a limit, a file without line ends would have to fit into memory."""
BOM = b"\xef\xbb\xbf"
SCHEMA = pa.schema(
    [("file", pa.int32()), ("line", pa.int64()), ("text", pa.large_string()), ("quoted", pa.list_(pa.string()))]
)
"""file number, line number from 1, the line without its end, and the fields of lines that hold a quote (else null)."""


def first_line(path: Path) -> str:
    """The first line of a file, without byte order mark and line end.

    Raises:
        MissingFileError: no such file.
        InputError: an empty file, or an archive that cannot be read.
    """
    with opened(path) as stream:
        line = stream.readline(LONGEST_LINE)
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


class LineStream:
    """Every line of every file as record batches of `SCHEMA`, to be read once.

    DuckDB gives back an exception of the stream as text only, so the exception itself is kept.

    Args:
        paths: the files.
        delimiter: of fields, for lines that hold a quote; None: lines are not split.
        skip_first: leave out the header lines.

    Attributes:
        failure: what ended the stream early, or None.
    """

    def __init__(self, paths: list[Path], delimiter: str | None, *, skip_first: bool):
        self.failure: BaseException | None = None
        self._batches = _batches(paths, delimiter, skip_first)

    def reader(self) -> pa.RecordBatchReader:
        """The stream as DuckDB reads it."""
        return pa.RecordBatchReader.from_batches(SCHEMA, self._watched())

    def _watched(self) -> Iterator[pa.RecordBatch]:
        try:
            yield from self._batches
        except (Exception, KeyboardInterrupt) as error:
            self.failure = error
            raise


def _batches(paths: list[Path], delimiter: str | None, skip_first: bool) -> Iterator[pa.RecordBatch]:
    for number, path in enumerate(paths):
        line = 1
        for chunk in whole_lines(path):
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


def whole_lines(path: Path) -> Iterator[bytes]:
    """Chunks of the file that end at the end of a line, without the byte order mark.

    Raises:
        InputError: a line of more than 64 MiB, or an archive that cannot be read.
    """
    with opened(path) as stream:
        head = stream.read(len(BOM))
        rest = b"" if head == BOM else head
        while block := stream.read(CHUNK_BYTES):
            block = rest + block
            cut = block.rfind(b"\n") + 1
            if cut:
                yield block[:cut]
            rest = block[cut:]
            if len(rest) > LONGEST_LINE:
                raise InputError(
                    f"A line is longer than {LONGEST_LINE >> 20} MiB.", where=str(path), hint="Is it a text file?"
                )
        if rest:
            yield rest


def _decode(chunk: bytes, offsets: np.ndarray, delimiter: str | None) -> tuple[pa.Array, pa.Array]:
    """Texts without their line ends, and the fields of lines that SQL cannot split at the delimiter."""
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(chunk)]
    lines = pa.Array.from_buffers(pa.large_binary(), len(offsets) - 1, buffers)
    fields: list[list[str] | None] = [None] * len(lines)
    try:
        texts = lines.cast(pa.large_string())
    except pa.ArrowInvalid:
        decoded = []
        for i, line in enumerate(lines.to_pylist()):
            decoded.append(line.decode("utf-8", "replace"))
            if not _is_utf8(line):
                # No fields at all: the row cannot have the right number of them, and is set aside as malformed.
                fields[i] = []
        texts = pa.array(decoded, pa.large_string())
    # Here and not in SQL, where it takes longer than the rest of the reading.
    texts = pc.ascii_rtrim(texts, "\r\n")
    if delimiter is not None and b'"' in chunk:
        for i, text in enumerate(texts.to_pylist()):
            if '"' in text and fields[i] is None:
                fields[i] = split_fields(text, delimiter) or []
    return texts, pa.array(fields, pa.list_(pa.string()))


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
