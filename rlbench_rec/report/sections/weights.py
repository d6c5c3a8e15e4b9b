"""How much of each log a policy's estimate rests on: effective sample sizes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...results.readable_names import row_name
from ...results.row_names import BEHAVIOUR, is_best, is_frontier_control
from ...results.schema import STATUSES
from ..charts.strips import strips
from ..charts.svg import verdict_marks
from ..content import VERDICTS, Block, Cell, Chart, Charts, Column, Key, Paragraph, Row, Section, Table
from ..run_tables import RunTables

if TYPE_CHECKING:
    import pandas as pd

ESTIMATORS = ("snips", "ips", "dr")
"""Whose verdicts are shown, the first that a run has: weights are the policy's, whatever the estimator."""
MOST = 150
"""Points of a strip: of more, every n-th is drawn."""
MOST_ROWS = 1_000
"""Of the table."""
FEW = 50.0
"""Effective sessions, below which an estimate is unreliable by the gate."""


def weights(run: RunTables) -> Section | None:
    """ESS of every policy, beside the size of the log."""
    rows = _rows(run.runs) if len(run.runs) else run.runs
    if rows.empty:
        return None
    few = int((rows["ess"] < FEW).sum())
    sentence = (
        "A policy that does other things than what was logged is judged by the few sessions in which it would have "
        f"done the same. {few:,} of {len(rows):,} estimates rest on fewer than {FEW:.0f} effective sessions: the log "
        "cannot support these."
    )
    places = [(str(place), _points(of_place)) for place, of_place in rows.groupby("place", sort=False)]
    title = "Effective sessions behind each estimate"
    chart = Chart(title, strips(title, places, "effective sample size, sessions", FEW), "Each point is a run.")
    blocks: list[Block] = [Paragraph(sentence), Key(verdict_marks()), Charts([chart]), _table(rows)]
    return Section("weights", "Weights and effective sample size", blocks)


def _rows(runs: pd.DataFrame) -> pd.DataFrame:
    rows = runs[runs["status"].isin(STATUSES) & (runs["metric"] == "reward") & runs["ess"].notna()]
    rows = rows[~rows["variant"].map(is_frontier_control).astype(bool) & (rows["algorithm"] != BEHAVIOUR)]
    rows = rows.assign(place=rows["dataset"].where(rows["dataset"] != "", rows["task"]))
    chosen = next((name for name in ESTIMATORS if name in set(rows["estimator"])), None)
    return rows[rows["estimator"] == chosen]


def _points(rows: pd.DataFrame) -> list[tuple[float, str, str]]:
    return [
        (
            float(row["ess"]),
            row["verdict"],
            f"{row_name(row['algorithm'], row['variant'])}, seed {row['seed']}: "
            f"{row['ess']:,.3g} of {row['n_episodes']:,}",
        )
        for row in rows.iloc[:: -(-len(rows) // MOST)].to_dict("records")
    ]


def _table(rows: pd.DataFrame) -> Table:
    columns = (
        Column("policy"),
        Column("place", choices=True),
        Column("sessions", numeric=True),
        Column("least effective", numeric=True),
        Column("of the log", numeric=True),
        Column("worst verdict", choices=True),
    )
    shown = []
    for (place, algorithm, variant), of_policy in rows.groupby(["place", "algorithm", "variant"], sort=True):
        least, sessions = float(of_policy["ess"].min()), int(of_policy["n_episodes"].min())
        worst = max(of_policy["verdict"], key=VERDICTS.index)
        cells = [
            Cell(row_name(str(algorithm), str(variant))),
            Cell(str(place)),
            Cell(f"{sessions:,}", order=sessions),
            Cell(f"{least:,.0f}" if least >= 100 else f"{least:.3g}", order=least),
            Cell(f"{least / sessions:.1%}", order=least / sessions),
            Cell(worst, badge=worst),
        ]
        shown.append(Row(cells, is_best(str(variant))))
    caption = f"{len(shown)} policies: the least effective sample size over seeds"
    return Table(caption, columns, shown[:MOST_ROWS], filters=True, minor="best checkpoints")
