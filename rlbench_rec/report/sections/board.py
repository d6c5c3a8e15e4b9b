"""The board: every policy of every place with its interval and its verdict."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ...results.board_message import lettered_rows
from ...results.headline import Headline, formatted
from ...results.leaderboard import RANKED
from ...results.metrics import IMITATION_MEANS
from ...results.readable_names import row_name
from ...results.row_names import DIVERGING, TRUTH
from ...results.schema import TableRow
from ..charts.interval_bar import BarScale, bar_scale, interval_bar
from ..content import Block, Cell, Column, Paragraph, Row, Section, Table
from ..run_tables import RunTables

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (
    Column("policy"),
    Column("place", choices=True),
    Column("rank", numeric=True),
    Column("tie"),
    Column("value", numeric=True),
    Column("interval", numeric=True),
    Column("beside behaviour"),
    Column("gain", numeric=True),
    Column("verdict", choices=True),
)
MOST = 1_500
"""Rows: leaderboard.csv has all of a larger board."""
MINOR = "best checkpoints, controls, and rows that may not be ranked"


def board(run: RunTables) -> Section | None:
    """One metric and one estimator a place, as the screen of `rlbench run` chooses them."""
    if not run.headlines:
        return None
    rows = [row for shown in run.headlines for row in _rows_of(shown)]
    if len(rows) > MOST:
        # Ranked rows stay: what is left out is what a reader would have to ask for.
        rows = [row for row in rows if not row.minor][:MOST]
    blocks: list[Block] = [Paragraph(sentence) for sentence in _how_to_read(run)]
    caption = f"{len(rows)} policies in {_places(len(run.headlines))}"
    blocks.append(Table(caption, COLUMNS, rows, filters=True, minor=MINOR))
    return Section("board", "The board", blocks)


def _rows_of(shown: Headline) -> list[Row]:
    scale, ranks = bar_scale(shown), _ranks(shown)
    return [_row(row, shown, scale, ranks) for row in shown.rows.to_dict("records")]


def _ranks(shown: Headline) -> dict[tuple[str, str], tuple[float, str]]:
    """Ranks and letters of ties among the policies that are shown at first; those without a rank have none."""
    rows = lettered_rows(shown)
    rows = rows[rows["rank"].notna()]
    places = zip(rows["rank"].astype(float), rows["tie_group"], strict=True)
    return dict(zip(zip(rows["algorithm"], rows["variant"], strict=True), places, strict=True))


def _row(row: TableRow, shown: Headline, scale: BarScale, ranks: dict[tuple[str, str], tuple[float, str]]) -> Row:
    value, interval = formatted(row)
    rank, tie = ranks.get((row["algorithm"], row["variant"]), (math.nan, ""))
    verdict = f"{row['verdict']}, {DIVERGING}" if row["status"] == DIVERGING else row["verdict"]
    cells = [
        Cell(row_name(row["algorithm"], row["variant"])),
        Cell(shown.place),
        Cell("" if math.isnan(rank) else f"{rank:.0f}", order=rank),
        Cell(tie),
        Cell(value or "not defined", order=float(row["mean"])),
        Cell(interval, order=float(row["ci_low"])),
        Cell("", order=float(row["mean"]), drawing=interval_bar(row, scale)),
        _against(row, shown.behaviour),
        Cell(verdict, badge=row["verdict"]),
    ]
    return Row(cells, minor=math.isnan(rank))


def _against(row: TableRow, behaviour: pd.Series | None) -> Cell:
    """The difference from the behaviour policy, in per cent of it where that means something."""
    delta = float(row["delta_vs_behaviour"])
    if math.isnan(delta):
        return Cell("", order=math.nan)
    size = math.nan if behaviour is None else float(behaviour["mean"])
    if size > 0:
        return Cell(f"{100 * delta / size:+.1f} %", order=delta / size)
    return Cell(f"{delta:+.3g}", order=delta)


def _how_to_read(run: RunTables) -> list[str]:
    kinds = {(shown.metric, shown.estimator) for shown in run.headlines}
    sentences = []
    if any(estimator == TRUTH for _, estimator in kinds):
        sentences.append("In simulated shops the value is the true one; what a log alone would have said is below.")
    if any(estimator not in (TRUTH, RANKED) for _, estimator in kinds):
        names = ", ".join(sorted({name for _, name in kinds if name not in (TRUTH, RANKED)}))
        sentences.append(
            f"On data sets the value is the estimate by {names}: rows whose verdict is unreliable have no rank, "
            "whatever their value."
        )
    if any(estimator == RANKED for _, estimator in kinds):
        sentences.append(f"Imitation: {IMITATION_MEANS}. It says nothing of what a policy would earn.")
    sentences.append(
        "Rows of one tie letter cannot be told apart. The bar spans the interval, the line "
        "is the behaviour policy, and the gain is over that."
    )
    return sentences


def _places(count: int) -> str:
    return "one place" if count == 1 else f"{count} places"
