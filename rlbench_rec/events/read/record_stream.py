"""Rows made in Python, as DuckDB reads them."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

SCHEMA = pa.schema(
    [("file", pa.int32()), ("line", pa.int64()), ("text", pa.large_string()), ("quoted", pa.list_(pa.string()))]
)
"""file number, line number from 1, the line without its end, and the fields of lines that hold a quote or an escape
(else null)."""


class RecordStream:
    """Record batches of `SCHEMA`, to be read once.

    DuckDB gives back an exception of the stream as text only, so the exception itself is kept.

    Args:
        batches: the rows.

    Attributes:
        failure: what ended the stream early, or None.
    """

    def __init__(self, batches: Iterator[pa.RecordBatch]):
        self.failure: BaseException | None = None
        self._batches = batches

    def reader(self) -> pa.RecordBatchReader:
        """The stream as DuckDB reads it."""
        return pa.RecordBatchReader.from_batches(SCHEMA, self._watched())

    def _watched(self) -> Iterator[pa.RecordBatch]:
        try:
            yield from self._batches
        except (Exception, KeyboardInterrupt) as error:
            self.failure = error
            raise
