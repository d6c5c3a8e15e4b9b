"""The tables and plots of a suite of estimators."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ....results.data_identity import DataHashes
from ....results.plots.estimators import plot_errors, plot_estimates
from ....results.schema import ESTIMATES, ESTIMATORS
from ....results.write import write_table
from ...plan import JobResult, frame
from .config import EstimatorSuite
from .estimator_scores import score

PLOTS_FOLDER = "plots"
KEYS = ["task", "policy", "estimator", "n_episodes", "log_seed"]


def write_tables(suite: EstimatorSuite, results: Sequence[JobResult], folder: Path) -> DataHashes:
    """estimates.csv, estimators.csv and a folder of plots, over the logs that were scored.

    Returns:
        Nothing of the data: shops are named by the suite.
    """
    estimates = frame([row for result in results for row in result.rows], ESTIMATES)
    estimates = estimates.sort_values(KEYS, kind="stable", ignore_index=True)
    ok = estimates[estimates["status"] == "ok"]
    scores = score(ok)
    write_table(estimates, ESTIMATES, folder / "estimates.csv")
    write_table(scores, ESTIMATORS, folder / "estimators.csv")
    if len(scores):
        (folder / PLOTS_FOLDER).mkdir(exist_ok=True)
        plot_errors(scores, folder / PLOTS_FOLDER, estimates=ok)
        plot_estimates(ok, folder / PLOTS_FOLDER)
    return DataHashes({}, {})
