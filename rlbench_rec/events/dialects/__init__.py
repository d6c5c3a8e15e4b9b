"""How raw files are written. A dialect turns files into numbered rows of text columns; all else is shared."""

from ...registry import Registry

_HERE = "rlbench_rec.events.dialects"
DIALECTS: Registry = Registry(
    "dialect", {"delimited": f"{_HERE}.delimited:open_rows", "parquet": f"{_HERE}.parquet:open_rows"}
)
"""Dialects by name: (connection, files, card) -> `RawRows`."""
