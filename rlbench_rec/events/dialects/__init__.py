"""How raw files are written. A dialect turns files into numbered rows of text columns; all else is shared."""

from ...registry import Registry

_HERE = "rlbench_rec.events.dialects"
DIALECTS: Registry = Registry(
    "dialect", {name: f"{_HERE}.{name}:open_rows" for name in ("delimited", "jsonl", "parquet")}
)
"""Dialects by name: (connection, files, card) -> `RawRows`."""
