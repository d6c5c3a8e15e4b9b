"""One table in several formats: text, CSV, Markdown, LaTeX, HTML, JSON, each with its own way of escaping."""

from __future__ import annotations

import html
import json
import math
from collections.abc import Callable, Sequence
from typing import Any, Literal, get_args

import numpy as np

from ..errors import UnknownNameError
from ..terminal import printable
from .schema import SCHEMA_VERSION
from .write import csv_cell

TableForm = Literal["table", "csv", "markdown", "latex", "html", "json"]
TABLE_FORMS: tuple[TableForm, ...] = get_args(TableForm)
"""`table` is plain text, a line a row."""


class Number(float):
    """A number that people read as `text`: CSV and JSON have all its digits."""

    text: str

    def __new__(cls, value: float, text: str) -> Number:
        number = super().__new__(cls, value)
        number.text = text
        return number


Cell = Any
"""Text, a number, a truth value, or None for nothing."""
LATEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': "''",
    "±": r"$\pm$",
    "→": r"$\to$",
    **{mark: f"\\{mark}" for mark in "&%$#_{}"},
}
"""Characters that LaTeX would not print, and how they are written."""
MARKDOWN = str.maketrans({mark: f"\\{mark}" for mark in "\\`*_[]|~"} | {"<": "&lt;", ">": "&gt;", "@": "&#64;"})
"""What Markdown would not print. An @ would call somebody whose name follows it."""


def format_table(columns: Sequence[str], rows: Sequence[Sequence[Cell]], form: str) -> str:
    """A table as text, without a line break at its end.

    Text stays as it is, but for escaping. Numbers have four significant digits where people read them, and all digits
    in CSV and JSON; None and NaN are empty, null in JSON. Columns of numbers are aligned to the right. As in every CSV,
    `schema_version` is the first column there.

    Args:
        columns: what heads them.
        rows: as long as `columns`.
        form: of `TABLE_FORMS`.

    Raises:
        UnknownNameError: no such format.
        ValueError: a row of another length.
    """
    if form not in FORMATS:
        raise UnknownNameError("format", form, TABLE_FORMS)
    for row in rows:
        if len(row) != len(columns):
            raise ValueError(f"a row has {len(row)} cells, the table {len(columns)} columns")
    return FORMATS[form](columns, rows)


def shown(value: Cell) -> str:
    """A cell as people read it: text as it is, numbers with four significant digits or as they say themselves, nothing
    for None and NaN."""
    if is_nothing(value):
        return ""
    if isinstance(value, Number):
        return value.text
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    return f"{value:.4g}" if isinstance(value, float | np.floating) else str(value)


def is_nothing(value: Cell) -> bool:
    """Whether a cell is empty."""
    import pandas as pd

    return value is None or value is pd.NA or (isinstance(value, float | np.floating) and math.isnan(value))


def markdown_text(text: str) -> str:
    """Text that Markdown prints as it is, in one line."""
    return _one_line(text).translate(MARKDOWN)


def latex_text(text: str) -> str:
    """Text that LaTeX prints as it is, in one line."""
    return "".join(LATEX.get(mark, mark) for mark in _one_line(text))


def _one_line(text: str) -> str:
    return " ".join(printable(text).split())


def _numeric(rows: Sequence[Sequence[Cell]], column: int) -> bool:
    """Whether a column has numbers, and nothing else."""
    cells = [row[column] for row in rows if not is_nothing(row[column])]
    kinds = (int, float, np.integer, np.floating)
    return bool(cells) and all(isinstance(cell, kinds) and not isinstance(cell, bool) for cell in cells)


def _as_text(columns: Sequence[str], rows: Sequence[Sequence[Cell]]) -> str:
    cells = [[*columns], *([_one_line(shown(cell)) for cell in row] for row in rows)]
    widths = [max(len(line[place]) for line in cells) for place in range(len(columns))]
    right = [_numeric(rows, place) for place in range(len(columns))]
    lines = [
        "  ".join(
            cell.rjust(width) if to_right else cell.ljust(width)
            for cell, width, to_right in zip(line, widths, right, strict=True)
        ).rstrip()
        for line in cells
    ]
    return "\n".join(lines)


def _as_csv(columns: Sequence[str], rows: Sequence[Sequence[Cell]]) -> str:
    lines = [["schema_version", *columns], *([SCHEMA_VERSION, *row] for row in rows)]
    return "\n".join(",".join(map(csv_cell, line)) for line in lines)


def _as_markdown(columns: Sequence[str], rows: Sequence[Sequence[Cell]]) -> str:
    rule = ["---:" if _numeric(rows, place) else "---" for place in range(len(columns))]
    lines = [[*map(markdown_text, columns)], rule, *([markdown_text(shown(cell)) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _as_latex(columns: Sequence[str], rows: Sequence[Sequence[Cell]]) -> str:
    """A `tabular` with the rules of booktabs."""
    sides = "".join("r" if _numeric(rows, place) else "l" for place in range(len(columns)))
    texts = [" & ".join(latex_text(shown(cell)) for cell in line) for line in ([*columns], *rows)]
    # After the end of a line LaTeX would take [ and * for its own.
    lines = [("{}" if text.startswith(("[", "*")) else "") + text + r" \\" for text in texts]
    body = [rf"\begin{{tabular}}{{{sides}}}", r"\toprule", lines[0], r"\midrule", *lines[1:], r"\bottomrule"]
    return "\n".join([*body, r"\end{tabular}"])


def _as_html(columns: Sequence[str], rows: Sequence[Sequence[Cell]]) -> str:
    right = [' style="text-align: right"' if _numeric(rows, place) else "" for place in range(len(columns))]

    def line(cells: Sequence[Cell], tag: str) -> str:
        texts = (html.escape(_one_line(shown(cell))) for cell in cells)
        return (
            "<tr>" + "".join(f"<{tag}{side}>{text}</{tag}>" for text, side in zip(texts, right, strict=True)) + "</tr>"
        )

    body = [line(row, "td") for row in rows]
    return "\n".join(["<table>", f"<thead>{line(columns, 'th')}</thead>", "<tbody>", *body, "</tbody>", "</table>"])


def _as_json(columns: Sequence[str], rows: Sequence[Sequence[Cell]]) -> str:
    return json.dumps([dict(zip(columns, map(_plain, row), strict=True)) for row in rows], indent=1, ensure_ascii=False)


def _plain(value: Cell) -> object:
    if is_nothing(value):
        return None
    plain = value.item() if isinstance(value, np.generic) else value
    # JSON has no infinity.
    return str(plain) if isinstance(plain, float) and math.isinf(plain) else plain


FORMATS: dict[str, Callable[[Sequence[str], Sequence[Sequence[Cell]]], str]] = {
    "table": _as_text,
    "csv": _as_csv,
    "markdown": _as_markdown,
    "latex": _as_latex,
    "html": _as_html,
    "json": _as_json,
}
