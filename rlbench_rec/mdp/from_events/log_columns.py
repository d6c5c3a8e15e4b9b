"""A log's columns as numbers, one at a time, so that a log is never in memory as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..chunked_columns import CHUNK, ColumnStore, release, slices

if TYPE_CHECKING:
    import pyarrow as pa

    from ...events.event_log import EventLog


@dataclass(frozen=True)
class Coded:
    """A column as numbers into its distinct values.

    Attributes:
        codes: (n,) int32; -1 where there is no value.
        distinct: the distinct values, none missing, ascending.
    """

    codes: np.ndarray
    distinct: list[Any]

    def counts(self, rows: int) -> np.ndarray:
        """How often each value stands in the first `rows` rows."""
        counts = np.zeros(len(self.distinct) + 1, dtype=np.int64)
        for part in slices(rows):
            counts += np.bincount(self.codes[part] + 1, minlength=len(counts))
            release(self.codes)
        return counts[1:]

    def misses_any(self) -> bool:
        """Whether some row has no value."""
        missing = False
        for part in slices(len(self.codes)):
            missing = missing or bool((self.codes[part] < 0).any())
            release(self.codes)
        return missing


class LogColumns:
    """The columns of a log, without the rows that are left out.

    Args:
        log: the log.
        columns: where new columns go.
        kept: (rows of the log,) bool, or None to keep all.
    """

    def __init__(self, log: EventLog, columns: ColumnStore, kept: np.ndarray | None = None):
        self.log, self.columns, self.kept = log, columns, kept
        self.rows = log.n_rows if kept is None else int(np.count_nonzero(kept))

    def numbers(self, name: str, dtype: type, missing: float | None = None) -> np.ndarray:
        """A column as `dtype`; nulls become `missing`."""

        def filled(part: pa.Array) -> np.ndarray:
            if part.null_count and missing is not None:
                part = part.fill_null(missing)
            return part.to_numpy(zero_copy_only=False)

        return self.columns.make((self.rows,), dtype, map(filled, self._parts(name)))

    def lists(self, name: str, width: int) -> np.ndarray:
        """(rows, width) float32, a column of lists that have this length; loading refuses others."""

        def table(part: pa.Array) -> np.ndarray:
            return part.flatten().to_numpy(zero_copy_only=False).reshape(len(part), width)

        return self.columns.make((self.rows, width), np.float32, map(table, self._parts(name)))

    def coded(self, name: str) -> Coded:
        """A column as codes."""
        import pandas as pd
        import pyarrow as pa
        import pyarrow.compute as pc

        distinct = None
        for part in self._parts(name):
            distinct = pc.unique(
                part.drop_null() if distinct is None else pa.concat_arrays([distinct, part.drop_null()])
            )
        assert distinct is not None, "an EventLog has rows"
        distinct = distinct.take(pc.array_sort_indices(distinct))
        # Its hash table is made once; `pyarrow.compute.index_in` would make it anew for every part.
        places = pd.Index(distinct.to_pandas())

        def codes(part: pa.Array) -> np.ndarray:
            local = part.dictionary_encode()
            place = np.append(places.get_indexer(local.dictionary.to_pandas()), -1).astype(np.int32)
            return place[local.indices.fill_null(-1).to_numpy()]

        return Coded(self.columns.make((self.rows,), np.int32, map(codes, self._parts(name))), distinct.to_pylist())

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
        """Whether the log has such a column, which is not one of the card's context columns."""
        import pyarrow.parquet as pq

        return name in pq.read_schema(self.log.path).names and name not in self.log.context_columns

    def is_text(self, name: str) -> bool:
        """Whether a column holds text."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        kind = pq.read_schema(self.log.path).field(name).type
        return pa.types.is_string(kind) or pa.types.is_large_string(kind)

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
