"""Intervals that hold at any sample size, from the known ranges of rewards and weights.

They hold for means of independent bounded terms: not for self-normalised estimators, nor for rows of one user. Sample
extremes are no ranges; without known ones there is no such interval.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from ...errors import InputError
from ..estimators import Estimator
from ..log import EvaluationLog

if TYPE_CHECKING:
    from .kinds import Limits, Sample


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


def hoeffding(sample: Sample) -> list[Limits]:
    """value -+ (b - a) sqrt(log(2 / alpha) / (2 n)), terms in [a, b], alpha = 1 - confidence. Hoeffding 1963."""
    log, alpha = sample.pieces.log, 1.0 - sample.confidence
    share = math.sqrt(math.log(2 / alpha) / (2 * log.n_episodes))
    return _limits(sample, lambda width, variance: width * share)


def bernstein(sample: Sample) -> list[Limits]:
    """value -+ sqrt(2 V log(4 / alpha) / n) + 7 (b - a) log(4 / alpha) / (3 (n - 1)), V the sample variance of the
    terms: the empirical Bernstein bound of Maurer and Pontil 2009 on both sides. The whole range for a single term."""
    n, log_term = sample.pieces.log.n_episodes, math.log(4 / (1.0 - sample.confidence))
    if n < 2:
        return _limits(sample, lambda width, variance: math.inf)
    return _limits(
        sample,
        lambda width, variance: math.sqrt(2 * variance * log_term / n) + 7 * width * log_term / (3 * (n - 1)),
    )


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


def _limits(sample: Sample, half_width: Callable[[float, float], float]) -> list[Limits]:
    log = sample.pieces.log
    if sample.pieces.metric is not None:
        raise InputError("reward_range is known of the reward, not of a metric.", where="metric")
    if log.clusters is not None:
        raise InputError("Finite-sample intervals need independent episodes, not users.", where="clusters")
    limits = []
    for one, found in zip(sample.pieces.estimators, sample.measured, strict=True):
        low, high = term_range(one, log)
        half = half_width(high - low, found.std_error**2 * log.n_episodes)
        if not one.biased:
            # The true value lies in the range of a return, where terms may not.
            low, high = _value_range(log)
        limits.append((max(found.value - half, low), min(found.value + half, high)))
    return limits


def _value_range(log: EvaluationLog) -> tuple[float, float]:
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
