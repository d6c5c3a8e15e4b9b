"""The known range of what an estimator averages, from the known ranges of outcomes, weights and lengths.

The extremes of a sample are not ranges; without known ones there is no finite-sample interval.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from ...bad_rows import refuse_rows
from ...errors import InputError
from ...tolerances import ROUNDING
from ..data.bounds import Range, discounted_steps, known_range, return_range, single_step
from ..data.evaluation_log import EvaluationLog
from ..estimators import Estimator
from .influence import LogParts
from .joint_resamples import MeasuredSample


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
        estimator: the estimator.
        log: on which log.
        metric: of which outcome.
        mean: the estimate.
        variance: sample variance of the terms; NaN for one term.
        low, high: known range of a term.
        of_value: known range of the true value, which terms may leave.
    """

    estimator: Estimator
    log: EvaluationLog
    metric: int | None
    mean: float
    variance: float
    low: float
    high: float
    of_value: tuple[float, float]

    @property
    def values(self) -> np.ndarray:
        """(episodes,) the terms."""
        return LogParts(self.log, [self.estimator], self.metric).tables()[0][0][:, 0]

    def around(self, below: float, above: float) -> tuple[float, float]:
        """The interval from `below` under the estimate to `above` over it, within the range of the value."""
        return self.within(self.mean - below, self.mean + above)

    def within(self, low: float, high: float) -> tuple[float, float]:
        """The part of an interval that lies in the range of the value."""
        return max(low, self.of_value[0]), min(high, self.of_value[1])


def bounded_terms(sample: MeasuredSample) -> Iterator[Terms]:
    """The terms of each estimator.

    Raises:
        InputError: no known range, users, whose rows are not independent, strata, or row weights.
    """
    log, metric = sample.parts.log, sample.parts.metric
    if log.clusters is not None:
        raise InputError("Finite-sample intervals need independent episodes, not users.", where="clusters")
    if log.strata is not None:
        raise InputError("Finite-sample intervals need episodes that are drawn alike, not by strata.", where="strata")
    check_alike(log)
    for estimator, on_log in zip(sample.parts.estimators, sample.measured, strict=True):
        low, high = term_range(estimator, log, metric)
        # The true value lies in the range of a return, where terms may not; what a biased estimator aims at need not.
        of_value = (low, high) if estimator.biased else return_range(log, known_range(log, metric))
        variance = on_log.std_error**2 * log.n_episodes
        yield Terms(estimator, log, metric, on_log.value, variance, low, high, of_value)


def check_alike(log: EvaluationLog) -> None:
    """Refuse row weights (a finite-sample bound is one of a plain mean, not of a ratio of two) and fitted weights."""
    if log.fitted_weights:
        what = "Finite-sample intervals need weights that hold nothing fitted."
        raise InputError(what, where="ratios", hint="Use bootstrap, bca, studentised or normal.")
    if log.weights is not None:
        what = "Finite-sample intervals need episodes that count alike."
        raise InputError(what, where="weights", hint="Use bootstrap, bca, studentised or normal.")


def term_range(estimator: Estimator, log: EvaluationLog, metric: int | None = None) -> Range:
    """The known range of an episode's term: the estimate is their mean.

    With rewards in [lo, hi] and weights in [0, B], a weighted reward lies in [min(0, B lo), max(0, B hi)], and a sum
    over an episode in S times that, S = sum_t gamma^t over the most steps there can be: `step_bound`, else endless. A
    doubly robust term v_0 + sum_t gamma^t W_t (r_t + gamma v_{t+1} - q_t), its model within the range R_t of what can
    still be earned from step t on, lies in R_0 -+ B sum_t gamma^t |R_t|.

    Raises:
        InputError: the log or the estimator does not know such a range.
    """
    if estimator.id not in LARGEST_WEIGHT:
        hint = "Use bootstrap, bca, studentised or normal."
        raise InputError(f"'{estimator.id}' is not a mean of bounded terms.", where="interval", hint=hint)
    low, high = known_range(log, metric)
    bound = math.inf if log.weight_bound is None else log.weight_bound
    weight = LARGEST_WEIGHT[estimator.id](bound, **estimator.parameters)
    if math.isinf(weight):
        hint = "Give weight_bound=, the largest possible product of ratios, or use ips-clip."
        what = f"A finite-sample interval of '{estimator.id}' needs a known bound."
        raise InputError(what, where="weight_bound", hint=hint)
    if estimator.needs_q:
        return _model_range(log, (low, high), weight)
    if single_step(log) and estimator.id == "on-policy":
        return low, high
    longest = discounted_steps(log)
    return min(0.0, weight * low) * longest, max(0.0, weight * high) * longest


def _model_range(log: EvaluationLog, one_reward: Range, weight: float) -> Range:
    """Of v_0 and corrections with weights up to `weight`."""
    _check_model(log, one_reward)
    low, high = return_range(log, one_reward)
    if single_step(log) or weight == 0:
        corrections = weight * (high - low)
    elif log.step_bound is None:
        # Of episodes without an end the range stays the same.
        corrections = weight * (high - low) * discounted_steps(log)
    else:
        ranges = (return_range(log, one_reward, t) for t in range(log.step_bound))
        corrections = weight * sum(log.gamma**t * (b - a) for t, (a, b) in enumerate(ranges))
    return low - corrections, high + corrections


def _check_model(log: EvaluationLog, one_reward: Range) -> None:
    by_step = np.array([return_range(log, one_reward, t) for t in range(log.horizon)])
    low, high = by_step.T if log.one_step else by_step[log.steps].T
    for name in ("q_logged", "v_target"):
        column = getattr(log, name)
        # An average over actions leaves the range by rounding.
        slack = ROUNDING * np.abs(by_step).max()
        refuse_rows((column < low - slack) | (column > high + slack), partial(_unearnable, name, low, high, column))


def _unearnable(name: str, low: np.ndarray, high: np.ndarray, column: np.ndarray, row: int, count: int) -> InputError:
    # Of one-step logs there is one range for all.
    at = row if len(low) == len(column) else 0
    what = f"The model is outside the possible returns ({low[at]:g}, {high[at]:g}) at row {row}: {column[row]:g}."
    return InputError(what, where=name, hint="Clip the model to it: that adds no bias.")
