"""Limits of the errors in estimators.csv: how far the RMSE might have lain on other logs."""

from __future__ import annotations

import numpy as np
import pandas as pd

RESAMPLES = 1_000
LEVEL = 0.95
GROUPS = ("matched", "mismatched")


def error_limits(estimates: pd.DataFrame) -> pd.DataFrame:
    """95 % limits of each RMSE by a bootstrap of whole logs, on which all policies are estimated together: with S_l the
    sum of the squared errors on log l and n_l their number, quantiles of sqrt(sum S_l / sum n_l) over logs drawn with
    replacement. Errors are shares of the behaviour policy's value, as in estimators.csv. One log has no limits.

    Args:
        estimates: rows of estimates.csv.

    Returns:
        `task`, `estimator`, `q`, `n_episodes`, `policies`, `low` and `high`.
    """
    errors = (estimates["value"] - estimates["true_value"]) / estimates["behaviour_value"].abs()
    rows = estimates.assign(square=errors**2)[errors.notna()]
    keys = ["task", "estimator", "q", "n_episodes", "policies"]
    limits = []
    for key, group in rows[rows["policies"].isin(GROUPS)].groupby(keys, sort=True, dropna=False):
        logs = group.groupby("log_seed")["square"].agg(["sum", "count"]).to_numpy(float)
        low, high = _limits(logs) if len(logs) > 1 else (np.nan, np.nan)
        limits.append(dict(zip(keys, key, strict=True)) | {"low": low, "high": high})
    return pd.DataFrame(limits, columns=[*keys, "low", "high"])


def _limits(logs: np.ndarray) -> tuple[float, float]:
    draws = np.random.default_rng(0).integers(0, len(logs), (RESAMPLES, len(logs)))
    sums = logs[draws].sum(axis=1)
    low, high = np.quantile(np.sqrt(sums[:, 0] / sums[:, 1]), [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)
