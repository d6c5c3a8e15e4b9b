"""Which estimator to believe: estimators.csv of a suite that scores estimators."""

from __future__ import annotations

import math

from ...results.schema import TableRow
from ..content import Block, Cell, Column, Paragraph, Row, Section, Table
from ..run_tables import RunTables

COLUMNS = (
    Column("estimator"),
    Column("task", choices=True),
    Column("sessions", numeric=True, choices=True),
    Column("error", numeric=True),
    Column("bias", numeric=True),
    Column("coverage", numeric=True),
    Column("rank correlation", numeric=True),
    Column("regret", numeric=True),
    Column("trusted", numeric=True),
    Column("coverage of trusted", numeric=True),
)
SHARES = ("rmse", "bias", "coverage95", "rank_correlation", "regret_at_1", "trusted", "coverage95_trusted")


def estimators(run: RunTables) -> Section | None:
    """Every estimator by task and size of the log, over all policies."""
    table = run.table("estimators")
    if table is None or table.empty:
        return None
    rows = table[table["policies"] == "all"].sort_values(["task", "n_episodes", "rmse"], kind="stable")
    shown = [_row(row) for row in rows.to_dict("records")]
    sentence = (
        "Error (root mean squared), bias and regret are shares of the behaviour policy's value; coverage is that of "
        "95 % intervals. An estimator is worth its rank correlation where policies are to be chosen, and its coverage "
        "where the number itself is to be believed."
    )
    blocks: list[Block] = [Paragraph(sentence)]
    blocks.append(Table(f"{len(shown)} rows: estimator, task and size of the log", COLUMNS, shown, filters=True))
    return Section("estimators", "Estimators beside the truth", blocks)


def _row(row: TableRow) -> Row:
    size = int(str(row["n_episodes"]))
    q = f", q: {row['q']}" if row["q"] else ""
    cells = [Cell(f"{row['estimator']}{q}"), Cell(str(row["task"])), Cell(f"{size:,}", order=size)]
    return Row([*cells, *(_number(float(str(row[name]))) for name in SHARES)])


def _number(value: float) -> Cell:
    return Cell("" if math.isnan(value) else f"{value:.3f}", order=value)
