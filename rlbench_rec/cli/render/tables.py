"""One way to print rows: a rich table for people, tab-separated values for a pipe, JSON where it is asked for."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from .console import say, stdout_console

WORD = 20
"""Letters; a longer word may be folded even where there is room."""
SHORT = 24
"""Letters of the longest cell of a column that holds names, not sentences."""
GAP = 2
"""Blanks between columns."""


def print_rows(rows: Sequence[Mapping[str, Any]], *, as_json: bool = False, title: str | None = None) -> None:
    """Rows of equal keys to stdout; missing values are blank.

    On a terminal a table that is as wide as that, with numbers to the right; in a pipe a line of names and a line a
    row, cells separated by tabs, so that `cut`, `sort` and a spreadsheet read them.
    """
    if as_json:
        say(json.dumps(list(rows), indent=2, default=str))
        return
    console = stdout_console()
    if not console.is_terminal:
        say(_tab_separated(rows), end="")
        return
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    table.title, table.title_justify = title, "left"
    for name, width in _least_widths(rows, console.width).items():
        numeric = all(isinstance(row[name], int | float) or row[name] is None for row in rows)
        table.add_column(name, justify="right" if numeric else "left", overflow="fold", min_width=width)
    for row in rows:
        table.add_row(*(escape(_cell(value)) for value in row.values()))
    console.print(table)


def _least_widths(rows: Sequence[Mapping[str, Any]], width: int) -> dict[str, int]:
    """Of each column: its longest word, as far as all fit side by side; of the first, which names a row, its longest
    cell. Words of columns with long cells, which are sentences, are the first to be folded."""
    cells = {name: [name, *(_cell(row[name]) for row in rows)] for name in (rows[0] if rows else ())}
    words = {name: max(len(word) for cell in column for word in cell.split()) for name, column in cells.items()}
    names = dict.fromkeys(list(cells)[:1], max(map(len, next(iter(cells.values()), [""]))))
    for most in range(WORD, 0, -1):
        short = (name for name, column in cells.items() if max(map(len, column)) <= SHORT)
        widths = {name: min(most, longest) for name, longest in words.items()}
        widths |= {name: words[name] for name in short if most > SHORT // 3} | names
        if sum(widths.values()) + GAP * len(widths) <= width:
            return widths
    return dict.fromkeys(words, 1)


def _tab_separated(rows: Sequence[Mapping[str, Any]]) -> str:
    lines = [list(rows[0]), *(row.values() for row in rows)] if rows else []
    return "".join("\t".join(" ".join(_exact(cell).split()) for cell in line) + "\n" for line in lines)


def _exact(value: Any) -> str:
    return "" if value is None or value != value else str(value)


def _cell(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) and value == value else _exact(value)
