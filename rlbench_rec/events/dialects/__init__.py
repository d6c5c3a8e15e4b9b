"""How raw files are written. A dialect turns files into numbered rows of text columns; all else is shared."""

from __future__ import annotations

from ...registry import Registry
from .rows import Dialect

_HERE = "rlbench_rec.events.dialects"
DIALECTS: Registry[Dialect] = Registry(
    "dialect", {name: f"{_HERE}.{name}:DIALECT" for name in ("delimited", "json", "jsonl", "parquet")}
)
"""Dialects by name."""
