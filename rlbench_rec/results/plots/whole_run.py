"""All pictures of a folder of results, from its tables alone: in another format, or of a run that drew none."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from ...errors import InputError
from ...files import make_folder
from ..leaderboard import leaderboard
from ..packed import table_at
from ..read import load_leaderboard, load_runs, read_table
from ..row_names import NORMALISED_METRIC
from ..schema import CURVES, ESTIMATES, ESTIMATOR_KEYS, ESTIMATORS, FRONTIER, FRONTIER_KEYS, Schema
from ..summary_tables import summary_tables
from .curves import plot_curves
from .estimators import plot_errors, plot_estimates
from .frontier import plot_frontiers
from .values import plot_values

if TYPE_CHECKING:
    from ...figures import Format

CURVE_KEYS = ("run_id", "step")
ESTIMATE_KEYS = ("task", "policy", "estimator", "q", "n_episodes", "log_seed")


def draw_run(folder: Path, out: Path, format: Format = "png") -> list[Path]:
    """The pictures that `rlbench run` draws of the tables in a folder: values, curves, frontiers and the board over all
    tasks of `runs.csv`, errors and estimates of `estimators.csv`.

    Args:
        folder: of results; its tables may be packed.
        out: where the pictures go; made where it is not there.
        format: of the files.

    Returns:
        What was drawn.

    Raises:
        MissingFileError: no such folder.
        InputError: a folder without results, or a table that cannot be read.
        OutputError: a file cannot be written.
    """
    if table_at(folder / "estimators.csv").is_file():
        make_folder(out)
        return _of_estimators(folder, out, format)
    if folder.is_dir() and not table_at(folder / "runs.csv").is_file():
        hint = "Give the folder of a run: it holds runs.csv or estimators.csv."
        raise InputError("The folder has no results.", where=str(folder), hint=hint)
    runs = load_runs(folder / "runs.csv")
    curves = _optional(folder / "curves.csv", CURVES, CURVE_KEYS)
    steps = _optional(folder / "frontier.csv", FRONTIER, FRONTIER_KEYS)
    make_folder(out)
    stored = folder / "leaderboard.csv"
    board = load_leaderboard(stored) if table_at(stored).is_file() else leaderboard(runs)
    paths = plot_values(board, runs, out, format)
    if curves is not None:
        paths += plot_curves(curves, runs, out, format)
    if steps is not None:
        paths += plot_frontiers(steps, out, format)
    if (runs["metric"] == NORMALISED_METRIC).any():
        paths += summary_tables(runs).draw(out, format)
    return paths


def _of_estimators(folder: Path, out: Path, format: Format) -> list[Path]:
    scores = read_table(folder / "estimators.csv", ESTIMATORS, ESTIMATOR_KEYS)
    estimates = _optional(folder / "estimates.csv", ESTIMATES, ESTIMATE_KEYS)
    ok = None if estimates is None else estimates[estimates["status"] == "ok"]
    paths = plot_errors(scores, out, format, ok)
    return paths if ok is None else paths + plot_estimates(ok, out, format)


def _optional(path: Path, schema: Schema, keys: tuple[str, ...]) -> pd.DataFrame | None:
    return read_table(path, schema, keys) if table_at(path).is_file() else None
