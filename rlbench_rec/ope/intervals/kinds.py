"""Intervals: each kind is a function of what was measured, in one table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...errors import InputError
from ..bootstrap import EXACT_UNITS, by_unit, resampled_counts, resampled_means, side_by_side
from ..measure import Measured, Pieces, unit_influences
from ..parts import total
from .finite_sample import bernstein, hoeffding

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
    """

    pieces: Pieces
    measured: list[Measured]
    confidence: float
    n_resamples: int
    seed: int

    @property
    def levels(self) -> tuple[float, float]:
        """The two tail probabilities."""
        return (1 - self.confidence) / 2, (1 + self.confidence) / 2

    @property
    def units(self) -> int:
        """How many episodes, or users, could be drawn."""
        log = self.pieces.log
        return log.n_episodes if log.clusters is None else int(log.clusters.max()) + 1


def none(sample: Sample) -> list[Limits]:
    """No interval."""
    return [UNDEFINED] * len(sample.measured)


def percentile(sample: Sample) -> list[Limits]:
    """Percentiles of the joint bootstrap over episodes, or over users where the log knows them. Efron 1979."""
    # Resamples without any weight leave a ratio undefined; the others speak, unless the value itself is undefined.
    return [
        percentiles(draws, sample.confidence) if np.isfinite(one.value) else UNDEFINED
        for one, draws in zip(sample.measured, resampled_values(sample), strict=True)
    ]


def student(sample: Sample) -> list[Limits]:
    """value -+ t standard errors, t of units - 1 degrees of freedom."""
    from scipy.special import stdtrit

    if sample.units < 2:
        return none(sample)
    t = float(stdtrit(sample.units - 1, sample.levels[1]))
    return [(one.value - t * one.std_error, one.value + t * one.std_error) for one in sample.measured]


def bca(sample: Sample) -> list[Limits]:
    """Bias-corrected and accelerated percentiles: the levels are shifted by the draws' median bias z_0 and by the
    acceleration a = sum psi^3 / (6 (sum psi^2)^1.5), psi the units' influences. Efron 1987."""
    from scipy.special import ndtr, ndtri

    measured = sample.measured
    influences = unit_influences(sample.pieces, [one.parts for one in measured], [one.means for one in measured])
    limits = []
    for one, draws, psi in zip(measured, resampled_values(sample), influences, strict=True):
        draws = draws[np.isfinite(draws)]
        if not np.isfinite(one.value) or not len(draws):
            limits.append(UNDEFINED)
            continue
        # Draws equal to the value count half. A value outside all draws would shift the levels to infinity.
        below = np.mean(draws < one.value) + np.mean(draws == one.value) / 2
        bias = ndtri(np.clip(below, 0.5 / len(draws), 1 - 0.5 / len(draws)))
        squares = psi @ psi
        acceleration = (psi**2 @ psi) / (6 * squares**1.5) if squares > 0 else 0.0
        shifted = bias + ndtri(sample.levels)
        levels = ndtr(bias + shifted / (1 - acceleration * shifted))
        limits.append(tuple(map(float, np.quantile(draws, levels))))
    return limits


def studentised(sample: Sample) -> list[Limits]:
    """value - t* standard errors, t* the percentiles of (draw - value) / (the draw's own standard error). Its
    coverage is better than the percentiles' on skewed logs. Up to 50,000 episodes or users. Hall 1988.

    Raises:
        InputError: more of them; their draws' standard errors would need every one of them in every resample.
    """
    if sample.units > EXACT_UNITS:
        hint = "Use bca, bootstrap or normal."
        raise InputError(f"The studentised bootstrap takes up to {EXACT_UNITS:,} units.", where="interval", hint=hint)
    log, measured = sample.pieces.log, sample.measured
    columns, own = sample.pieces.table()
    sums, sizes = by_unit(columns, log.clusters)
    draws: list[list[np.ndarray]] = [[] for _ in measured]
    for counts in resampled_counts(sample.units, sample.n_resamples, sample.seed):
        episodes = counts @ sizes
        for ts, one, parts in zip(draws, measured, own, strict=True):
            ts.append(_student_ratios(one, [sums[:, part] for part in parts], sizes, counts, episodes))
    limits = []
    for one, ts in zip(measured, map(np.concatenate, draws), strict=True):
        ts = ts[np.isfinite(ts)]
        ok = np.isfinite(one.value) and np.isfinite(one.std_error) and len(ts) > 0
        low, high = np.quantile(ts, sample.levels) if ok else UNDEFINED
        limits.append((float(one.value - high * one.std_error), float(one.value - low * one.std_error)))
    return limits


def _student_ratios(
    one: Measured, tables: list[Any], sizes: np.ndarray, counts: np.ndarray, episodes: np.ndarray
) -> np.ndarray:
    """(resamples,) (draw - value) / standard error of the draw, from the influences at the draw."""
    values, influences = 0.0, 0.0
    for part, sums in zip(one.parts, tables, strict=True):
        means = (counts @ sums) / episodes[:, None]
        gradients = np.stack([part.gradient(mean) for mean in means])
        values = values + part.value(means)
        influences = influences + gradients @ sums.T - np.outer((gradients * means).sum(axis=1), sizes)
    units = counts.shape[1]
    errors = np.sqrt(np.einsum("bu,bu->b", counts, influences**2) * units / (units - 1)) / episodes
    apart = values - one.value
    # Where nothing varies, rounding must not be divided by rounding.
    still = np.abs(apart) <= 1e-12 * abs(one.value)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(still, 0.0, apart / errors)


def resampled_values(sample: Sample) -> list[np.ndarray]:
    """For each estimator: (resamples,) its values; NaN or infinite where a resample does not define one."""
    return jointly_resampled([sample])[0]


def jointly_resampled(samples: list[Sample]) -> list[list[np.ndarray]]:
    """`resampled_values` of several logs of the same episodes, drawn together; the first one's settings hold."""
    tables, owns = zip(*(sample.pieces.table() for sample in samples), strict=True)
    first, widths = samples[0], [table.shape[1] for table in tables]
    columns = side_by_side(list(tables))
    del tables
    drawn = resampled_means(columns, first.pieces.log.clusters, first.n_resamples, first.seed)
    values = []
    for sample, own, means in zip(samples, owns, np.split(drawn, np.cumsum(widths)[:-1], axis=1), strict=True):
        of_parts = [[means[:, part] for part in parts] for parts in own]
        values.append([total(one.parts, of_one) for one, of_one in zip(sample.measured, of_parts, strict=True)])
    return values


def percentiles(draws: np.ndarray, confidence: float) -> Limits:
    """The middle `confidence` of the draws that are defined."""
    draws = draws[np.isfinite(draws)]
    if not len(draws):
        return UNDEFINED
    low, high = np.quantile(draws, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)


INTERVALS: dict[str, Callable[[Sample], list[Limits]]] = {
    "bootstrap": percentile,
    "bca": bca,
    "studentised": studentised,
    "normal": student,
    "bernstein": bernstein,
    "hoeffding": hoeffding,
    "none": none,
}
"""Kinds of interval by name."""
