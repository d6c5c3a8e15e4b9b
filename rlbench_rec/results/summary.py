"""summary.csv, pairwise.csv and profiles.csv: a board over all tasks and replicates."""

from __future__ import annotations

from functools import partial
from itertools import combinations
from statistics import NormalDist

import numpy as np
import pandas as pd

from ..statistics.aggregates import (
    Aggregate,
    StratifiedBootstrap,
    better,
    interquartile_mean,
    mean_over_tasks,
    median_of_tasks,
    percentile_limits,
    simultaneous_factor,
)
from ..statistics.paired import LEVEL, POWER
from .row_names import BEHAVIOUR, REFERENCE
from .schema import PAIRWISE, PROFILES, SUMMARY
from .scores import Policy, Scores

CLIP = -100.0
"""Lower end of clipped scores."""
TAUS = np.arange(CLIP, 121.0, 5.0)
"""Scores at which profiles are read."""


class Board:
    """The scores of a board with the resamples that all its tables share.

    Args:
        scores: of every policy.
        confidence: level of the limits.
        n_resamples: of the bootstrap.
    """

    def __init__(self, scores: Scores, *, confidence: float = 0.95, n_resamples: int = 2_000) -> None:
        self.scores, self.confidence = scores, confidence
        self.bootstrap = StratifiedBootstrap(scores.sizes, n_resamples)
        self._iqms: dict[bytes, np.ndarray] = {}
        self.policies = sorted(policy for policy in scores.by_policy if policy[0] not in (BEHAVIOUR, REFERENCE))

    def with_limits(self, values: np.ndarray, aggregate: Aggregate) -> tuple[float, float, float]:
        """An aggregate of (tasks, units) values and its limits."""
        return float(aggregate(values)), *percentile_limits(self.bootstrap(values, aggregate), self.confidence)

    def resampled_iqms(self, values: np.ndarray) -> np.ndarray:
        """(n_resamples,) interquartile means of (tasks, units) values."""
        key = values.tobytes()
        if key not in self._iqms:
            self._iqms[key] = self.bootstrap(values, interquartile_mean)
        return self._iqms[key]


def summary_table(board: Board, useful_in: dict[Policy, int]) -> pd.DataFrame:
    """Rows of summary.csv: useful in most tasks first, then by interquartile mean; those that lack scores last.

    Args:
        board: the scores.
        useful_in: policy -> tasks in which it is useful; without those of which that was not asked.
    """
    rows = [_summed_up(board, policy) | {"useful_in": useful_in.get(policy)} for policy in board.policies]
    table = pd.DataFrame(rows, columns=list(SUMMARY)).astype({"useful_in": "Int64"})
    order = table.assign(lacks=table["missing"] > 0, less=-table["useful_in"].fillna(0), worse=-table["iqm"])
    order = order.sort_values(["lacks", "less", "worse", "algorithm", "variant"], ignore_index=True)
    return order[list(SUMMARY)]


def _summed_up(board: Board, policy: Policy) -> dict[str, object]:
    scores = board.scores
    values = scores.by_policy[policy]
    behaviour = scores.by_policy.get((BEHAVIOUR, "logged"), np.zeros_like(values))
    row: dict[str, object] = {
        "algorithm": policy[0],
        "variant": policy[1],
        "n_tasks": int(np.isfinite(values).any(axis=1).sum()),
        "n_replicates": min(scores.sizes),
        "missing": scores.missing(policy),
        "uncertainty": scores.unit,
    }
    for name, numbers, aggregate in (
        ("iqm", values, interquartile_mean),
        ("median", values, median_of_tasks),
        ("clipped_mean", np.maximum(values, CLIP), mean_over_tasks),
        ("prob_improvement", better(values, behaviour), mean_over_tasks),
    ):
        row[name], row[f"{name}_low"], row[f"{name}_high"] = board.with_limits(numbers, aggregate)
    spread = float(board.resampled_iqms(values).std(ddof=1))
    # One-sided: is it above the behaviour policy's 0?
    return row | {"detectable": (_normal(1 - LEVEL) + _normal(POWER)) * spread}


def pairwise_table(board: Board) -> pd.DataFrame:
    """Rows of pairwise.csv: each pair of policies over the tasks and replicates that both have.

    The critical difference of a pair is c times the standard error of the difference of its interquartile means, c the
    quantile of the largest standardised deviation over all pairs and resamples: differences beyond it are told from
    chance for all pairs at once.

    Args:
        board: the scores.
    """
    rows, resampled = [], []
    for first, second in combinations(board.policies, 2):
        ours, theirs = board.scores.by_policy[first], board.scores.by_policy[second]
        common = np.isfinite(ours - theirs)
        ours, theirs = np.where(common, ours, np.nan), np.where(common, theirs, np.nan)
        iqms = [board.resampled_iqms(values) for values in (ours, theirs)]
        resampled.append(iqms[0] - iqms[1])
        probability = board.with_limits(better(ours, theirs), mean_over_tasks)
        names = {"algorithm": first[0], "variant": first[1], "other": second[0], "other_variant": second[1]}
        rows.append(
            names
            | {"n_tasks": int(common.any(axis=1).sum())}
            | dict(zip(("probability", "ci_low", "ci_high"), probability, strict=True))
            | {"iqm_difference": float(interquartile_mean(ours) - interquartile_mean(theirs))}
            | dict(zip(("iqm_low", "iqm_high"), percentile_limits(resampled[-1], board.confidence), strict=True))
        )
    if not rows:
        return pd.DataFrame(columns=list(PAIRWISE))
    differences = np.stack(resampled, axis=1)
    spread = differences.std(axis=0, ddof=1)
    factor = simultaneous_factor(differences, board.confidence)
    detectable = (_normal((1 + board.confidence) / 2) + _normal(POWER)) * spread
    return pd.DataFrame(rows).assign(critical_difference=factor * spread, detectable=detectable)[list(PAIRWISE)]


def profiles_table(board: Board) -> pd.DataFrame:
    """Rows of profiles.csv: of each policy the share of tasks and replicates with a score above tau, every task
    counting alike, with limits for one tau.

    Args:
        board: the scores.
    """
    tables = []
    for algorithm, variant in board.policies:
        values = board.scores.by_policy[(algorithm, variant)]
        shares = [board.with_limits(values, partial(_share_above, tau=tau)) for tau in TAUS]
        table = pd.DataFrame(shares, columns=["share", "ci_low", "ci_high"])
        tables.append(table.assign(algorithm=algorithm, variant=variant, tau=TAUS))
    return pd.concat(tables, ignore_index=True)[list(PROFILES)] if tables else pd.DataFrame(columns=list(PROFILES))


def _share_above(scores: np.ndarray, tau: float) -> np.ndarray:
    return mean_over_tasks(np.where(np.isfinite(scores), (scores > tau).astype(float), np.nan))


def _normal(level: float) -> float:
    return NormalDist().inv_cdf(level)
