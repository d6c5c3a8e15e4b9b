"""What an interval covers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from .row_names import TRUTH

LOG, SEEDS, REPLICATES = "log", "seeds", "replicates"
"""Words of the column `uncertainty`."""


def covered(runs: Mapping[str, np.ndarray] | pd.DataFrame) -> str:
    """What varies between the runs of a leaderboard row, joined by +: `replicates` alone where there are several, since
    each has a log and training seeds of its own; else `log`, where the values are estimates or of several logs, and
    `seeds`, where there are several. Empty where nothing but the error of rollouts is left.

    Args:
        runs: the columns `replicate`, `log`, `seed` and `estimator` of the runs of one leaderboard row.
    """
    vary = {name for name in ("replicate", "log", "seed") if len(set(runs[name])) > 1}
    if "replicate" in vary:
        return REPLICATES
    of_log = "log" in vary or any(name != TRUTH for name in runs["estimator"])
    return "+".join([LOG] * of_log + [SEEDS] * ("seed" in vary))


def replicates_named(runs: pd.DataFrame) -> pd.DataFrame:
    """The runs with `replicate` and `log` as whole numbers, 0 where a frame does not say."""
    named = runs.reindex(columns=[*runs.columns, *({"replicate", "log"} - {*runs.columns})])
    return named.assign(**{name: pd.to_numeric(named[name]).fillna(0).astype("int64") for name in ("replicate", "log")})
