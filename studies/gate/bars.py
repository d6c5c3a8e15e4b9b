"""What is asked of a rule, and whether it holds."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import betaincinv

MISSED, COVERED, POOLED, KEPT, NOMINAL = 0.07, 0.93, 0.94, 2 / 3, 0.94
ERROR = 0.01
"""A bar is broken beyond sampling error where this limit of the share is on its wrong side."""


def by_cell(rows: pd.DataFrame, cells: pd.DataFrame, new: np.ndarray) -> pd.DataFrame:
    """For each cell: shares of logs, and the coverage of what is trusted, by the old rule and by `new`."""
    cell, miss, old = rows["cell"].to_numpy(), rows["miss"].to_numpy(), rows["old"].to_numpy().astype(bool)
    count = lambda which: np.bincount(cell, which, len(cells)).astype(float)  # noqa: E731
    table = cells.copy()
    table["logs"] = count(np.ones(len(cell)))
    table["coverage"] = 1.0 - count(miss) / table["logs"]
    for name, trusted in (("old", old), ("new", new)):
        table[name] = count(trusted)
        table[f"{name}_missed"] = count(trusted & miss)
    table["kept"] = count(old & new)
    return table


def judged(t: pd.DataFrame, name: str) -> dict[str, float]:
    """The bars of a rule, `old` or `new`, over the cells."""
    n, trusted, missed = t["logs"], t[name], t[f"{name}_missed"]
    over = missed / n > MISSED
    half = (trusted >= 0.5 * n) & t["third"]
    low = half & (1.0 - missed / trusted.where(trusted > 0, 1) < COVERED)
    nominal = (t["coverage"] >= NOMINAL) & (t["old"] >= 0.5 * n)
    clicks = nominal & (t["kind"] == "clicks")
    kept = t["kept"] if name == "new" else t["old"]
    return {
        "cells": len(t),
        "over 7 %": int(over.sum()),
        "over 7 %, beyond sampling error": int((over & (_lower(missed, n) > MISSED)).sum()),
        "largest share trusted and missed": float((missed / n).max()),
        "half trusted": int(half.sum()),
        "under 93 %": int(low.sum()),
        "under 93 %, beyond sampling error": int((low & (1.0 - _lower(missed, trusted) < COVERED)).sum()),
        "least coverage where half trusted": float((1.0 - missed / trusted.where(trusted > 0, 1))[half].min()),
        "pooled": float(1.0 - missed.sum() / max(trusted.sum(), 1.0)),
        "pooled error": _clustered(t, name),
        "nominal": int(nominal.sum()),
        "kept": float(kept[nominal].sum() / t["old"][nominal].sum()),
        "kept clicks": float(kept[clicks].sum() / t["old"][clicks].sum()),
        "nominal cells that keep less than two thirds": int((kept < KEPT * t["old"])[nominal].sum()),
    }


def _lower(missed: pd.Series, of: pd.Series) -> np.ndarray:
    """The lower 99 % limit of a share, Clopper and Pearson 1934."""
    missed, of = missed.to_numpy(float), of.to_numpy(float)
    return np.where(missed > 0, betaincinv(np.maximum(missed, 1.0), np.maximum(of - missed, 0.0) + 1.0, ERROR), 0.0)


def _clustered(t: pd.DataFrame, name: str) -> float:
    """Standard error of the pooled coverage over settings drawn at random: cells of a setting share their logs."""
    by = t.groupby("setting")[[name, f"{name}_missed"]].sum()
    total = max(by[name].sum(), 1.0)
    apart = by[f"{name}_missed"] - by[name] * by[f"{name}_missed"].sum() / total
    return float(np.sqrt((apart**2).sum()) / total)
