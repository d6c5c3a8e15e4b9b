"""One way to print rows: a rich table for people, JSON for machines."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from .console import say, stdout_console


def print_rows(rows: Sequence[Mapping[str, Any]], *, as_json: bool = False, title: str | None = None) -> None:
    """Rows of equal keys to stdout; numbers are right-aligned, missing values are blank."""
    if as_json:
        say(json.dumps(list(rows), indent=2, default=str))
        return
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=title, title_justify="left", header_style="bold")
    for name in rows[0] if rows else ():
        numeric = all(isinstance(row[name], int | float) or row[name] is None for row in rows)
        table.add_column(name, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*(escape(_cell(value)) for value in row.values()))
    stdout_console().print(table)


def _cell(value: Any) -> str:
    if value is None or value != value:
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)
