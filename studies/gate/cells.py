"""One row for each log, estimator, and value or lift: what a rule looks at, and whether the interval missed."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from . import rules, sizes
from .figures import estimators
from .settings import Setting

SHARED = ("n", "units", "mean", "mean_error", "ess", "largest", "units_with", "events", "near", "s0.5", "s1", "s2")
EVENTS = ("c3", "e3")
OWN = ("value", "error", "skew")
EXACT = ("value", "error", "truth")
LEVEL = 0.975
KINDS = {"click": "clicks", "lognormal": "log-normal", "pareto": "Pareto", "whale": "whales"}


def labels(setting: Setting) -> list[str]:
    """Estimators, and their lifts."""
    return [f"{name}{end}" for end in ("", "-lift") for name in estimators(setting)]


def truth(setting: Setting, label: str) -> float:
    target, behaviour = setting.truths
    return target - behaviour if label.endswith("-lift") else target


def of(settings: list[Setting], tables: dict[str, pd.DataFrame]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows, and for each cell (setting, label) what it is; a row's `cell` is its place there."""
    parts, cells = [], []
    for setting in settings:
        table = tables[setting.name]
        limits = np.maximum(np.abs(table["range_low"] - table["median"]), np.abs(table["range_high"] - table["median"]))
        for label in labels(setting):
            side = "_lift" if label.endswith("-lift") else ""
            part = table[[*SHARED]].copy()
            part["k3"] = table["k3" + side]
            for name in EVENTS:
                part[name] = table[name + ("_final" if label.startswith(("tis", "sntis")) else "") + side]
            part["k3_values"] = table["k3"]
            for name in OWN:
                part[name] = table[f"{label}.{name}"]
            part["limit"] = limits
            part["t"] = stdtrit(table["units"] - 1, LEVEL)
            part["truth"] = truth(setting, label)
            part["lift"] = bool(side)
            part["old"] = rules.version_01(table, label)
            part["cell"] = len(cells)
            cells.append(
                {
                    "setting": setting.name,
                    "estimator": label,
                    "lift": bool(side),
                    "name": label.removesuffix("-lift"),
                    "kind": kind(setting),
                    "third": sizes.third_moment(setting.size),
                    "varying": setting.leave > 0,
                }
            )
            wide = part.select_dtypes("float64").columns.difference(EXACT)
            parts.append(part.astype(dict.fromkeys(wide, np.float32)))
    rows = pd.concat(parts, ignore_index=True)
    rows["miss"] = ~(np.abs(rows["value"] - rows["truth"]) <= rows["t"] * rows["error"])
    return rows, pd.DataFrame(cells)


def kind(setting: Setting) -> str:
    """Of which kind a setting is."""
    if setting.steps > 1:
        return "sessions"
    if setting.users:
        return "users"
    return "dense" if setting.dense else KINDS.get(setting.size[0], "other sizes")
