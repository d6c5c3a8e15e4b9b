"""Over all tasks: useful in how many, interquartile means, and the share of scores above each score."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ...results.readable_names import row_name
from ...results.row_names import BEHAVIOUR, REFERENCE, is_best, is_frontier_control
from ...results.whole_points import whole_limits, whole_points
from ..charts.lines import Line, lines
from ..content import Block, Cell, Chart, Charts, Column, Paragraph, Row, Section, Table
from ..run_tables import RunTables

if TYPE_CHECKING:
    import pandas as pd

LINES = 6
"""Profiles drawn: of the policies with the highest interquartile means."""
LEFTMOST = -100.0
"""Scores below are not drawn."""


def overall(run: RunTables) -> Section | None:
    """summary.csv with profiles.csv; of older runs normalised.csv."""
    summary, normalised, profiles = (run.table(name) for name in ("summary", "normalised", "profiles"))
    if summary is not None and len(summary):
        table = _of_summary(summary)
    elif normalised is not None and len(normalised):
        table = _of_normalised(normalised)
    else:
        return None
    blocks: list[Block] = [
        Paragraph("On this scale 0 is the behaviour policy and 100 the best known policy of a shop.")
    ]
    blocks.append(table)
    if profiles is not None and len(profiles) and summary is not None:
        blocks.append(Charts([_profiles(profiles, summary)]))
    return Section("overall", "Over all tasks", blocks)


def _of_summary(summary: pd.DataFrame) -> Table:
    columns = (
        Column("policy"),
        Column("useful in", numeric=True),
        Column("interquartile mean", numeric=True),
        Column("limits", numeric=True),
        Column("median", numeric=True),
        Column("better than behaviour", numeric=True),
    )
    rows = []
    for row in summary.to_dict("records"):
        useful = math.nan if row["useful_in"] is None or row["useful_in"] != row["useful_in"] else row["useful_in"]
        asked = isinstance(useful, int)
        cells = [
            Cell(row_name(row["algorithm"], row["variant"])),
            Cell(f"{useful} of {row['n_tasks']}" if asked else "", order=float(useful) if asked else math.nan),
            _score(row["iqm"]),
            Cell(whole_limits(row["iqm_low"], row["iqm_high"]), order=float(row["iqm_low"])),
            _score(row["median"]),
            Cell(_share(row["prob_improvement"]), order=float(row["prob_improvement"])),
        ]
        rows.append(Row(cells, is_best(row["variant"])))
    return Table(f"{len(rows)} policies over all tasks", columns, rows, minor="best checkpoints")


def _of_normalised(table: pd.DataFrame) -> Table:
    """Means over tasks, as runs before summary.csv have them under the task `all`."""
    own = table[~table["algorithm"].isin([BEHAVIOUR, REFERENCE])].drop_duplicates(["task", "algorithm", "variant"])
    own = own[~own["variant"].map(is_frontier_control).astype(bool)]
    own = own[own["task"] == "all"] if (own["task"] == "all").any() else own
    columns = (
        Column("policy"),
        Column("task", choices=True),
        Column("score", numeric=True),
        Column("limits", numeric=True),
    )
    rows = [
        Row(
            [
                Cell(row_name(row["algorithm"], row["variant"])),
                Cell("all tasks" if row["task"] == "all" else row["task"]),
                _score(row["normalised"]),
                Cell(whole_limits(row["ci_low"], row["ci_high"]), order=float(row["ci_low"])),
            ],
            is_best(row["variant"]),
        )
        for row in own.to_dict("records")
    ]
    return Table(f"{len(rows)} normalised true values", columns, rows, minor="best checkpoints")


def _profiles(profiles: pd.DataFrame, summary: pd.DataFrame) -> Chart:
    last = summary[~summary["variant"].map(is_best).astype(bool)].sort_values("iqm", ascending=False, kind="stable")
    drawn = []
    for row in last.head(LINES).to_dict("records"):
        of = profiles[(profiles["algorithm"] == row["algorithm"]) & (profiles["variant"] == row["variant"])]
        of = of[of["tau"] >= LEFTMOST].sort_values("tau")
        columns = [of[name].to_list() for name in ("tau", "share", "ci_low", "ci_high")]
        if len(of):
            drawn.append(Line(row_name(row["algorithm"], row["variant"]), *columns))
    title = "Share of scores above each score"
    return Chart(title, lines(title, drawn, "normalised score", "share of scores above"), "Higher is better.")


def _score(value: float) -> Cell:
    return Cell(whole_points(value), order=float(value))


def _share(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.0%}"
