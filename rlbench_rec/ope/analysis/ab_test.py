"""How long to log, and how long an A/B test must run, until all claims are shown; and whether the test will show them.

from rlbench_rec.ope.analysis import ab_test, claims_of, log_length

claims = claims_of(log, lift=0.002, guardrails={"returns": Guardrail(0, 0.001, lower_is_better=True)})
log_length(claims).times, ab_test(claims).units, ab_test(claims).assurance
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ...errors import InputError
from ...statistics.power import all_below, critical, joint_power, smallest_sample
from ..data import checks
from .belief import belief
from .claims import Claims

FEWEST = 4.0
"""Units of a test, two in each arm: fewer have no variance."""


@dataclass(frozen=True)
class LogLength:
    """How long a log must be for off-policy estimates to show all claims.

    Attributes:
        power, confidence: as asked for.
        power_now: the share of logs as long as this one that would show them all.
        times: how many times as long as this log; infinite where no log would do.
        episodes: the same in episodes.
        alone: (K,) times of each claim, were it the only one.
    """

    power: float
    confidence: float
    power_now: float
    times: float
    episodes: float
    alone: tuple[float, ...]


@dataclass(frozen=True)
class ABTest:
    """A test in which a share of the units is given the target policy, and the others what is in service.

    Attributes:
        power, confidence, treated: as asked for.
        unit: what is assigned at random: `users`, `sessions` or `decisions`.
        units: how many take part, in both arms together; infinite where no test would do.
        episodes: the same in episodes.
        alone: (K,) units that each claim needs by itself.
        assurance: probability that a test of this size shows all claims, given what the log knows of the truth; NaN
            where the log does not support its estimate at all, or no test would do.
    """

    power: float
    confidence: float
    treated: float
    unit: str
    units: float
    episodes: float
    alone: tuple[float, ...]
    assurance: float


def log_length(
    claims: Claims, *, power: float = 0.8, confidence: float = 0.95, threshold: float | None = None
) -> LogLength:
    """How many more of the same rows until a log shows all claims.

    With s_k the standard error of the estimate of claim k on this log of C units, a log t times as long has
    s_k / sqrt(t) on t C - 1 degrees of freedom, and shows claim k with probability P(T > c), T noncentral t with
    noncentrality d_k sqrt(t) / s_k, but for skewness: an estimate and its standard error rise and fall together. All
    of them are shown by the correlations of the estimates (see `statistics.power.joint_power`).

    Args:
        claims: what must be shown.
        power: in (0, 1).
        confidence: of two-sided intervals, of which one limit must be beyond the claim's.
        threshold: c, standard errors from estimate to limit, where it is larger than Student's quantile since intervals
            of several policies hold at once.

    Raises:
        InputError: a power or a confidence outside (0, 1).
    """
    _check(power, confidence)

    def power_of(some: slice, times: float) -> float:
        with np.errstate(divide="ignore", invalid="ignore"):
            shifts = np.sqrt(times) * claims.distances[some] / claims.errors[some]
        degrees = max(times * claims.units - 1.0, 1.0)
        skewness, fourth = claims.shape[:, some]
        moments = np.stack([skewness / np.sqrt(times * claims.units), (fourth - 1.0) / (times * claims.units)])
        return joint_power(shifts, degrees, claims.correlation[some, some], confidence, threshold, moments)

    times, alone = _needed(claims, power_of, power, 2.0 / claims.units)
    return LogLength(power, confidence, power_of(slice(None), 1.0), times, times * claims.episodes, alone)


def ab_test(claims: Claims, *, power: float = 0.8, confidence: float = 0.95, treated: float = 0.5) -> ABTest:
    """How many units an A/B test needs, and the probability that it succeeds.

    Of N units a share f is treated. The difference of the arms' means has variance
    v_k = growth_k sigma_k^2 / (f N) + (share_k sigma_k)^2 / ((1 - f) N), sigma_k the spread over units under the
    behaviour policy, and Welch's degrees of freedom. All claims are shown with the probability that noncentral t
    variables of these shifts, correlated as the outcomes are, all exceed Student's quantile. Power takes the planned
    lift for the truth. The assurance does not: the truth is drawn from what the log knows (`belief`; O'Hagan, Stevens
    and Campbell 2005), which supposes that users behave in the test as they did in the log, and that this policy was
    not picked for its estimate.

    Args:
        claims: what must be shown.
        power: in (0, 1).
        confidence: of two-sided intervals, of which one limit must be beyond the claim's; 1 - alpha.
        treated: share of the units that get the target policy, in (0, 1).

    Raises:
        InputError: a power, a confidence or a share outside (0, 1).
    """
    _check(power, confidence)
    if not 0.0 < treated < 1.0:
        raise InputError(f"{treated}; a share between 0 and 1 is needed.", where="treated")
    arms = _Arms.of(claims, treated)

    def power_of(some: slice, units: float) -> float:
        errors, degrees = (each[some] for each in arms.errors(units))
        moments = arms.error_moments(units, claims.outcome_shape)[:, some]
        with np.errstate(divide="ignore", invalid="ignore"):
            shifts = claims.distances[some] / errors
        return joint_power(shifts, degrees, claims.together[some, some], confidence, None, moments)

    units, alone = _needed(claims, power_of, power, FEWEST)
    assured = np.nan
    if np.isfinite(units) and claims.lift.verdict != "unreliable":
        assured = _assurance(claims, *arms.errors(units), confidence)
    episodes = units * claims.episodes / claims.units
    return ABTest(power, confidence, treated, claims.unit, units, episodes, alone, assured)


@dataclass(frozen=True)
class _Arms:
    """What the two arms of a test add to its error.

    Attributes:
        variances: (2, K) of the difference, times the units of the test: of the treated arm and of the other.
        shares: (2, 1) of the units in either.
    """

    variances: np.ndarray
    shares: np.ndarray

    @classmethod
    def of(cls, claims: Claims, treated: float) -> _Arms:
        shares = np.array([[treated], [1.0 - treated]])
        spreads = np.stack([claims.growth * claims.spreads**2, (claims.shares * claims.spreads) ** 2])
        return cls(spreads / shares, shares)

    def errors(self, units: float) -> tuple[np.ndarray, np.ndarray]:
        """(K,) standard errors of the differences, and their degrees of freedom (Welch 1947)."""
        of_arms = self.variances / units
        total = of_arms.sum(axis=0)
        doubt = (of_arms**2 / np.maximum(self.shares * units - 1.0, 1.0)).sum(axis=0)
        degrees = np.divide(total**2, doubt, out=np.full_like(total, units), where=doubt > 0)
        return np.sqrt(total), degrees

    def error_moments(self, units: float, shape: np.ndarray) -> np.ndarray:
        """(2, K) of the difference's standard error, see `joint_power`; in both arms an outcome has the same shape.

        cov(Z, U) = (m3 / n_1^2 - m3' / n_0^2) / s^3 and var(U) = sum (m4 - m2^2) / n^3 / s^4, m the central moments.
        """
        of_arms = self.variances / units
        total = of_arms.sum(axis=0)
        relative = np.divide(of_arms, total, out=np.zeros_like(of_arms), where=total > 0)
        counts = self.shares * units
        skewness = (relative**1.5 / np.sqrt(counts) * np.array([[1.0], [-1.0]])).sum(axis=0) * shape[0]
        return np.stack([skewness, (relative**2 / counts).sum(axis=0) * (shape[1] - 1.0)])


def _needed(
    claims: Claims, power_of: Callable[[slice, float], float], power: float, least: float
) -> tuple[float, tuple[float, ...]]:
    """The sample that shows all claims, and what each would need by itself; infinite where none would do."""

    def sample(some: slice, at_least: float) -> float:
        return smallest_sample(lambda size: power_of(some, size), power, at_least)

    alone = tuple(sample(slice(k, k + 1), least) for k in range(len(claims.names)))
    if len(alone) == 1 or not np.isfinite(alone).all():
        return max(alone), alone
    return sample(slice(None), max(alone)), alone


def _assurance(claims: Claims, errors: np.ndarray, degrees: np.ndarray, confidence: float) -> float:
    """P(estimate_k > c error_k for all k); an estimate is the truth as the log knows it, and the test's own error."""
    believed, doubt = belief(claims)
    covariance = doubt + np.outer(errors, errors) * claims.together
    spread = np.sqrt(np.diag(covariance))
    products = np.outer(spread, spread)
    short = believed - critical(degrees, confidence) * errors
    limits = np.divide(short, spread, out=np.where(short > 0, np.inf, -np.inf), where=spread > 0)
    correlation = np.divide(covariance, products, out=np.eye(len(spread)), where=products > 0)
    return all_below(limits, correlation)


def _check(power: float, confidence: float) -> None:
    checks.level("power", power)
    checks.level("confidence", confidence)
