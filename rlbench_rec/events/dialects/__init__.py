"""How raw files are written. A dialect turns files into numbered rows of text columns; all else is shared."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ...registry import Registry

if TYPE_CHECKING:
    from pathlib import Path

    import duckdb

    from ..cards.card import DatasetCard
    from .rows import RawRows

_HERE = "rlbench_rec.events.dialects"
DIALECTS: Registry[Callable[[duckdb.DuckDBPyConnection, list[Path], DatasetCard], RawRows]] = Registry(
    "dialect", {name: f"{_HERE}.{name}:open_rows" for name in ("delimited", "jsonl", "parquet")}
)
"""Dialects by name: (connection, files, card) -> `RawRows`."""
