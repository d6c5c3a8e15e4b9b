"""Imitation metrics: how high a policy ranks the action that was logged next.

They say how well a policy predicts what users did, not what would happen if it decided: on a log of users' own choices
that is all that can be learnt, and it is labelled so.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..ope.reliability.gate import Gate
from ..ope.reliability.weight_sums import Magnitudes
from ..statistics.bootstrap import resampled_means
from .list_gains import list_gains


@dataclass(frozen=True)
class RankingMetric:
    """One imitation metric with its interval.

    Attributes:
        metric: `HR@10`, `NDCG@10`; `HR@10-new` where actions already in the session are left out.
        value: mean over rows; NaN without rows.
        ci_low, ci_high: percentile bootstrap over sessions, or over users.
        n_rows, n_episodes: how many rows were ranked, in how many sessions.
        verdict: `weak` where the effective number of sessions (or users) with hits, (sum h)^2 / sum h^2 of their hits
            h, reaches the gate's least number of effective events, else `unreliable`. Never `trusted`: however sharp
            the figure, it does not say what the policy would earn.
    """

    metric: str
    value: float
    ci_low: float
    ci_high: float
    n_rows: int
    n_episodes: int
    verdict: str


def ranking(
    above: np.ndarray,
    equal: np.ndarray,
    episodes: np.ndarray,
    *,
    k: int = 10,
    suffix: str = "",
    n_resamples: int = 1_000,
    confidence: float = 0.95,
    seed: int = 0,
) -> list[RankingMetric]:
    """HR@k and NDCG@k of the logged action, in expectation over random breaking of ties (see `list_gains`).

    With g actions scored above the logged one and e scored equal (itself included), its rank is uniform on
    g + 1 … g + e.

    Args:
        above: (n,) g, or a number >= k for a logged action the policy cannot choose.
        equal: (n,) e, at least 1.
        episodes: (n,) code of each row's session (or user), the unit of resampling.
        k: length of the list.
        suffix: appended to the metric names.
        n_resamples, confidence, seed: of the bootstrap.
    """
    reached = np.flatnonzero(above < k)
    relevant = np.ones(len(above), dtype=np.int64)
    gains = list_gains(reached, above[reached], equal[reached], relevant, [k])
    hits = gains["HR"][:, 0]
    units = np.unique(episodes, return_inverse=True)[1]
    rows = np.concatenate([gains["HR"], gains["NDCG"]], axis=1)
    n_episodes = int(units.max()) + 1 if len(units) else 0
    names = [f"HR@{k}{suffix}", f"NDCG@{k}{suffix}"]
    if not len(rows):
        return [RankingMetric(name, np.nan, np.nan, np.nan, 0, 0, "unreliable") for name in names]
    (means,) = resampled_means([rows], units, n_resamples, seed)
    low, high = np.quantile(means, [(1 - confidence) / 2, (1 + confidence) / 2], axis=0)
    values = rows.mean(axis=0)
    verdict = verdict_of(np.bincount(units, hits))
    return [
        RankingMetric(name, float(values[i]), float(low[i]), float(high[i]), len(rows), n_episodes, verdict)
        for i, name in enumerate(names)
    ]


def verdict_of(hits: np.ndarray) -> str:
    """The verdict by the hits of each session (or user): see `RankingMetric`."""
    # Without hits every resample is 0, and an interval of [0, 0] would claim to know.
    return "unreliable" if Magnitudes.of(hits).effective_number < Gate().unreliable_events else "weak"
