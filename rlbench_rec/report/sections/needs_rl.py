"""Whether looking ahead pays: the answer in words, and the tests behind it."""

from __future__ import annotations

import math

from ...results.needs_rl_words import needs_rl as in_words
from ...results.needs_rl_words import policy_name
from ...results.schema import TableRow
from ..content import Block, Cell, Column, Paragraph, Points, Row, Section, Table
from ..names import place_of
from ..run_tables import RunTables

COLUMNS = (
    Column("learner"),
    Column("place", choices=True),
    Column("opponent"),
    Column("gain", numeric=True),
    Column("90 % interval", numeric=True),
    Column("p", numeric=True),
    Column("asked of"),
    Column("answer", choices=True),
)
MOST = 200
"""Rows shown."""


def needs_rl(run: RunTables) -> Section | None:
    """The tests of needs_rl.csv and needs_rl_logs.csv."""
    import pandas as pd

    tables = [table for name in ("needs_rl", "needs_rl_logs") if (table := run.table(name)) is not None]
    if not tables:
        return None
    table = pd.concat(tables, ignore_index=True)
    if table.empty:
        return None
    sentences = in_words(table)
    blocks: list[Block] = [Points(sentences) if len(sentences) > 1 else Paragraph(sentences[0], strong=True)]
    tested = table[table["gain"].notna()]
    if len(tested):
        rows = [_row(row) for row in tested.head(MOST).to_dict("records")]
        more = f" (the first {MOST} of {len(tested):,})" if len(tested) > MOST else ""
        blocks.append(Table(f"Learners against what does not look ahead{more}", COLUMNS, rows))
    return Section("needs-rl", "Does it need RL?", blocks)


def _row(row: TableRow) -> Row:
    gain, low, high, p = (float(str(row[name])) for name in ("gain", "ci_low", "ci_high", "p_adjusted"))
    asked = "replicates" if row["test"] == "replicates" else "this log"
    cells = [
        Cell(policy_name(str(row["algorithm"]), str(row["variant"]))),
        Cell(place_of(row)),
        Cell(policy_name(str(row["opponent"]), str(row["opponent_variant"]))),
        Cell(f"{gain:+.3g}", order=gain),
        Cell("" if math.isnan(low) else f"[{low:+.3g}, {high:+.3g}]", order=low),
        Cell("" if math.isnan(p) else f"{p:.2g}", order=p),
        Cell(asked),
        Cell(str(row["answer"])),
    ]
    return Row(cells)
