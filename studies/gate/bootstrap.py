"""Percentile bootstrap of many logs: rows, or users, drawn with replacement, as `ope.estimate` draws them.

Rows that are alike are drawn together, by a multinomial count, so that a resample of 12,000 rows takes some hundred
draws; the limits are those of the package in law.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from .settings import Setting
from .simulate import Rows

LEVELS = (0.025, 0.975)


def limits(rows: Rows, logs: int, resamples: int, seed: int) -> dict[str, np.ndarray]:
    """For each estimator and lift: (logs, 2) limits. One-step logs."""
    sums = np.stack(
        [
            np.ones(len(rows.log)),
            rows.ratio,
            rows.ratio * rows.reward,
            rows.v + rows.ratio * (rows.reward - rows.q),
            rows.reward,
        ],
        axis=1,
    )
    found: dict[str, list[np.ndarray]] = {}
    ends = np.searchsorted(rows.log, np.arange(logs + 1))
    rng = np.random.default_rng([seed, 11])
    for a, b in pairwise(ends):
        own, counts = sums[a:b], rows.count[a:b]
        if rows.unit is not None:
            unit = rows.unit[a:b] - rows.unit[a]
            own = np.stack([np.bincount(unit, column * counts) for column in own.T], axis=1)
            counts = np.ones(len(own))
        drawn = _drawn(counts, resamples, rng) @ own
        for label, values in _values(drawn).items():
            found.setdefault(label, []).append(np.quantile(values, LEVELS, method="weibull"))
    return {label: np.array(pairs) for label, pairs in found.items()}


def _drawn(counts: np.ndarray, resamples: int, rng: np.random.Generator) -> np.ndarray:
    """(resamples, groups) how often a row of each group is drawn: as many draws as there are rows."""
    single = counts == 1
    rows, alone = int(counts.sum()), int(single.sum())
    drawn = np.zeros((resamples, len(counts)))
    # Those that stand alone are drawn one by one, which is quicker than a binomial count for each.
    of_single = rng.binomial(rows, alone / rows, resamples) if alone < rows else np.full(resamples, rows)
    if alone:
        place = np.repeat(np.arange(resamples), of_single) * alone + rng.integers(alone, size=int(of_single.sum()))
        drawn[:, single] = np.bincount(place, minlength=resamples * alone).reshape(resamples, alone)
    if alone < rows:
        drawn[:, ~single] = rng.multinomial(rows - of_single, counts[~single] / counts[~single].sum())
    return drawn


def _values(drawn: np.ndarray) -> dict[str, np.ndarray]:
    count, weight, weighted, doubly, reward = drawn.T
    values = {"ips": weighted / count, "snips": weighted / weight, "dr": doubly / count}
    return values | {f"{name}-lift": value - reward / count for name, value in values.items()}


def possible(setting: Setting) -> bool:
    """Whether a setting's logs are drawn here: one step, sparse rewards, and no more rows than the package draws one by
    one."""
    return setting.steps == 1 and not setting.dense and setting.rows <= 50_000
