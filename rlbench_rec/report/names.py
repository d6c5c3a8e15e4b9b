"""What rows are called on a page, and how to find them in the files."""

from __future__ import annotations

from ..results.readable_names import key_of_names
from ..results.schema import TableRow
from .content import Cell, Column, Row, Section, Table
from .run_tables import RunTables


def place_of(row: TableRow) -> str:
    """Data set or task of a row."""
    return str(row["dataset"] or row["task"])


def names(run: RunTables) -> Section | None:
    """The names of the board with the columns `algorithm` and `variant` of the CSV files."""
    if run.board.empty:
        return None
    rows = [Row([Cell(name), Cell(written)]) for name, written in key_of_names(run.board)]
    columns = (Column("on this page"), Column("in the CSV files: algorithm/variant"))
    return Section("names", "Names", [Table("What rows are called", columns, rows, filters=len(rows) > 25)])
