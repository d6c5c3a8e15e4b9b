"""What intervals are made from: estimators measured on a log, and their joint bootstrap."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ...statistics.bootstrap import resampled_means, side_by_side
from ..data import checks
from ..estimators.functionals import total
from .influence import Measured, Pieces

Limits = tuple[float, float]
UNDEFINED: Limits = (np.nan, np.nan)


@dataclass(frozen=True)
class Sample:
    """What an interval is made from.

    Attributes:
        pieces: the parts of the estimators on the log.
        measured: their values and standard errors.
        confidence: level of the interval.
        n_resamples, seed: of the bootstrap.

    Raises:
        InputError: a confidence outside (0, 1), no resample, or no whole number where one is needed.
    """

    pieces: Pieces
    measured: list[Measured]
    confidence: float
    n_resamples: int
    seed: int

    def __post_init__(self) -> None:
        checks.level("confidence", self.confidence)
        checks.whole("n_resamples", self.n_resamples, 1)
        checks.whole("seed", self.seed, 0)

    @property
    def levels(self) -> tuple[float, float]:
        """The two tail probabilities."""
        return (1 - self.confidence) / 2, (1 + self.confidence) / 2

    @property
    def units(self) -> int:
        """How many episodes, or users, could be drawn."""
        return self.pieces.log.n_units

    @cached_property
    def draws(self) -> list[np.ndarray]:
        """For each estimator: (resamples,) its values; NaN or infinite where a resample does not define one."""
        return jointly_resampled([self])[0]


def jointly_resampled(samples: list[Sample]) -> list[list[np.ndarray]]:
    """The draws of several logs of the same episodes, drawn together; the first one's settings hold. All are NaN where
    there is one unit alone: its resamples are the log itself and tell nothing of chance."""
    if samples[0].units < 2:
        return [[np.full(samples[0].n_resamples, np.nan) for _ in sample.measured] for sample in samples]
    first, log = samples[0], samples[0].pieces.log
    tables = [of_one for sample in samples for of_one in sample.pieces.tables()]
    widths = iter([[table.shape[1] for table in of_one] for of_one in tables])
    # Side by side what is one estimator's, never what is several's: no draw may depend on which others are asked for.
    tables = [side_by_side(of_one) for of_one in tables]
    units = {"strata": log.strata, "weights": log.episode_weights}
    means = iter(resampled_means(tables, log.clusters, first.n_resamples, first.seed, **units))

    def draws(one: Measured) -> np.ndarray:
        of_parts = np.split(next(means), np.cumsum(next(widths))[:-1], axis=1)
        return one.settled(total(one.parts, of_parts))

    return [[draws(one) for one in sample.measured] for sample in samples]


def percentiles(draws: np.ndarray, confidence: float) -> Limits:
    """The middle `confidence` of the draws that are defined."""
    draws = draws[np.isfinite(draws)]
    if not len(draws):
        return UNDEFINED
    return quantiles(draws, ((1 - confidence) / 2, (1 + confidence) / 2))


def quantiles(draws: np.ndarray, levels: tuple[float, float]) -> Limits:
    """Two quantiles of B draws, at ranks (B + 1) level: between those of 399 draws, 95 % of further ones would lie. The
    ranks that numpy takes by default leave 94.5 %."""
    low, high = np.quantile(draws, levels, method="weibull")
    return float(low), float(high)
