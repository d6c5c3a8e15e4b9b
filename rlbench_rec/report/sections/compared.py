"""Another run beside this one: what became worse, what better, and what neither."""

from __future__ import annotations

import math

from ...results.comparison.compare import Comparison
from ...results.comparison.text import SMALL, notes_of, summary
from ...results.readable_names import row_name
from ...results.schema import TableRow
from ..content import Block, Cell, Column, Paragraph, Points, Row, Section, Table
from ..names import place_of

COLUMNS = (
    Column("policy"),
    Column("place", choices=True),
    Column("metric", choices=True),
    Column("estimator", choices=True),
    Column("before", numeric=True),
    Column("now", numeric=True),
    Column("difference", numeric=True),
    Column("change", choices=True),
    Column("p", numeric=True),
    Column("verdict"),
)
MOST = 1_000
"""Rows shown, worst first."""


def compared(comparison: Comparison, before: str) -> Section:
    """The rows of a comparison.

    Args:
        comparison: with the older run first.
        before: its name.
    """
    verdict = "Something became worse." if comparison.regressed else "Nothing is shown to have become worse."
    blocks: list[Block] = [Paragraph(f"{verdict} Beside {before}: {summary(comparison)}", strong=True)]
    notes = notes_of(comparison)
    blocks += [Points(notes)] * bool(notes)
    rows = [_row(row) for row in comparison.rows.head(MOST).to_dict("records")]
    more = f", the first {MOST:,} of {len(comparison.rows):,}" if len(comparison.rows) > MOST else ""
    minor = "rows that are identical or cannot be told apart"
    blocks.append(Table(f"Rows, worst changes first{more}", COLUMNS, rows, filters=True, minor=minor))
    return Section("compared", f"Beside {before}", blocks)


def _row(row: TableRow) -> Row:
    old, new, difference = (float(str(row[name])) for name in ("old", "new", "difference"))
    p = float(str(row["p_adjusted"]))
    cells = [
        Cell(row_name(str(row["algorithm"]), str(row["variant"]))),
        Cell(place_of(row)),
        Cell(str(row["metric"])),
        Cell(str(row["estimator"])),
        *(Cell("none" if math.isnan(value) else f"{value:.4g}", order=value) for value in (old, new)),
        Cell("" if math.isnan(difference) else f"{difference:+.3g}", order=difference),
        Cell(str(row["change"])),
        Cell("" if math.isnan(p) else f"{p:.2g}", order=p),
        Cell(str(row["verdict"])),
    ]
    return Row(cells, row["change"] in SMALL)
