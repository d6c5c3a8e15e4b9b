"""The known range of what an estimator averages, from the known ranges of rewards and weights.

Sample extremes are no ranges; without known ones there is no finite-sample interval.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from ...errors import InputError
from ..estimators import Estimator
from ..log import EvaluationLog
from ..measure import Pieces
from .sample import Sample


def _shrunken(bound: float, shrinkage: float) -> float:
    """max over w <= bound of w / (1 + w^2 / L), whose peak is sqrt(L) / 2 at w = sqrt(L)."""
    peak = min(math.sqrt(shrinkage), bound)
    return peak / (1.0 + peak**2 / shrinkage) if shrinkage > 0 else 0.0


def _subgaussian(bound: float, strength: float) -> float:
    if math.isinf(bound):
        return 1.0 / strength if strength > 0 else bound
    return bound / (1.0 - strength + strength * bound)


LARGEST_WEIGHT: dict[str, Callable[..., float]] = {
    "on-policy": lambda bound: 1.0,
    "ips": lambda bound: bound,
    "tis": lambda bound: bound,
    "ips-clip": lambda bound, clip: min(bound, clip),
    "sg-ips": _subgaussian,
    "dm": lambda bound: 0.0,
    "dr": lambda bound: bound,
    "dr-clip": lambda bound, clip: min(bound, clip),
    "switch-dr": lambda bound, threshold: min(bound, threshold),
    "dros": _shrunken,
    "sg-dr": _subgaussian,
}
"""The largest weight that an estimator lets through, given the largest there is."""


@dataclass(frozen=True)
class Terms:
    """What an estimator is the mean of, one term an episode.

    Attributes:
        one: the estimator.
        mean: the estimate.
        variance: sample variance of the terms; NaN for one term.
        low, high: known range of a term.
        of_value: known range of the true value, which terms may leave.
    """

    one: Estimator
    log: EvaluationLog
    mean: float
    variance: float
    low: float
    high: float
    of_value: tuple[float, float]

    @property
    def values(self) -> np.ndarray:
        """(episodes,) the terms."""
        return Pieces(self.log, [self.one]).table()[0][:, 0]

    def around(self, below: float, above: float) -> tuple[float, float]:
        """The interval from `below` under the estimate to `above` over it, within the range of the value."""
        return self.within(self.mean - below, self.mean + above)

    def within(self, low: float, high: float) -> tuple[float, float]:
        """The part of an interval that lies in the range of the value."""
        return max(low, self.of_value[0]), min(high, self.of_value[1])


def bounded_terms(sample: Sample) -> Iterator[Terms]:
    """The terms of each estimator.

    Raises:
        InputError: no known range, a metric, or users, whose rows are not independent.
    """
    log = sample.pieces.log
    if sample.pieces.metric is not None:
        raise InputError("reward_range is known of the reward, not of a metric.", where="metric")
    if log.clusters is not None:
        raise InputError("Finite-sample intervals need independent episodes, not users.", where="clusters")
    for one, found in zip(sample.pieces.estimators, sample.measured, strict=True):
        low, high = term_range(one, log)
        # The true value lies in the range of a return, where terms may not; what a biased estimator aims at need not.
        of_value = (low, high) if one.biased else value_range(log)
        yield Terms(one, log, found.value, found.std_error**2 * log.n_episodes, low, high, of_value)


def term_range(one: Estimator, log: EvaluationLog) -> tuple[float, float]:
    """The known range of an episode's term: the estimate is their mean.

    With rewards in [lo, hi] and weights in [0, B], a weighted reward lies in [min(0, B lo), max(0, B hi)], and a doubly
    robust term v + w (r - q), q and v in [lo, hi], in [lo - B (hi - lo), hi + B (hi - lo)]. Discounted sums of any
    length are 1 / (1 - gamma) times as wide.

    Raises:
        InputError: the log or the estimator does not know such a range.
    """
    if one.id not in LARGEST_WEIGHT:
        hint = "Use bootstrap, bca, studentised or normal."
        raise InputError(f"'{one.id}' is no mean of bounded terms.", where="interval", hint=hint)
    if log.reward_range is None:
        raise InputError("A finite-sample interval needs the known range of a reward.", where="reward_range")
    weight = LARGEST_WEIGHT[one.id](math.inf if log.weight_bound is None else log.weight_bound, **one.parameters)
    if math.isinf(weight):
        raise InputError(f"A finite-sample interval of '{one.id}' needs a known bound.", where="weight_bound")
    low, high = log.reward_range
    if one.needs_q:
        _check_model(one, log, low, high)
        return low - weight * (high - low), high + weight * (high - low)
    if log.one_step and one.id == "on-policy":
        return low, high
    longest = _longest(log)
    return min(0.0, weight * low) * longest, max(0.0, weight * high) * longest


def value_range(log: EvaluationLog) -> tuple[float, float]:
    low, high = log.reward_range
    return (low, high) if log.one_step else (min(0.0, low) * _longest(log), max(0.0, high) * _longest(log))


def _longest(log: EvaluationLog) -> float:
    if log.one_step:
        return 1.0
    if log.gamma == 1:
        raise InputError("Undiscounted episodes have no known longest return.", where="gamma")
    return 1.0 / (1.0 - log.gamma)


def _check_model(one: Estimator, log: EvaluationLog, low: float, high: float) -> None:
    if not log.one_step:
        raise InputError(f"'{one.id}' has a finite-sample interval on one-step logs only.", where="episode_starts")
    for name in ("q_logged", "v_target"):
        column = getattr(log, name)
        # An average over actions leaves the range by rounding.
        slack = 1e-9 * max(abs(low), abs(high))
        outside = (column < low - slack) | (column > high + slack)
        if outside.any():
            row = int(np.argmax(outside))
            what = f"The model leaves reward_range ({low}, {high}) at row {row}: {column[row]:g}."
            raise InputError(what, where=name)
