"""What ties rows of a table together, and which bucket a row belongs to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..column_values import Values
from ..table_layout import TableLayout

if TYPE_CHECKING:
    import duckdb
    import pyarrow

NOWHERE = -1
"""The bucket of a row without a user whose session may have one elsewhere."""


@dataclass(frozen=True)
class RowKeys:
    """Of the rows of a table, which bucket each goes to.

    Attributes:
        buckets: (n,) numbers; `NOWHERE` where another row of the session decides.
        ids: part of the table -> (n,) hashes of what must not be in two buckets, and (n,) whether a row has it.
    """

    buckets: np.ndarray
    ids: dict[str, tuple[np.ndarray, np.ndarray]]


def ties(layout: TableLayout) -> Sequence[str]:
    """The parts that tie rows together, the strongest first: rows of a user, of a session, of a decision."""
    parts = [part for part in ("user", "episode") if part in layout.parts]
    return [*parts, "decision"] if "decision" in layout.parts and layout.counts_once else parts


def row_keys(values: Values, layout: TableLayout, buckets: int, connection: duckdb.DuckDBPyConnection) -> RowKeys:
    """The keys of rows: a row goes where its user goes, else its session, else its decision, else anywhere.

    Args:
        values: some rows of the table.
        layout: how it is read.
        buckets: how many there are.
        connection: hashes the values.
    """
    assert values.rows is not None, "rows of a part know where they stand"
    if buckets == 1:
        return RowKeys(np.zeros(len(values.rows), dtype=np.int64), {})
    chosen = values.rows % buckets
    hashed, ids = {}, {}
    for part in reversed(ties(layout)):
        known = values.codes(layout.parts[part], words=True) >= 0
        hashed[part] = hashes(values.table[layout.parts[part]], connection)
        chosen = np.where(known, (hashed[part] % np.uint64(buckets)).astype(np.int64), chosen)
        if part != ties(layout)[0]:
            ids[part] = hashed[part], known
        elif part == "user" and "episode" in layout.parts:
            chosen = np.where(known, chosen, NOWHERE)
    return RowKeys(chosen, ids)


def hashes(column: pyarrow.ChunkedArray, connection: duckdb.DuckDBPyConnection) -> np.ndarray:
    """(n,) 64-bit hashes of values, the same for the same values of one type."""
    import pyarrow

    table = pyarrow.table({"value": column})
    return connection.from_arrow(table).project("hash(value) AS hashed").fetchnumpy()["hashed"].astype(np.uint64)
