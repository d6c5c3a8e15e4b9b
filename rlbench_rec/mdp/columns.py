"""A log's columns, one at a time, as numbers: so that a log is never in memory as a whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pyarrow as pa

    from ..events.log import EventLog

CHUNK = 1 << 18
"""Rows worked on at a time; what is made on the way is never longer."""


@dataclass(frozen=True)
class Coded:
    """A column as numbers into its distinct values.

    Attributes:
        codes: (n,) int32; -1 where there is no value.
        distinct: the distinct values, none missing, ascending.
    """

    codes: np.ndarray
    distinct: list

    def counts(self, rows: np.ndarray) -> np.ndarray:
        """How often each value stands in the rows where `rows` (bool) is true."""
        counts = np.zeros(len(self.distinct) + 1, dtype=np.int64)
        for begin in range(0, len(self.codes), CHUNK):
            codes = self.codes[begin : begin + CHUNK][rows[begin : begin + CHUNK]]
            counts += np.bincount(codes + 1, minlength=len(counts))
        return counts[1:]


class LogColumns:
    """The columns of a log, without the rows that are left out.

    Args:
        log: the log.
        kept: (rows of the log,) bool, or None to keep all.
    """

    def __init__(self, log: EventLog, kept: np.ndarray | None = None):
        self.log, self.kept = log, kept

    def numbers(self, name: str, dtype: type, missing: float | None = None) -> np.ndarray:
        """A column as `dtype`; nulls become `missing`."""
        column, end = np.empty(self.rows, dtype), 0
        for part in self._parts(name):
            if part.null_count and missing is not None:
                part = part.fill_null(missing)
            begin, end = end, end + len(part)
            column[begin:end] = part.to_numpy(zero_copy_only=False)
        return column

    def coded(self, name: str) -> Coded:
        """A column as codes."""
        import pyarrow as pa
        import pyarrow.compute as pc

        encoded = pa.chunked_array([part.dictionary_encode() for part in self._parts(name)]).unify_dictionaries()
        values = encoded.chunk(0).dictionary
        order = pc.array_sort_indices(values).to_numpy()
        place = np.empty(len(values) + 1, dtype=np.int32)
        place[order], place[-1] = np.arange(len(values), dtype=np.int32), -1
        codes, end = np.empty(self.rows, np.int32), 0
        for part in encoded.chunks:
            begin, end = end, end + len(part)
            codes[begin:end] = place[part.indices.fill_null(-1).to_numpy()]
        return Coded(codes, values.take(pa.array(order)).to_pylist())

    def at(self, name: str, rows: np.ndarray) -> pa.Array:
        """The values of a column in some rows, which ascend."""
        import pyarrow as pa

        pieces, end = [], 0
        for part in self._parts(name):
            begin, end = end, end + len(part)
            first, stop = np.searchsorted(rows, [begin, end])
            pieces.append(part.take(pa.array(rows[first:stop] - begin)))
        return pa.concat_arrays(pieces)

    def has(self, name: str) -> bool:
        """Whether the log has such a column."""
        import pyarrow.parquet as pq

        return name in pq.read_schema(self.log.path).names

    def is_text(self, name: str) -> bool:
        """Whether a column holds text."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        kind = pq.read_schema(self.log.path).field(name).type
        return pa.types.is_string(kind) or pa.types.is_large_string(kind)

    @property
    def rows(self) -> int:
        """Number of rows."""
        return self.log.n_rows if self.kept is None else int(np.count_nonzero(self.kept))

    def _parts(self, name: str) -> Iterator[pa.Array]:
        """A column in batches: as a whole it would be in memory twice, in the file's type and in ours."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        end = 0
        for batch in pq.ParquetFile(self.log.path).iter_batches(CHUNK, columns=[name]):
            begin, end = end, end + len(batch)
            yield batch[name] if self.kept is None else batch[name].filter(pa.array(self.kept[begin:end]))


def session_starts(log: EventLog) -> np.ndarray:
    """(sessions,) int64 the first row of each session, in batches; ids are compared as what they are."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    pieces, begin, last = [], 0, None
    for batch in pq.ParquetFile(log.path).iter_batches(CHUNK, columns=["session_id"]):
        ids = batch["session_id"]
        differs = pc.not_equal(ids.slice(1), ids.slice(0, len(ids) - 1)).to_numpy(zero_copy_only=False)
        opens = last is None or not ids[0].equals(last)
        pieces.append(begin + np.flatnonzero(np.append(opens, differs)))
        begin, last = begin + len(ids), pa.scalar(ids[-1].as_py(), ids.type)
    return np.concatenate(pieces).astype(np.int64)


class Columns:
    """Where new columns go: into memory, or as .npy files that the system may write out and drop.

    Args:
        folder: for the files; None keeps the columns in memory.
    """

    def __init__(self, folder: Path | None = None):
        self.folder = folder

    def make(self, name: str, shape: tuple[int, ...], dtype: type, fill: Callable[[slice, np.ndarray], None]):
        """An array of a shape, filled chunk by chunk: `fill(rows, part)` writes rows `rows` into `part`."""
        if self.folder is None:
            column = np.empty(shape, dtype)
        else:
            column = np.lib.format.open_memmap(self.folder / f"{name}.npy", "w+", dtype, shape)
        for begin in range(0, shape[0], CHUNK):
            rows = slice(begin, min(begin + CHUNK, shape[0]))
            fill(rows, column[rows])
        return column
