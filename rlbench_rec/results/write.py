"""Writing tables: whole or not at all, the same bytes for the same rows, no cell that runs as a formula."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..files import write_text
from .schema import SCHEMA_VERSION, Schema, runs_as_formula

if TYPE_CHECKING:
    import pandas as pd


def write_table(frame: pd.DataFrame, schema: Schema, path: Path) -> None:
    """`schema_version`, then the schema's columns in its order.

    Numbers are written so that reading gives the same bits; NaN is empty. A text cell that a spreadsheet would run as a
    formula gets a leading apostrophe, which `read_table` takes off.

    Raises:
        OutputError: the file cannot be written.
    """
    columns = {"schema_version": [str(SCHEMA_VERSION)] * len(frame)}
    # Of tables that hold it themselves, each row keeps its own.
    columns |= {name: [csv_cell(value) for value in frame[name]] for name in schema}
    lines = [",".join(cells) for cells in ([*columns], *zip(*columns.values(), strict=True))]
    write_text(path, "\n".join(lines) + "\n")


def write_rows(path: Path, rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """`schema_version`, then these columns, cells as they are: for figures of our own, which no spreadsheet would run.

    Args:
        path: the file.
        rows: column -> cell; a version that they were read with is not kept.
        columns: of the table.

    Raises:
        OutputError: the file cannot be written.
    """
    version = {"schema_version": SCHEMA_VERSION}
    text = io.StringIO()
    writer = csv.DictWriter(text, list(version | dict.fromkeys(columns)), lineterminator="\n")
    writer.writeheader()
    writer.writerows({**row, **version} for row in rows)
    write_text(path, text.getvalue())


def write_json(value: Any, path: Path) -> None:
    """Plain JSON values, keys sorted; see `files.write_text`."""
    write_text(path, json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n")


def csv_cell(value: Any) -> str:
    """A value as a cell of a CSV; see `write_table`."""
    return _quoted(_cell(value))


def _cell(value: Any) -> str:
    import pandas as pd

    if pd.isna(value):
        return ""
    if isinstance(value, bool | np.bool_):
        return str(bool(value))
    if isinstance(value, float | np.floating):
        return repr(float(value))
    if isinstance(value, int | np.integer):
        return str(value)
    text = str(value)
    return f"'{text}" if runs_as_formula(text) else text


def _quoted(text: str) -> str:
    # Python's csv leaves a lone carriage return bare, which readers take for the end of a line.
    return '"' + text.replace('"', '""') + '"' if any(mark in text for mark in ',"\n\r') else text
