"""What intervals are made from: estimators measured on a log, and their joint bootstrap."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ...statistics.bootstrap import resampled_means, side_by_side
from ..estimators.functionals import total
from .inference_options import Inference
from .influence import LogParts, Measured

Limits = tuple[float, float]
UNDEFINED: Limits = (np.nan, np.nan)


@dataclass(frozen=True)
class MeasuredSample:
    """What an interval is made from.

    Attributes:
        parts: those of the estimators on the log.
        measured: their values and standard errors.
        inference: level of the interval, and the bootstrap.
    """

    parts: LogParts
    measured: list[Measured]
    inference: Inference

    @property
    def units(self) -> int:
        """How many episodes, or users, could be drawn."""
        return self.parts.log.n_units

    @cached_property
    def draws(self) -> list[np.ndarray]:
        """For each estimator: (resamples,) its values; NaN or infinite where a resample does not define one."""
        return jointly_resampled([self])[0]


def jointly_resampled(samples: list[MeasuredSample]) -> list[list[np.ndarray]]:
    """The draws of several logs of the same episodes, drawn together by the first one's options. All are NaN where
    there is one unit alone: its resamples are the log itself and show nothing of chance."""
    log, inference = samples[0].parts.log, samples[0].inference
    if samples[0].units < 2:
        return [[np.full(inference.n_resamples, np.nan) for _ in sample.measured] for sample in samples]
    tables = [of_estimator for sample in samples for of_estimator in sample.parts.tables()]
    widths = iter([[table.shape[1] for table in of_estimator] for of_estimator in tables])
    # Side by side what is one estimator's, never what is several's: no draw may depend on which others are asked for.
    joined = [side_by_side(of_estimator) for of_estimator in tables]
    resampled = resampled_means(
        joined, log.clusters, inference.n_resamples, inference.seed, strata=log.strata, weights=log.episode_weights
    )
    means = iter(resampled)

    def draws(estimator: Measured) -> np.ndarray:
        of_parts = np.split(next(means), np.cumsum(next(widths))[:-1], axis=1)
        return estimator.settled(total(estimator.parts, of_parts))

    return [[draws(estimator) for estimator in sample.measured] for sample in samples]


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
