"""Estimates -> estimators.csv: how far each estimator was from the truth, and how well it chose."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ....ope.analysis.policy_selection import rank_correlation, regret
from ....results.schema import ESTIMATORS

GROUPS = {"all": ("matched", "mismatched"), "matched": ("matched",), "mismatched": ("mismatched",)}


def score(estimates: pd.DataFrame) -> pd.DataFrame:
    """Rows of estimators.csv, one for each task, estimator (and its q), size of the log and group of policies.

    Errors, widths and regret are shares of the behaviour policy's true value, so that tasks can be read side by side.
    Errors are over logs and policies where the estimate is defined; an interval that is not defined does not cover.

    Args:
        estimates: rows of estimates.csv.
    """
    rows = []
    for (task, estimator, q, size), estimated in estimates.groupby(["task", "estimator", "q", "n_episodes"], sort=True):
        for policies, members in GROUPS.items():
            chosen = estimated[estimated["policies"].isin(members)]
            if len(chosen):
                key = {"task": task, "estimator": estimator, "q": q, "n_episodes": size, "policies": policies}
                rows.append(key | _scores(chosen))
    return pd.DataFrame(rows, columns=list(ESTIMATORS))


def _scores(rows: pd.DataFrame) -> dict[str, float]:
    unit = rows["behaviour_value"].abs()
    error = (rows["value"] - rows["true_value"]) / unit
    covered = (rows["ci_low"] <= rows["true_value"]) & (rows["true_value"] <= rows["ci_high"])
    trusted = rows["verdict"] == "trusted"
    by_policy = error.groupby(rows["policy"])
    choices = [
        (
            rank_correlation(log["true_value"].to_numpy(), log["value"].to_numpy()),
            regret(log["true_value"].to_numpy(), log["value"].to_numpy()) / abs(log["behaviour_value"].iloc[0]),
        )
        for _, log in rows.groupby("log_seed")
    ]
    correlations = np.array([correlation for correlation, _ in choices])
    return {
        "n_logs": rows["log_seed"].nunique(),
        "defined": rows["value"].notna().mean(),
        "rmse": np.sqrt((error**2).mean()),
        "bias": error.mean(),
        # Around each policy's own mean over the logs; one log has none.
        "std": np.sqrt(by_policy.var(ddof=1).mean()),
        "coverage95": covered.mean(),
        "interval_width": ((rows["ci_high"] - rows["ci_low"]) / unit).mean(),
        "rank_correlation": np.nanmean(correlations) if np.isfinite(correlations).any() else np.nan,
        "regret_at_1": float(np.mean([regret_at_1 for _, regret_at_1 in choices])),
        "trusted": trusted.mean(),
        "coverage95_trusted": covered[trusted].mean() if trusted.any() else np.nan,
    }
