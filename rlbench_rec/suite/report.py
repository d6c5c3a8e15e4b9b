"""The files of a finished run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from ..results.leaderboard import leaderboard
from ..results.manifest import manifest
from ..results.normalised import normalised_table
from ..results.normalised_plot import plot_normalised
from ..results.plots import plot_curves, plot_values
from ..results.schema import CURVES, LEADERBOARD, NORMALISED, RUN_KEYS, RUNS, SCHEMA_VERSION, TIMINGS, Schema
from ..results.write import write_json, write_table

if TYPE_CHECKING:
    from .config import Suite
    from .execute import JobResult

PLOTS_FOLDER = "plots"


def write_tables(
    suite: Suite,
    results: Sequence[JobResult],
    folder: Path,
    *,
    device: str,
    command_line: list[str] | None,
    complete: bool,
) -> None:
    """runs.csv, leaderboard.csv, timings.csv, curves.csv, manifest.json and a folder of plots; normalised.csv where the
    suite normalises.

    Rows are sorted by key, so that the order in which jobs finished leaves no trace.
    """
    runs = _frame([row for result in results for row in result.rows], RUNS)
    runs["schema_version"] = SCHEMA_VERSION
    runs = runs.sort_values([*RUN_KEYS, "run_id"], kind="stable", ignore_index=True)
    board = leaderboard(runs, confidence=suite.confidence)
    curves = _frame([point for result in results for point in result.curve], CURVES)
    timings = _frame([result.timing for result in results if result.timing], TIMINGS)
    write_table(runs, RUNS, folder / "runs.csv")
    write_table(board, LEADERBOARD, folder / "leaderboard.csv")
    write_table(curves.sort_values(["run_id", "step"], ignore_index=True), CURVES, folder / "curves.csv")
    write_table(timings.sort_values("run_id", ignore_index=True), TIMINGS, folder / "timings.csv")
    ok = runs[runs["status"] == "ok"]
    sources = ok["dataset"].where(ok["dataset"] != "", ok["task"])
    hashes = dict(zip(sources, ok["dataset_sha256"], strict=True))
    write_json(
        manifest(suite.model_dump(mode="json"), hashes, command_line, device, complete), folder / "manifest.json"
    )
    (folder / PLOTS_FOLDER).mkdir(exist_ok=True)
    if suite.normalise:
        table = normalised_table(runs, confidence=suite.confidence)
        write_table(table, NORMALISED, folder / "normalised.csv")
        if len(table):
            plot_normalised(table, folder / PLOTS_FOLDER / "normalised.png")
    plot_values(board, runs, folder / PLOTS_FOLDER)
    plot_curves(curves, runs, folder / PLOTS_FOLDER)


def _frame(rows: list[dict[str, Any]], schema: Schema) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(schema)) if rows else pd.DataFrame(columns=list(schema))
