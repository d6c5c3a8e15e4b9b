"""The package's own values, intervals and verdicts on simulated logs, beside the replayed rule."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pandas as pd

from rlbench_rec import ope
from rlbench_rec.ope.analysis.lifts import paired

from . import cells, rules
from .figures import estimators, figures
from .settings import Setting
from .simulate import Rows, simulate


def logs(setting: Setting, rows: Rows) -> Iterator[ope.EvaluationLog]:
    """Each log, row by row."""
    ends = np.searchsorted(rows.log, np.arange(rows.logs + 1))
    for a, b in pairwise(ends):
        at = np.repeat(np.arange(a, b), rows.count[a:b])
        starts = None if rows.start is None else np.flatnonzero(rows.start[at])
        users = None
        if rows.unit is not None:
            users = rows.unit[at] - rows.unit[a]
            users = users if starts is None else users[starts]
        yield ope.EvaluationLog(
            rows.reward[at],
            rows.behaviour[at],
            np.minimum(rows.ratio[at] * rows.behaviour[at], 1.0),
            rows.q[at],
            rows.v[at],
            starts,
            gamma=setting.gamma,
            reward_range=setting.reward_range,
            clusters=users,
        )


def compared(setting: Setting, count: int, interval: str, resamples: int) -> pd.DataFrame:
    """A row for each log and cell: the package's estimate, limits and verdict, and what the replay says."""
    rows = simulate(setting, count, 0)
    table = pd.DataFrame(figures(setting, rows))
    limits = setting.reward_range or (np.nan, np.nan)
    table = table.assign(range_low=limits[0], range_high=limits[1])
    replayed, kinds = cells.of([setting], {setting.name: table})
    varying = kinds["varying"] & kinds["name"].isin(["tis", "sntis"])
    trusted = rules.balanced(replayed, varying=varying.to_numpy()[replayed["cell"]])
    names = [ope.estimator(name) for name in estimators(setting)]
    names += [paired(one) for one in names]
    found = []
    for at, log in enumerate(logs(setting, rows)):
        for one in ope.estimate_all(log, names, interval=interval, n_resamples=resamples, seed=at):
            truth = cells.truth(setting, one.estimator)
            covered = one.ci_low <= truth <= one.ci_high
            found.append((one.estimator, at, one.value, covered, one.verdict, "; ".join(one.reasons)))
    found = pd.DataFrame(found, columns=["estimator", "log", "value", "covered", "verdict", "reasons"])
    order = kinds["estimator"].tolist()
    place = found["estimator"].map(order.index) * count + found["log"]
    same = np.isclose(replayed["value"].to_numpy()[place], found["value"], rtol=1e-7, atol=1e-12)
    return found.assign(setting=setting.name, replayed=trusted[place], same_value=same)
