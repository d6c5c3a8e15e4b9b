"""What was promised of the frontier, counted by shop."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.special import betaincinv

COMPARED = ("mixed", "mode", "constrained", "shuffled")
"""Questions that the frontier is compared with."""


def bars(answers: pd.DataFrame) -> dict[str, Any]:
    """Every promise, and what came of it."""
    figures: dict[str, Any] = {"shops": len(answers[["task", "shop"]].drop_duplicates())}
    for base in ("logged", "service"):
        of_base = answers[answers["base"] == base]
        best, opposite = (of_base[of_base["question"] == name] for name in ("best", "negated"))
        called, worse = called_above_0(best), truly_worse(best)
        trusted = best[best["test_verdict"] == "trusted"]
        covered = (trusted["test_low"] <= trusted["true_lift"]) & (trusted["true_lift"] <= trusted["test_high"])
        figures |= {
            f"{base}: answered": _share(best["answered"]),
            f"{base}: called on the test side": _share(called),
            f"{base}: truly worse among the called": f"{int((called & worse).sum())} of {int(called.sum())}",
            f"{base}: upper limit of that share": _upper(int((called & worse).sum()), int(called.sum())),
            f"{base}: truly worse among the answered": f"{int(worse.sum())} of {int(best['answered'].sum())}",
            f"{base}: coverage of trusted lifts on the test side": _share(covered),
            f"{base}: answered for a negated Q": _share(opposite["answered"]),
        }
    medians = by_task(answers)
    ahead = [medians["best"] > medians[name] for name in COMPARED]
    figures["tasks where the median true lift is ahead of all compared"] = int(np.all(ahead, axis=0).sum())
    for name, at in zip(COMPARED, ahead, strict=True):
        figures[f"tasks where it is ahead of {name}"] = int(at.sum())
    return figures


def called_above_0(answers: pd.DataFrame) -> pd.Series:
    """Whether the test side calls the answer better: a trusted lift whose interval lies above 0."""
    return (answers["test_verdict"] == "trusted") & (answers["test_low"] > 0)


def truly_worse(answers: pd.DataFrame) -> pd.Series:
    """Whether paired rollouts show the policy below the behaviour policy, by two standard errors."""
    return answers["answered"] & (answers["true_lift"] + 2.0 * answers["true_error"] < 0)


def by_task(answers: pd.DataFrame) -> pd.DataFrame:
    """Median true lift by task and question on the exact base, in % of the behaviour policy's value. `service`: the
    frontier of what is in service."""
    percent = in_percent(answers)
    exact = percent[percent["base"] == "logged"].pivot_table("percent", "task", "question", "median")
    service = percent[(percent["base"] == "service") & (percent["question"] == "best")]
    return exact.assign(service=service.groupby("task")["percent"].median())


def in_percent(answers: pd.DataFrame) -> pd.DataFrame:
    """The answers with `percent`, the true lift over the behaviour policy's value; 0 where nothing was chosen."""
    values = answers.groupby(["task", "shop"])["true_behaviour"].mean().abs()
    joined = answers.join(values.rename("unit"), on=["task", "shop"])
    return joined.assign(percent=(100.0 * joined["true_lift"] / joined["unit"]).where(joined["answered"], 0.0))


def _share(truth: pd.Series) -> str:
    return f"{truth.mean():.3f} ({int(truth.sum())} of {len(truth)})"


def _upper(number: int, of: int) -> float:
    """One-sided 95 % limit of a share, Clopper and Pearson 1934."""
    return float(betaincinv(number + 1.0, of - number, 0.95)) if number < of else 1.0
