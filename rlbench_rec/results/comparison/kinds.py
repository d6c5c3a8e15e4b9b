"""The result tables that can be compared, and how each becomes rows of one shape.

A row is named by the columns of `KEYS`: place, policy, metric, estimator, q. Of runs.csv and estimates.csv a row of
these names has a line for every (replicate, log, seed); of the others it has one line, with an interval or without.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..metrics import METRICS
from ..read import read_table
from ..row_names import NORMALISED_METRIC, TRUTH
from ..schema import (
    ESTIMATES,
    ESTIMATOR_KEYS,
    ESTIMATORS,
    KEYS,
    LEADERBOARD,
    NORMALISED,
    NORMALISED_KEYS,
    RUN_KEYS,
    RUNS,
    STATUSES,
    USEFUL,
    USEFUL_KEYS,
    Schema,
)

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (*RUN_KEYS, "value", "ci_low", "ci_high", "verdict", "identification")
HASHES = ("dataset_sha256", "card_sha256", "split_hash", "config_hash")
"""Further columns of runs."""
DIRECTION = "higher_is_better"
"""Likewise."""
SCORES = {"rmse": False, "bias": False, "coverage95": True, "rank_correlation": True, "regret_at_1": False}
"""Columns of estimators.csv that are compared -> whether higher is better; the bias by its size."""
SQUARED_ERROR, COVERED = "mse", "coverage95"
"""What each log of estimates.csv gives: the mean over policies of the squared error, as a share of the behaviour
policy's value squared, and of whether the interval holds the truth."""
LOWER_IS_BETTER = {SQUARED_ERROR, *(name for name, higher in SCORES.items() if not higher)}


def higher_is_better(metric: str) -> bool:
    """The direction of a metric, or of a score of estimators."""
    return METRICS[metric].higher_is_better if metric in METRICS else metric not in LOWER_IS_BETTER


@dataclass(frozen=True)
class Kind:
    """One kind of result table.

    Attributes:
        name: of the kind.
        called: what a table of it does, in sentences: "is a leaderboard".
        file: what it is called in a folder of results.
        schema: its columns.
        keys: those that tell its rows apart.
        known_by: columns that no other kind has.
        rows: the table in the columns of `COLUMNS`.
    """

    name: str
    called: str
    file: str
    schema: Schema
    keys: tuple[str, ...]
    known_by: frozenset[str]
    rows: Callable[[pd.DataFrame], pd.DataFrame]

    @property
    def read(self) -> Callable[[Path], pd.DataFrame]:
        """Reads a file of the kind."""
        return partial(read_table, schema=self.schema, keys=self.keys)


def _of_runs(runs: pd.DataFrame) -> pd.DataFrame:
    # A failed run has no estimator: what it should have brought is missing.
    ok = runs[runs["status"].isin(STATUSES)]
    return ok[[*COLUMNS, *HASHES, DIRECTION]].reset_index(drop=True)


def _of_leaderboard(board: pd.DataFrame) -> pd.DataFrame:
    return _one_line(board.assign(value=board["mean"]))


def _of_normalised(table: pd.DataFrame) -> pd.DataFrame:
    """The truth of each policy, once, and what each estimator says of it."""
    import pandas as pd

    names = {"dataset": "", "metric": NORMALISED_METRIC, "identification": ""}
    truths = table.drop_duplicates(["task", "algorithm", "variant"]).assign(
        estimator=TRUTH, q="", value=lambda rows: rows["normalised"], verdict="trusted"
    )
    estimates = table[table["estimator"] != ""]
    renamed = {"value": "estimate", "ci_low": "estimate_low", "ci_high": "estimate_high"}
    estimates = estimates.assign(**{name: estimates[column] for name, column in renamed.items()})
    return _one_line(pd.concat([truths, estimates], ignore_index=True).assign(**names))


def _of_useful(table: pd.DataFrame) -> pd.DataFrame:
    opponents = table["opponent"] + " " + table["opponent_variant"]
    names = {"dataset": "", "estimator": TRUTH, "q": "", "identification": ""}
    return _one_line(
        table.assign(**names).assign(
            variant=table["variant"] + " over " + opponents,
            value=table["difference"],
            verdict=np.where(table["beats"], "beats", "does not beat"),
        )
    )


def _of_estimators(table: pd.DataFrame) -> pd.DataFrame:
    """A row for each score. No interval comes with them."""
    import pandas as pd

    scores = [
        _estimator_row(table, metric, table[metric].abs() if metric == "bias" else table[metric]) for metric in SCORES
    ]
    return pd.concat(scores, ignore_index=True)


def _of_estimates(table: pd.DataFrame) -> pd.DataFrame:
    """Of every log, means over the policies."""
    import pandas as pd

    ok = table[table["status"] == "ok"]
    error = (ok["value"] - ok["true_value"]) / ok["behaviour_value"].abs()
    covered = ((ok["ci_low"] <= ok["true_value"]) & (ok["true_value"] <= ok["ci_high"])).astype(float)
    scores = ok.assign(**{SQUARED_ERROR: error**2, COVERED: covered.where(ok["ci_low"].notna())})
    by_log = scores.groupby(["task", "estimator", "q", "n_episodes", "log_seed"], as_index=False)
    means = by_log[[SQUARED_ERROR, COVERED]].mean().assign(policies="all")
    rows = [
        _estimator_row(means, metric, means[metric]).assign(log=means["log_seed"])
        for metric in (SQUARED_ERROR, COVERED)
    ]
    return pd.concat(rows, ignore_index=True)


def _estimator_row(table: pd.DataFrame, metric: str, values: pd.Series) -> pd.DataFrame:
    size = table["n_episodes"].map("{:,} episodes".format)
    names = {"dataset": "", "algorithm": "", "metric": metric, "identification": "", "verdict": ""}
    variant = (size + ", " + table["policies"] + " policies").astype(object)
    return _one_line(table.assign(**names, variant=variant, value=values, ci_low=np.nan, ci_high=np.nan))


def _one_line(table: pd.DataFrame) -> pd.DataFrame:
    numbers = dict.fromkeys(("replicate", "log", "seed"), 0)
    return table.assign(**numbers)[[*COLUMNS]].reset_index(drop=True)


_ALL = [
    Kind("runs", "holds runs", "runs.csv", RUNS, RUN_KEYS, frozenset({"run_id", "value", "split_hash"}), _of_runs),
    Kind(
        *("estimates", "holds estimates", "estimates.csv", ESTIMATES),
        (*("task", "policy", "estimator", "q", "n_episodes", "log_seed"),),
        *(frozenset({"policy", "log_seed"}), _of_estimates),
    ),
    Kind(
        *("estimators", "holds scores of estimators", "estimators.csv", ESTIMATORS, ESTIMATOR_KEYS),
        *(frozenset({"rmse", "policies"}), _of_estimators),
    ),
    Kind(
        *("leaderboard", "is a leaderboard", "leaderboard.csv", LEADERBOARD, KEYS),
        *(frozenset({"mean", "iqm", "metric"}), _of_leaderboard),
    ),
    Kind(
        *("normalised", "holds normalised values", "normalised.csv", NORMALISED, NORMALISED_KEYS),
        *(frozenset({"normalised", "estimate"}), _of_normalised),
    ),
    Kind(
        *("useful", "holds what beats the floor", "useful.csv", USEFUL, USEFUL_KEYS),
        *(frozenset({"opponent", "beats"}), _of_useful),
    ),
]
KINDS = {kind.name: kind for kind in _ALL}
"""The best to compare first: where both sides have runs, they are paired."""
