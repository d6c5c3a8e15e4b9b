"""What the log said beside the truth: each estimate where the true value is known, and how often intervals held it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...results.readable_names import row_name
from ...results.row_names import ON_POLICY, RANKED, TRUTH, is_lift
from ...results.schema import STATUSES, TableRow
from ..charts.beside_truth import beside_truth
from ..charts.svg import verdict_marks
from ..content import VERDICTS, Block, Cell, Chart, Charts, Column, Key, Paragraph, Row, Section, Table
from ..names import place_of
from ..run_tables import RunTables

if TYPE_CHECKING:
    import pandas as pd

DRAWN = ("snips", "dr")
"""Estimators that are drawn, the first that a place has."""
MOST = 150
"""Points of a chart: of more, every n-th is drawn, so that the page of a large board stays small."""
FEWEST = 4
"""Points that are worth a chart."""


def beside_the_truth(run: RunTables) -> Section | None:
    """Estimates of policies' values from a log, where the values are known."""
    rows = known(run.runs) if len(run.runs) else run.runs
    if rows.empty:
        return None
    charts = [chart for _, of_place in rows.groupby("place", sort=False) if (chart := _chart(of_place)) is not None]
    blocks: list[Block] = [Paragraph(_sentence(rows))]
    blocks += [Key(verdict_marks()), Charts(charts)] * bool(charts)
    blocks.append(_table(rows))
    return Section("truth", "Estimate beside truth", blocks)


def known(runs: pd.DataFrame) -> pd.DataFrame:
    """Estimates of rewards from a log with their true values, a row a run; `place` and `held`, whether the interval
    holds the truth.

    Args:
        runs: rows of runs.csv.
    """
    ours = runs["status"].isin(STATUSES) & (runs["metric"] == "reward") & runs["true_value"].notna()
    ours &= ~runs["estimator"].isin([TRUTH, ON_POLICY, RANKED]) & ~runs["estimator"].map(is_lift).astype(bool)
    rows = runs[ours & runs["value"].notna()]
    held = (rows["ci_low"] <= rows["true_value"]) & (rows["true_value"] <= rows["ci_high"])
    return rows.assign(place=rows["dataset"].where(rows["dataset"] != "", rows["task"]), held=held)


def _sentence(rows: pd.DataFrame) -> str:
    parts = []
    for verdict in VERDICTS:
        of_verdict = rows[rows["verdict"] == verdict]
        if len(of_verdict):
            parts.append(f"{of_verdict['held'].sum():,} of {len(of_verdict):,} {verdict}")
    others = sorted(set(rows.loc[rows["dataset"] != "", "place"]))
    note = " On data sets the truth is the mean of the other policy's own log, which has an interval of its own."
    return f"The truth lies within the 95 % interval of {_and(parts)} estimates.{note if others else ''}"


def _chart(rows: pd.DataFrame) -> Chart | None:
    estimator = next((name for name in DRAWN if name in set(rows["estimator"])), None)
    if estimator is None:
        return None
    drawn = rows[rows["estimator"] == estimator]
    drawn = drawn.drop_duplicates(["algorithm", "variant", "seed", "replicate", "log"])
    if drawn[["algorithm", "variant"]].drop_duplicates().shape[0] < FEWEST:
        return None
    place = place_of(drawn.iloc[0].to_dict())
    held = int(drawn["held"].sum())
    points = [
        (row["true_value"], row["value"], row["ci_low"], row["ci_high"], row["verdict"], _tip(row))
        for row in drawn.iloc[:: -(-len(drawn) // MOST)].to_dict("records")
    ]
    title = f"{place}: {held} of {len(drawn)} intervals of {estimator} hold the truth"
    note = "On the line the estimate is right. Points at the edge lie beyond it."
    return Chart(title, beside_truth(title, points, estimator), note)


def _tip(row: TableRow) -> str:
    name = row_name(str(row["algorithm"]), str(row["variant"]))
    return f"{name}, seed {row['seed']}: {row['value']:.4g}, truly {row['true_value']:.4g}, {row['verdict']}"


def _table(rows: pd.DataFrame) -> Table:
    columns = (
        Column("estimator"),
        Column("place", choices=True),
        Column("estimates", numeric=True),
        Column("median error", numeric=True),
        Column("rank correlation", numeric=True),
        *(Column(verdict, numeric=True) for verdict in VERDICTS),
    )
    shown = []
    for (place, estimator), of_both in rows.groupby(["place", "estimator"], sort=True):
        error = float((of_both["value"] - of_both["true_value"]).abs().median())
        correlation = _rank_correlation(of_both)
        cells = [
            Cell(str(estimator)),
            Cell(str(place)),
            Cell(f"{len(of_both):,}", order=len(of_both)),
            Cell(f"{error:.3g}", order=error),
            Cell(f"{correlation:.2f}" if np.isfinite(correlation) else "", order=correlation),
            *(_held(of_both[of_both["verdict"] == verdict]) for verdict in VERDICTS),
        ]
        shown.append(Row(cells))
    caption = "Estimators by place; below each verdict how many of its intervals hold the truth"
    return Table(caption, columns, shown)


def _rank_correlation(rows: pd.DataFrame) -> float:
    """Spearman's over policies: does the order by estimate agree with the true one?"""
    means = rows.groupby(["algorithm", "variant"])[["value", "true_value"]].mean()
    if len(means) < 3 or means.nunique().min() < 2:
        return float("nan")
    ranks = means.rank()
    return float(np.corrcoef(ranks["value"], ranks["true_value"])[0, 1])


def _held(rows: pd.DataFrame) -> Cell:
    if rows.empty:
        return Cell("", order=float("nan"))
    return Cell(f"{rows['held'].sum()} of {len(rows)}", order=float(rows["held"].mean()))


def _and(parts: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(parts[:-1]), parts[-1]]))
