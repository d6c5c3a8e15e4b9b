"""Hidden confounding: how far a value can move if the true propensities are not the logged ones.

A log whose decisions followed something that was not recorded passes every other check.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...errors import InputError
from ...tolerances import LONG_SUM
from ..data.evaluation_log import EvaluationLog

LARGEST = 100.0
"""The largest factor that is tried."""


@dataclass(frozen=True)
class Band:
    """Where SNIPS can lie.

    Attributes:
        factor: by how much the odds of the true propensities may differ from the logged ones, either way.
        low, high: the smallest and the largest SNIPS under such propensities; NaN where all weights are 0 or overflow.
    """

    factor: float
    low: float
    high: float


def sensitivity(
    log: EvaluationLog, factors: Sequence[float] = (1.25, 1.5, 2.0), *, metric: int | None = None
) -> list[Band]:
    """Bands of SNIPS under Tan's (2006) marginal sensitivity model, by sorting: Zhao, Small and Bhattacharya 2019.

    With propensity p and factor G, 1 / p_true lies in [1 + (1/p - 1) / G, 1 + (1/p - 1) G]. The largest
    sum w r / sum w gives the rows above some reward the upper limit, those below it the lower one. The band holds
    whatever was hidden, but is not sharp: not all such propensities could have made this log. It has no sampling
    error; that of the estimate comes on top.

    Args:
        log: a one-step log.
        factors: each >= 1.
        metric: a column of `log.metrics` in place of the reward.

    Raises:
        InputError: longer episodes, continuous actions, or a factor below 1.
    """
    _check(log)
    for factor in factors:
        if not 1.0 <= factor < np.inf:
            raise InputError(f"A factor is {factor}; it must lie in [1, inf).", where="factors")
    columns = _sorted(log, metric)
    return [Band(float(factor), *_limits(*columns, factor)) for factor in factors]


def breaking_factor(log: EvaluationLog, value: float, *, largest: float = LARGEST, metric: int | None = None) -> float:
    """The smallest factor (to 0.1 %) whose band reaches `value`, such as the behaviour policy's: how much hidden
    confounding would explain the difference away. 1 where SNIPS equals it, inf where `largest` does not reach it."""
    _check(log)
    columns = _sorted(log, metric)
    rounding = LONG_SUM * float(np.abs(columns[0][[0, -1]]).max())

    def reaches(factor: float) -> bool:
        lowest, highest = _limits(*columns, factor)
        return lowest - rounding <= value <= highest + rounding

    if not reaches(largest):
        return np.inf
    low, high = 1.0, largest
    while high - low > 1e-3 * low:
        middle = np.sqrt(low * high)
        low, high = (low, middle) if reaches(middle) else (middle, high)
    return 1.0 if reaches(1.0) else float(high)


def _check(log: EvaluationLog) -> None:
    if not log.one_step:
        raise InputError("The sensitivity band is defined on one-step logs only.", where="episode_starts")
    if log.bandwidth is not None:
        raise InputError("Densities of continuous actions have no odds.", where="propensities")
    if log.propensity_source == "service":
        raise InputError("A log of importance weights alone has no propensities.", where="propensities")


OVERFLOWING = np.errstate(over="ignore", invalid="ignore", divide="ignore")
"""What leaves the range of a float has no band."""


@OVERFLOWING
def _sorted(log: EvaluationLog, metric: int | None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Outcomes, target propensities (times row weights) and odds against the logged action, outcomes ascending."""
    outcome = log.outcome(metric)
    order = np.argsort(outcome, kind="stable")
    return outcome[order], log.times_weights(log.target_propensities)[order], 1.0 / log.propensities[order] - 1.0


@OVERFLOWING
def _limits(rewards: np.ndarray, target: np.ndarray, odds: np.ndarray, factor: float) -> tuple[float, float]:
    """Rewards ascending: the smallest and the largest ratio over all cuts between rows."""
    light, heavy = target * (1.0 + odds / factor), target * (1.0 + odds * factor)
    below, above = _ratios(rewards, heavy, light), _ratios(rewards, light, heavy)
    low, high = float(np.min(below)), float(np.max(above))
    return (low, high) if np.isfinite(low) and np.isfinite(high) else (np.nan, np.nan)


def _ratios(rewards: np.ndarray, first: np.ndarray, then: np.ndarray) -> np.ndarray:
    """(n + 1,) sum w r / sum w, with the weights `first` before the cut and `then` after it."""
    weights = _sums_before(first) + _sums_before(then[::-1])[::-1]
    sums = _sums_before(first * rewards) + _sums_before((then * rewards)[::-1])[::-1]
    return sums / weights


def _sums_before(values: np.ndarray) -> np.ndarray:
    """(n + 1,) sums of the first 0, 1, …, n values."""
    return np.concatenate([[0.0], np.cumsum(values)])
