"""Text files as numbered lines: every physical line is there, whatever it holds.

A CSV reader may skip blank lines, swallow the rest of a file after one stray quote, or drop bytes it cannot decode.
Here lines are cut first, and only then looked into, so that the account of rows always balances.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .fields import FieldForm, split_fields
from .record_stream import SCHEMA, RecordStream
from .text_files import whole_lines


class LineStream(RecordStream):
    """Every line of every file.

    Args:
        paths: the files.
        form: of fields, for lines that hold a quote or an escape; None: lines are not split.
        encoding: of the files.
        left_out: for each file, the numbers of the lines that are not rows: its header, and what stands before it.
    """

    def __init__(
        self,
        paths: list[Path],
        form: FieldForm | None = None,
        *,
        encoding: str = "utf-8",
        left_out: Iterable[list[int]] | None = None,
    ):
        super().__init__(_batches(paths, form, encoding, list(left_out or [[]] * len(paths))))


def _batches(
    paths: list[Path], form: FieldForm | None, encoding: str, left_out: list[list[int]]
) -> Iterator[pa.RecordBatch]:
    for number, (path, out) in enumerate(zip(paths, left_out, strict=True)):
        line = 1
        for chunk in whole_lines(path, encoding):
            ends = np.flatnonzero(np.frombuffer(chunk, dtype=np.uint8) == 10) + 1
            if not len(ends) or ends[-1] != len(chunk):
                ends = np.append(ends, len(chunk))
            offsets = np.concatenate([[0], ends]).astype(np.int64)
            texts, fields = _decode(chunk, offsets, form)
            lines = np.arange(line, line + len(ends))
            batch = pa.record_batch(
                [pa.array(np.full(len(ends), number, dtype=np.int32)), pa.array(lines), texts, fields], schema=SCHEMA
            )
            yield batch.filter(pa.array(~np.isin(lines, out))) if out and line <= out[-1] else batch
            line += len(ends)


def _decode(chunk: bytes, offsets: np.ndarray, form: FieldForm | None) -> tuple[pa.Array, pa.Array]:
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
    if form is not None:
        places = _not_for_sql(chunk, texts, form)
        for i, text in zip(places.tolist(), texts.take(pa.array(places)).to_pylist(), strict=True):
            if fields[i] is None:
                fields[i] = split_fields(text, *form) or []
    return texts, pa.array(fields, pa.list_(pa.string()))


def _not_for_sql(chunk: bytes, texts: pa.Array, form: FieldForm) -> np.ndarray:
    """The places of lines that hold a quote, or an escape of anything but N."""
    of_python = np.zeros(len(texts), dtype=bool)
    if form.quote and form.quote.encode() in chunk:
        of_python |= np.asarray(pc.match_substring(texts, form.quote))
    if form.escape and form.escape.encode() in chunk:
        of_python |= np.asarray(pc.match_substring_regex(texts, f"{re.escape(form.escape)}([^N]|$)"))
    return np.flatnonzero(of_python)


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
