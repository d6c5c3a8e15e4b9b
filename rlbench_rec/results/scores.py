"""True values of policies by task and replicate: what a board is summed up from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from .across_tasks import across_tasks
from .row_names import NORMALISED_METRIC, TRUTH, is_frontier_control
from .schema import STATUSES
from .uncertainty import REPLICATES, SEEDS, replicates_named

Policy = tuple[str, str]
"""Algorithm and variant."""


def truths(runs: pd.DataFrame) -> pd.DataFrame:
    """True values, a row for each task, policy and replicate, the mean over its logs and seeds; on the normalised
    scale, or of the reward in tasks that have none: `task`, `algorithm`, `variant`, `metric`, `replicate`, `value`.

    Args:
        runs: rows of runs.csv.
    """
    names = ["task", "algorithm", "variant", "metric", "replicate"]
    rows = replicates_named(runs[runs["status"].isin(STATUSES) & (runs["estimator"] == TRUTH)])
    rows = rows[rows["metric"].isin([NORMALISED_METRIC, "reward"])]
    scaled = set(rows.loc[rows["metric"] == NORMALISED_METRIC, "task"])
    rows = rows[(rows["metric"] == NORMALISED_METRIC) | ~rows["task"].isin(scaled)]
    return rows.groupby(names)["value"].mean().reset_index()


@dataclass(frozen=True)
class Scores:
    """Normalised true values of every policy of a board.

    Attributes:
        by_policy: policy -> (tasks, units) scores; NaN where it has none.
        tasks: names of the first axis.
        sizes: units of each task.
        unit: what the second axis is: `replicates`, or `seeds` on a board of one replicate.
    """

    by_policy: dict[Policy, np.ndarray]
    tasks: tuple[str, ...]
    sizes: tuple[int, ...]
    unit: str

    @cached_property
    def cells(self) -> int:
        """How many scores a policy has that lacks none."""
        return sum(self.sizes)

    def missing(self, policy: Policy) -> int:
        """How many it lacks."""
        return self.cells - int(np.isfinite(self.by_policy[policy]).sum())


def scores_of(runs: pd.DataFrame) -> Scores:
    """The scores of a board. On a board of one replicate the unit is the training seed, and a policy of a single run,
    as one without training is, has the same score for every seed. Checks of a frontier are nobody's policy, and have
    none.

    Args:
        runs: rows of runs.csv.
    """
    rows = replicates_named(runs[runs["status"].isin(STATUSES) & (runs["metric"] == NORMALISED_METRIC)])
    rows = rows[(rows["estimator"] == TRUTH) & ~rows["variant"].map(is_frontier_control).astype(bool)]
    rows = across_tasks(rows)
    unit = "replicate" if len(set(rows["replicate"])) > 1 else "seed"
    tasks = tuple(sorted(set(rows["task"])))
    units = {task: sorted(set(of[unit])) for task, of in rows.groupby("task")}
    width = max((len(of) for of in units.values()), default=0)
    by_policy: dict[Policy, np.ndarray] = {}
    means = rows.groupby(["algorithm", "variant", "task", unit])["value"].mean().reset_index()
    for row in means.to_dict("records"):
        table = by_policy.setdefault((row["algorithm"], row["variant"]), np.full((len(tasks), width), np.nan))
        table[tasks.index(row["task"]), units[row["task"]].index(row[unit])] = row["value"]
    if unit == "seed":
        for table in by_policy.values():
            _repeat_single(table, [len(units[task]) for task in tasks])
    name = REPLICATES if unit == "replicate" else SEEDS
    return Scores(by_policy, tasks, tuple(len(units[task]) for task in tasks), name)


def _repeat_single(table: np.ndarray, sizes: list[int]) -> None:
    for row, size in zip(table, sizes, strict=True):
        known = row[np.isfinite(row)]
        if len(known) == 1:
            row[:size] = known[0]
