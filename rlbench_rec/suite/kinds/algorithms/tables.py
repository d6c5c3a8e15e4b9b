"""The tables and plots of a suite of algorithms."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ....results.data_identity import DataHashes, of_runs
from ....results.leaderboard import leaderboard
from ....results.model_selection import selection_table
from ....results.needs_rl import needs_rl_table
from ....results.plots.curves import plot_curves
from ....results.plots.frontier import plot_frontiers
from ....results.plots.values import plot_values
from ....results.schema import (
    CURVES,
    FRONTIER,
    LEADERBOARD,
    NEEDS_RL,
    NEEDS_RL_KEYS,
    RANKING,
    RANKING_KEYS,
    RUN_KEYS,
    RUNS,
    SCALE,
    SCALE_KEYS,
    SCHEMA_VERSION,
    SELECTION,
    STATUSES,
)
from ....results.summary_tables import write_summary_tables, write_variance
from ....results.write import write_table
from ...plan import JobResult, frame

if TYPE_CHECKING:
    import pandas as pd

    from ...config import Suite

PLOTS_FOLDER = "plots"
FRONTIER_ORDER = ("dataset", "task", "algorithm", "variant", "seed", "contender", "dial", "divergence")


def write_tables(suite: Suite, results: Sequence[JobResult], folder: Path) -> DataHashes:
    """runs.csv, leaderboard.csv, curves.csv and a folder of plots; frontier.csv where there is a frontier, ranking.csv
    where users chose the items themselves, selection.csv where true values are known, needs_rl.csv and
    needs_rl_logs.csv where there are controls that do not look ahead, and normalised.csv and scale.csv where the suite
    normalises.

    Rows are sorted by key, so that the order in which jobs finished leaves no trace.

    Returns:
        What the rows say of their data.
    """
    runs = frame([row for result in results for row in result.rows], RUNS)
    runs["schema_version"] = SCHEMA_VERSION
    # Jobs of sources that are not replicated do not say so, nor do those stored by an older version.
    runs = runs.assign(**{name: runs[name].fillna(0).astype("Int64") for name in ("replicate", "log")})
    runs = runs.sort_values([*RUN_KEYS, "run_id"], kind="stable", ignore_index=True)
    board = leaderboard(runs, confidence=suite.confidence)
    curves = frame([point for result in results for point in result.curve], CURVES)
    write_table(runs, RUNS, folder / "runs.csv")
    write_table(board, LEADERBOARD, folder / "leaderboard.csv")
    (folder / PLOTS_FOLDER).mkdir(exist_ok=True)
    steps = frame([step for result in results for step in result.frontier], FRONTIER)
    if len(steps):
        steps = steps.sort_values([*FRONTIER_ORDER], kind="stable", ignore_index=True)
        write_table(steps, FRONTIER, folder / "frontier.csv")
        plot_frontiers(steps, folder / PLOTS_FOLDER)
    ranking = frame([row for result in results for row in result.ranking], RANKING)
    if len(ranking):
        ranking = ranking.sort_values([*RANKING_KEYS], kind="stable", ignore_index=True)
        write_table(ranking, RANKING, folder / "ranking.csv")
    write_table(curves.sort_values(["run_id", "step"], ignore_index=True), CURVES, folder / "curves.csv")
    selection = selection_table(runs, confidence=suite.confidence)
    if len(selection):
        write_table(selection, SELECTION, folder / "selection.csv")
    _write_needs_rl(runs, results, folder)
    if suite.normalise:
        write_summary_tables(runs, folder, folder / PLOTS_FOLDER, confidence=suite.confidence)
        _write_scale(results, folder)
    write_variance(runs, folder)
    plot_values(board, runs, folder / PLOTS_FOLDER)
    plot_curves(curves, runs, folder / PLOTS_FOLDER)
    return of_runs(runs[runs["status"].isin(STATUSES)])


def _write_needs_rl(runs: pd.DataFrame, results: Sequence[JobResult], folder: Path) -> None:
    """needs_rl_logs.csv, what each log was told when it was asked alone; needs_rl.csv, what the replicates of a task
    say."""
    of_logs = frame([row for result in results for row in result.needs_rl], NEEDS_RL)
    of_logs = of_logs.sort_values([*NEEDS_RL_KEYS], kind="stable", ignore_index=True)
    for table, name in ((of_logs, "needs_rl_logs.csv"), (needs_rl_table(runs), "needs_rl.csv")):
        if len(table):
            write_table(table, NEEDS_RL, folder / name)


def _write_scale(results: Sequence[JobResult], folder: Path) -> None:
    scale = frame([row for result in results for row in result.scale], SCALE)
    scale["replicate"] = scale["replicate"].fillna(0).astype("Int64")
    # Logs of one shop share its scale.
    scale = scale.drop_duplicates([*SCALE_KEYS]).sort_values([*SCALE_KEYS], kind="stable", ignore_index=True)
    write_table(scale, SCALE, folder / "scale.csv")
