"""What ties rows of a table together, and which bucket a row belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..column_values import Values
from ..table_layout import TableLayout

if TYPE_CHECKING:
    import duckdb

NOWHERE = -1
"""The bucket of a row without a user whose session may have one elsewhere."""


@dataclass(frozen=True)
class Ids:
    """(n,) hashes of the values of a column, and whether a row has one."""

    hashed: np.ndarray
    known: np.ndarray


@dataclass(frozen=True)
class RowKeys:
    """Of the rows of a table, which bucket each goes to.

    Attributes:
        buckets: (n,) numbers; `NOWHERE` where another row of the session decides.
        ids: part of the table -> ids that must not be in two buckets.
    """

    buckets: np.ndarray
    ids: dict[str, Ids]


def ties(layout: TableLayout) -> list[str]:
    """The parts that tie rows together, the strongest first: rows of a user, of a session, of a decision."""
    parts: list[str] = [part for part in ("user", "episode") if part in layout.parts]
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
    strongest, *others = ties(layout)
    ids = {part: ids_of(values, layout, part, connection) for part in (strongest, *others)}
    chosen = values.rows % buckets
    for part in reversed(ids):
        chosen = np.where(ids[part].known, (ids[part].hashed % np.uint64(buckets)).astype(np.int64), chosen)
    if strongest == "user" and "episode" in ids:
        chosen = np.where(ids["user"].known, chosen, NOWHERE)
    return RowKeys(chosen, {part: ids[part] for part in others})


def ids_of(values: Values, layout: TableLayout, part: str, connection: duckdb.DuckDBPyConnection) -> Ids:
    """The ids in the column of a part; the same values of one type have the same hash."""
    import pyarrow

    column = layout.parts[part]
    cells = values.table[column]
    # DuckDB has no decimals of that length.
    cells = cells.cast(pyarrow.string()) if pyarrow.types.is_decimal256(cells.type) else cells
    table = pyarrow.table({"value": cells})
    hashed = connection.from_arrow(table).project("hash(value) AS hashed").fetchnumpy()["hashed"]
    return Ids(np.asarray(hashed, dtype=np.uint64), values.known(column))
