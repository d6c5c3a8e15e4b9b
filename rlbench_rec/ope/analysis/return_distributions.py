"""The whole distribution of the return under the target policy: CDF, quantiles, tail risk, variance.

Each episode's return G = sum_t gamma^t r_t has probability W_T / sum W_T (self-normalised importance sampling, so the
probabilities always sum to 1). Chandak et al. 2021; Huang et al. 2021.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from ...errors import InputError, UnknownNameError
from ...statistics.bootstrap import resampled_counts
from ...tolerances import LAST_DIGITS
from ..data.evaluation_log import EvaluationLog
from ..estimate import Estimate, infer
from ..estimators import estimator
from ..inference import Inference, percentiles
from ..reliability.diagnostics import LogTraits, doubt, doubted
from ..reliability.gate import Gate


@dataclass(frozen=True)
class ReturnDistribution:
    """Returns and how likely each is.

    Attributes:
        returns: (episodes,) ascending.
        probabilities: (episodes,) or (resamples, episodes); the last axis sums to 1. NaN where all weights are 0.
    """

    returns: np.ndarray
    probabilities: np.ndarray

    def mean(self) -> np.ndarray:
        """E[G], which is `sntis`."""
        return self.probabilities @ self.returns

    def variance(self) -> np.ndarray:
        """E[(G - E[G])^2]."""
        mean = np.asarray(self.mean())[..., None]
        return (self.probabilities * (self.returns - mean) ** 2).sum(axis=-1)

    def cdf(self, at: float) -> np.ndarray:
        """P(G <= at)."""
        reached = np.searchsorted(self.returns, at, side="right")
        return self.probabilities[..., :reached].sum(axis=-1)

    def quantile(self, level: float) -> np.ndarray:
        """The smallest return whose CDF reaches the level."""
        _check_level(level)
        cumulative = np.cumsum(self.probabilities, axis=-1)
        reached = cumulative >= level - LAST_DIGITS
        # A level of 1 may be missed by more than rounding on long logs; the last return with weight is meant.
        last = self.probabilities.shape[-1] - 1 - np.argmax(self.probabilities[..., ::-1] > 0, axis=-1)
        at = np.where(reached.any(axis=-1), np.argmax(reached, axis=-1), last)
        return np.where(np.isnan(cumulative[..., -1]), np.nan, self.returns[at])

    def cvar(self, level: float) -> np.ndarray:
        """The mean of the worst `level` of the returns; the atom at the boundary is split."""
        _check_level(level)
        cumulative = np.minimum(np.cumsum(self.probabilities, axis=-1), level)
        mass = np.diff(cumulative, axis=-1, prepend=0.0)
        return (mass @ self.returns) / cumulative[..., -1]


STATISTICS: dict[str, Callable[..., np.ndarray]] = {
    "mean": ReturnDistribution.mean,
    "variance": ReturnDistribution.variance,
    "cdf": ReturnDistribution.cdf,
    "quantile": ReturnDistribution.quantile,
    "cvar": ReturnDistribution.cvar,
}
"""Statistics of a return distribution by name."""


def return_distribution(log: EvaluationLog) -> ReturnDistribution:
    """The distribution of the discounted return of an episode; the first reward counts in full."""
    order, returns, weights = _sorted_returns(log)
    with np.errstate(invalid="ignore"):
        return ReturnDistribution(returns[order], weights[order] / weights.sum())


def estimate_return(
    log: EvaluationLog,
    statistic: str,
    *arguments: float,
    confidence: float = 0.95,
    n_resamples: int = 1_000,
    seed: int = 0,
    gate: Gate | None = None,
) -> Estimate:
    """A statistic of the return with a percentile interval and the verdict on `sntis`, its mean: `estimate_return(log,
    "cvar", 0.1)`, `("quantile", 0.5)`, `("cdf", 20.0)`, `("variance")`, `("mean")`.

    Its standard error is that of the resamples. Tail statistics see few episodes: their interval is only as good as the
    tail's own weights, which the verdict on the mean does not single out.

    Raises:
        UnknownNameError: no such statistic.
        InputError: a level outside (0, 1], or what `ope.estimate` raises.
    """
    inference = Inference("none", confidence, n_resamples, seed, gate or Gate())
    if statistic not in STATISTICS:
        raise UnknownNameError("statistic", statistic, STATISTICS)
    measure = STATISTICS[statistic]
    value = float(measure(return_distribution(log), *arguments))
    draws = _resampled(log, measure, arguments, n_resamples, seed)
    known = draws[np.isfinite(draws)]
    low, high = percentiles(draws, confidence) if np.isfinite(value) else (np.nan, np.nan)
    (mean,) = infer(log, [estimator("sntis")], inference)
    missing = doubt(replace(LogTraits.of(log), unknown_error=log.fitted_weights))
    verdict, reasons = doubted((mean.verdict, mean.reasons), missing)
    undefined = ("the value is not defined: all weights are 0",)
    return Estimate(
        statistic + "".join(f"@{argument:g}" for argument in arguments),
        value,
        low,
        high,
        interval="bootstrap",
        interval_kind="sampling-only" if missing else "sampling",
        confidence=confidence,
        std_error=float(known.std(ddof=1)) if len(known) > 1 else np.nan,
        n_rows=log.n_rows,
        n_episodes=log.n_episodes,
        verdict=verdict if np.isfinite(value) else "unreliable",
        reasons=reasons if np.isfinite(value) else undefined,
        propensity_source=log.propensity_source,
    )


def _resampled(
    log: EvaluationLog, measure: Callable[..., np.ndarray], arguments: tuple[float, ...], n_resamples: int, seed: int
) -> np.ndarray:
    order, returns, weights = _sorted_returns(log)
    users = order if log.clusters is None else log.clusters[order]
    if log.n_units < 2:
        # A single one drawn is the log itself.
        return np.full(n_resamples, np.nan)
    draws = []
    for counts in resampled_counts(log.n_units, n_resamples, seed):
        # How often an episode is drawn is how often its user is.
        drawn = counts[:, users] * weights[order]
        with np.errstate(invalid="ignore"):
            probabilities = drawn / drawn.sum(axis=1, keepdims=True)
        draws.append(measure(ReturnDistribution(returns[order], probabilities), *arguments))
    return np.concatenate(draws)


def _sorted_returns(log: EvaluationLog) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    returns = log.per_episode(log.discounts * log.rewards)
    return np.argsort(returns, kind="stable"), returns, log.times_weights(log.scaled_final_weights)


def _check_level(level: float) -> None:
    if not 0.0 < level <= 1.0:
        raise InputError(f"The level is {level}; it must lie in (0, 1].", where="level")
