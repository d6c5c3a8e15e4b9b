"""variance.csv: what a value varies by, where shops have several logs and logs several training seeds."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .schema import KEYS, STATUSES, VARIANCE
from .uncertainty import replicates_named

COMPONENTS = ("shop", "log", "seed")
DESIGN = ("replicate", "log", "seed")
NAMES = [name for name in KEYS if name != "dataset"]


def variance_table(runs: pd.DataFrame) -> pd.DataFrame:
    """Rows of variance.csv: three for each task, policy and estimate whose runs are a balanced nested design of two or
    more shops, logs a shop and seeds a log. Others, such as those of which a run failed, have none.

    Args:
        runs: rows of runs.csv.
    """
    rows = replicates_named(runs[runs["status"].isin(STATUSES)])
    rows = rows.astype(dict.fromkeys(NAMES, object)).fillna(dict.fromkeys(NAMES, ""))
    tables = []
    for key, group in rows[rows["task"] != ""].groupby(NAMES, sort=True):
        values = _nested(group)
        if values is not None:
            names = pd.DataFrame([key] * len(COMPONENTS), columns=NAMES)
            tables.append(names.join(components(values)))
    return pd.concat(tables, ignore_index=True)[list(VARIANCE)] if tables else pd.DataFrame(columns=list(VARIANCE))


def components(values: np.ndarray) -> pd.DataFrame:
    """The variance components of a balanced nested design by the method of moments (Searle, Casella and McCulloch 1992,
    chapter 4).

    The mean squares MS have the expectations

        E[MS_shop] = s2_seed + n_seed s2_log + n_log n_seed s2_shop,  E[MS_log] = s2_seed + n_seed s2_log,
        E[MS_seed] = s2_seed,

    which are solved for the components. They are unbiased, so one that is 0 comes out negative about half the time: it
    is left so.

    Args:
        values: (shops, logs, seeds), at least two of each.

    Returns:
        A row for each component: `component`, `n`, `degrees`, `mean_square`, `variance`, `share` (of their sum; NaN
        where that is not above 0).
    """
    shops, logs, seeds = values.shape
    of_log = values.mean(axis=2)
    of_shop = of_log.mean(axis=1)
    squares = np.array(
        [
            logs * seeds * of_shop.var(ddof=1),
            seeds * of_log.var(axis=1, ddof=1).mean(),
            values.var(axis=2, ddof=1).mean(),
        ]
    )
    found = np.array(
        [(squares[0] - squares[1]) / (logs * seeds), (squares[1] - squares[2]) / seeds, squares[2]], dtype=float
    )
    total = found.sum()
    return pd.DataFrame(
        {
            "component": COMPONENTS,
            "n": [shops, logs, seeds],
            "degrees": [shops - 1, shops * (logs - 1), shops * logs * (seeds - 1)],
            "mean_square": squares,
            "variance": found,
            "share": found / total if total > 0 else np.nan,
        }
    )


def _nested(group: pd.DataFrame) -> np.ndarray | None:
    """(shops, logs, seeds) values; None where the design is not balanced, or has one of a kind."""
    ordered = group.sort_values([*DESIGN])
    seeds = ordered.groupby(["replicate", "log"]).size()
    logs = seeds.groupby("replicate").size()
    shape = (len(logs), int(logs.iloc[0]), int(seeds.iloc[0]))
    balanced = (logs == shape[1]).all() and (seeds == shape[2]).all() and ordered["value"].notna().all()
    return ordered["value"].to_numpy(float).reshape(shape) if balanced and min(shape) > 1 else None
