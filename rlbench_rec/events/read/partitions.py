"""Hive partitions: folders called `name=value` hold a column that their files lack."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote

MISSING = "__HIVE_DEFAULT_PARTITION__"
"""What Hive and Spark write for a missing value."""


def partition_values(file: Path, root: Path | None) -> dict[str, str]:
    """The columns that the folders between `root` and a file name, with their values; none where there is no root.

    Names and values are taken apart as Hive writes them: `%2F` is a slash. A missing value is empty.
    """
    if root is None or not file.is_relative_to(root):
        return {}
    values: dict[str, str] = {}
    for folder in file.relative_to(root).parts[:-1]:
        name, equals, value = folder.partition("=")
        if equals and name:
            values[unquote(name)] = "" if value == MISSING else unquote(value)
    return values
