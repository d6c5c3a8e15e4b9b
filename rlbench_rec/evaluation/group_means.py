"""Means of metrics over groups of steps, with intervals from the same resamples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..statistics.bootstrap import by_unit, resampled_means


@dataclass(frozen=True)
class GroupMean:
    """The means of one group of steps.

    Attributes:
        value, ci_low, ci_high: (M,) means and percentile interval, NaN where no resample has such a step.
        unit_sums: (units, M) sums over each unit's steps.
        n_steps: how many steps.
    """

    value: np.ndarray
    ci_low: np.ndarray
    ci_high: np.ndarray
    unit_sums: np.ndarray
    n_steps: int


def group_means(
    groups: Mapping[str, np.ndarray],
    table: np.ndarray,
    units: np.ndarray,
    *,
    seed: int = 0,
    n_resamples: int = 1_000,
    confidence: float = 0.95,
) -> dict[str, GroupMean]:
    """Group -> its means. A resample of units holds steps of all groups, so one set of draws serves them.

    Args:
        groups: group -> (n,) bool, none empty.
        table: (n, M) a metric a column.
        units: (n,) codes 0, 1, … of what is resampled whole.
        seed, n_resamples, confidence: of the bootstrap.
    """
    if not groups:
        return {}
    counted = np.concatenate([table, np.ones((len(table), 1))], axis=1)
    sums = [by_unit(np.where(mask[:, None], counted, 0.0), units) for mask in groups.values()]
    (resampled,) = resampled_means([np.concatenate(sums, axis=1)], None, n_resamples, seed)
    ends, found = [(1 - confidence) / 2, (1 + confidence) / 2], {}
    for group, of_units, means in zip(groups, sums, np.split(resampled, len(groups), axis=1), strict=True):
        drawn = means[:, -1] > 0
        limits = np.full((2, table.shape[1]), np.nan)
        if drawn.any():
            # Within the range of what is averaged, which rounding may leave.
            drawn_means = np.clip(means[drawn, :-1] / means[drawn, -1:], table.min(axis=0), table.max(axis=0))
            limits = np.quantile(drawn_means, ends, axis=0)
        totals = of_units.sum(axis=0)
        low, high = limits
        found[group] = GroupMean(totals[:-1] / totals[-1], low, high, of_units[:, :-1], int(totals[-1]))
    return found
