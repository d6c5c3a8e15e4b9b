"""A confidence sequence: intervals to watch while a log grows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...errors import InputError
from ..data.evaluation_log import EvaluationLog
from ..estimators import Estimator, estimator
from .betting import sequence_limits
from .inference_options import Inference
from .influence import LogParts, measure
from .joint_resamples import MeasuredSample
from .value_ranges import bounded_terms


@dataclass(frozen=True)
class ConfidenceSequence:
    """Intervals after more and more episodes, all of which hold at once with the given confidence.

    Attributes:
        episodes: (k,) how many had been seen.
        values: (k,) estimates from those.
        low, high: (k,) limits.
    """

    episodes: np.ndarray
    values: np.ndarray
    low: np.ndarray
    high: np.ndarray


def confidence_sequence(
    log: EvaluationLog,
    name: str | Estimator = "ips",
    *,
    confidence: float = 0.95,
    episodes: np.ndarray | None = None,
    metric: int | None = None,
    **parameters: float,
) -> ConfidenceSequence:
    """Limits of a policy's value as they stood after each of several numbers of episodes, in the log's order.

    With probability `confidence` none of the intervals, at any number of episodes, misses the value: look daily, stop
    when enough is known. The last one is `interval="betting-sequence"` of `ope.estimate`. Waudby-Smith and Ramdas 2024.

    Args:
        log: episodes in the order in which they came, independent, with `reward_range` and `weight_bound`.
        name: a mean of bounded terms: `ips`, `tis`, `dr`, `on-policy`, …
        confidence: in (0, 1).
        episodes: after how many; None: 16, 23, 32, …, each about 1.4 times the one before, and all.
        metric: a column of `log.metrics` in place of the reward, with `metric_ranges`.
        parameters: of the estimator.

    Raises:
        InputError: no known bounds, users, row weights, an estimator that is not such a mean, or a number beyond the
            log's episodes.
    """
    inference = Inference(confidence=confidence)
    n = log.n_episodes
    if episodes is None:
        episodes = np.unique(np.append(np.round(2.0 ** np.arange(4, np.log2(n) + 1e-9, 0.5)), n))
    at = np.asarray(episodes).astype(np.int64)
    if at.ndim != 1 or len(at) == 0 or at.min() < 1 or at.max() > n:
        raise InputError(f"Numbers of episodes from 1 to {n} are needed.", where="episodes")
    parts = LogParts(log, [estimator(name, **parameters)], metric)
    (terms,) = bounded_terms(MeasuredSample(parts, measure(parts), inference))
    values = terms.values
    low, high = np.array([sequence_limits(terms, values[:count], confidence) for count in at]).T
    return ConfidenceSequence(at, np.cumsum(values)[at - 1] / at, low, high)
