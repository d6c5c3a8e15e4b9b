"""EventLog: a validated log in one shape, backed by Parquet."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from ..sql import parquet_rows
from .cards.card import DatasetCard
from .load_report import LoadReport

if TYPE_CHECKING:
    import duckdb
    import pandas as pd
    import pyarrow as pa

COLUMNS = ("session_id", "user_id", "timestamp", "item_id", "event", "price", "category")
"""Columns of every log."""
OPTIONAL_COLUMNS = (
    "propensity",
    "position",
    "slate_id",
    "policy",
    "quantity",
    "available",
    "parent_category",
    "rating",
    "order",
    "probabilities",
)
"""These follow where the log has them; then come the card's context columns."""


@dataclass(frozen=True)
class EventLog:
    """One row per event (on exposure logs: per exposure, its event the strongest outcome).

    Sessions stand in the order of their first event; the rows of a session are contiguous and in time order; ties keep
    the order of the raw file. `timestamp` is int64 milliseconds since 1970 UTC. Ids are exact. A log without a clock
    has the column `order`, a whole number that stands in for the time, and every `timestamp` is null.

    Attributes:
        path: events.parquet.
        card: where it comes from.
        variant: which of the card's logs; "" where there is one.
        report: the account of rows.
        source_sha256: hash of the raw files' bytes; of what is in them, where they are packed.
        card_sha256: hash of what the card says of rows.
        context_columns: names of the card's feature columns.
        catalogue: all item ids, where they are known beforehand.
        item_vectors: the card's file of item vectors; None where it names none.
    """

    path: Path
    card: DatasetCard
    variant: str
    report: LoadReport
    source_sha256: str
    context_columns: tuple[str, ...] = ()
    catalogue: Sequence[int] | None = None
    item_vectors: Path | None = None
    card_sha256: str = ""
    _keep: Any = field(default=None, repr=False, compare=False)
    """Holds the temporary folder of a log that was not asked to be kept."""

    @property
    def quarantine(self) -> Path:
        """The rows set aside: file, line, reason, text."""
        return self.path.with_name("quarantine.parquet")

    @property
    def has_clock(self) -> bool:
        """Whether rows have a time, and not only an order."""
        return self.card.has_clock

    @property
    def n_rows(self) -> int:
        return self.report.rows_kept

    @property
    def n_sessions(self) -> int:
        return self._totals["session_id"]

    @property
    def n_users(self) -> int:
        return self._totals["user_id"]

    @property
    def n_items(self) -> int:
        return self._totals["item_id"]

    @cached_property
    def counts(self) -> dict[str, int]:
        """Event -> rows, most frequent first."""
        rows = self.query("SELECT event, count(*) AS n FROM log GROUP BY event ORDER BY n DESC, event")
        return dict(rows)

    @cached_property
    def _totals(self) -> dict[str, int]:
        names = ("session_id", "user_id", "item_id")
        counts = ", ".join(f"count(DISTINCT {name})" for name in names)
        return dict(zip(names, self.query(f"SELECT {counts} FROM log")[0], strict=True))

    def to_arrow(self, columns: Sequence[str] | None = None) -> pa.Table:
        """The rows as a pyarrow table.

        Raises:
            InputError: no such column.
        """
        import pyarrow.parquet as pq

        have = pq.read_schema(self.path).names
        for name in columns or ():
            if name not in have:
                raise InputError(
                    f"There is no column '{name}'.", where=self.card.id, hint=f"There are: {', '.join(have)}."
                )
        return pq.read_table(self.path, columns=list(columns) if columns else None)

    def to_pandas(self, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """The rows as a DataFrame. Integer columns with missing values become Int64, never float."""
        import pandas as pd
        import pyarrow as pa

        table = self.to_arrow(columns)
        nullable = {
            name: table[name].to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get)
            for name in table.column_names
            if pa.types.is_integer(table[name].type) and table[name].null_count
        }
        return pd.DataFrame({name: nullable.get(name, table[name].to_pandas()) for name in table.column_names})

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of a SQL query over the table `log`. What else the query makes or changes there is gone after it."""
        with _database(os.getpid()).cursor() as connection:
            connection.execute("SET enable_progress_bar = false")
            connection.begin()
            connection.execute(f"CREATE TEMP VIEW log AS SELECT * FROM {parquet_rows([self.path])}")
            rows = connection.execute(sql).fetchall()
            connection.rollback()
            return rows


@cache
def _database(process: int) -> duckdb.DuckDBPyConnection:
    """An empty database in memory: to make one takes longer than most queries. It has threads, which a forked process
    does not get."""
    import duckdb

    return duckdb.connect()
