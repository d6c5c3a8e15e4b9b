"""Intervals that hold at any sample size, from the known ranges of rewards and weights.

They hold for means of independent bounded terms: not for self-normalised estimators, nor for rows of one user. The
extremes of a sample are not ranges; without known ones there is no such interval.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from .joint_resamples import Limits, MeasuredSample
from .value_ranges import bounded_terms


def hoeffding(sample: MeasuredSample) -> list[Limits]:
    """value -+ (b - a) sqrt(log(2 / alpha) / (2 n)), terms in [a, b], alpha = 1 - confidence. Hoeffding 1963."""
    log, alpha = sample.parts.log, 1.0 - sample.inference.confidence
    share = math.sqrt(math.log(2 / alpha) / (2 * log.n_episodes))
    return _limits(sample, lambda width, variance: width * share)


def bernstein(sample: MeasuredSample) -> list[Limits]:
    """value -+ sqrt(2 V log(4 / alpha) / n) + 7 (b - a) log(4 / alpha) / (3 (n - 1)), V the sample variance of the
    terms: the empirical Bernstein bound of Maurer and Pontil 2009 on both sides. The whole range for a single term."""
    n, log_term = sample.parts.log.n_episodes, math.log(4 / (1.0 - sample.inference.confidence))
    if n < 2:
        return _limits(sample, lambda width, variance: math.inf)
    return _limits(
        sample,
        lambda width, variance: math.sqrt(2 * variance * log_term / n) + 7 * width * log_term / (3 * (n - 1)),
    )


def _limits(sample: MeasuredSample, half_width: Callable[[float, float], float]) -> list[Limits]:
    halves = ((terms, half_width(terms.high - terms.low, terms.variance)) for terms in bounded_terms(sample))
    return [terms.around(half, half) for terms, half in halves]
