"""Values, standard errors and influences of several estimators in two passes over a log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...statistics.bootstrap import parts_of, unit_strata
from ...tolerances import LONG_SUM, SINGLE_PRECISION
from ..data.evaluation_log import EvaluationLog
from ..estimators import Estimator
from ..estimators.episode_columns import sum_of_cubes, sum_of_squares
from ..estimators.functionals import Part, gradients, linearised, total


class LogParts:
    """The parts of several estimators on a log, block by block.

    Those of a log of one block are kept; those of a longer log are computed anew on every pass, since a few operations
    in cache cost less than columns in memory.

    Args:
        log: the log.
        estimators: whose parts.
        metric: a column of `log.metrics` in place of the reward.
    """

    def __init__(self, log: EvaluationLog, estimators: Sequence[Estimator], metric: int | None = None):
        self.log, self.estimators, self.metric = log, estimators, metric
        self._largest: dict[int | None, float] = {}
        self._kept: list[tuple[EvaluationLog, list[list[Part]]]] | None = None

    def __iter__(self) -> Iterator[tuple[EvaluationLog, list[list[Part]]]]:
        """Each block, and for each estimator: its parts."""
        if self._kept is not None:
            yield from self._kept
            return
        blocks = 0
        for block in self.log.blocks() if all(estimator.by_blocks for estimator in self.estimators) else [self.log]:
            parts = [estimator.parts(block, self.metric) for estimator in self.estimators]
            blocks += 1
            yield block, parts
        if blocks == 1:
            self._kept = [(block, parts)]

    def largest(self, metric: int | None) -> float:
        """The largest outcome, without its sign."""
        if metric not in self._largest:
            outcome = self.log.outcome(metric)
            self._largest[metric] = max(float(outcome.max()), -float(outcome.min()))
        return self._largest[metric]

    def tables(self) -> list[list[Any]]:
        """For each estimator, for each part: the (episodes, K) matrix of its columns, sparse where few cells are
        filled."""
        tables: list[list[np.ndarray]] = []
        filled = 0
        for _, parts in self:
            blocks = [[part.columns.matrix() for part in of_estimator] for of_estimator in parts]
            rows = blocks[0][0].shape[0]
            if rows == self.log.n_episodes:
                return blocks
            if not tables:
                shapes = [[(self.log.n_episodes, block.shape[1]) for block in of_estimator] for of_estimator in blocks]
                tables = [[np.empty(shape) for shape in of_estimator] for of_estimator in shapes]
            for tables_of_estimator, blocks_of_estimator in zip(tables, blocks, strict=True):
                for table, block in zip(tables_of_estimator, blocks_of_estimator, strict=True):
                    table[filled : filled + rows] = block
            filled += rows
        return tables


@dataclass(frozen=True)
class Measured:
    """One estimator on one log. Where rounding is all that varies, the standard error is 0.

    Attributes:
        parts: its parts; their columns are those of one block, their `value` and `gradient` hold for all.
        means: for each part, the means of its columns over all episodes.
        value: the estimate; NaN where it is not defined, 0 where it is a constant of rounding.
        std_error: sqrt(sum_u psi_u^2 C / (C - 1)) / N over the C units that are resampled (episodes, or users where
            the log knows them), psi the delta-method influence of a unit, N the number of episodes, or the sum of their
            weights; NaN for a single unit. Where the log has strata, the sum over these, psi taken from its mean in the
            stratum.
        scale: how large the numbers are that the value is the sum of.
        skewness: sum_u psi_u^3 / (sum_u psi_u^2)^1.5, that of the estimate.
    """

    parts: list[Part]
    means: list[np.ndarray]
    value: float
    std_error: float
    scale: float
    skewness: float

    def settled(self, draws: np.ndarray) -> np.ndarray:
        """(resamples,) draws; the value itself where nothing varies and a draw is apart from it by rounding."""
        if self.std_error != 0.0:
            return draws
        return np.where(np.abs(draws - self.value) <= SINGLE_PRECISION * self.scale, self.value, draws)


def measure(log_parts: LogParts) -> list[Measured]:
    """Each estimator's value and standard error."""
    log = log_parts.log
    parts, means = _means(log_parts)
    exponents = [_exponent(_scale(log_parts, *each)) for each in zip(log_parts.estimators, parts, means, strict=True)]
    squares, cubes, units = np.zeros(len(parts)), np.zeros(len(parts)), log.n_units
    if log.strata is not None:
        of_strata = parts_of(unit_strata(log.clusters, log.strata))
        for at, psi in enumerate(_near_1(unit_influences(log_parts, parts, means), exponents)):
            centred = [psi[members] - psi[members].mean() for members in of_strata]
            squares[at] = sum(
                sum_of_squares(part) * len(part) / (len(part) - 1) if len(part) > 1 else np.nan for part in centred
            )
            cubes[at] = sum(map(sum_of_cubes, centred))
        errors = np.sqrt(squares) / log.total_weight
    else:
        if log.clusters is None:
            for influences in _influences(log_parts, parts, means):
                for at, psi in enumerate(_near_1(influences, exponents)):
                    squares[at] += sum_of_squares(psi)
                    cubes[at] += sum_of_cubes(psi)
        else:
            for at, psi in enumerate(_near_1(unit_influences(log_parts, parts, means), exponents)):
                squares[at], cubes[at] = sum_of_squares(psi), sum_of_cubes(psi)
        errors = np.sqrt(squares) * (np.sqrt(units / (units - 1)) / log.total_weight if units > 1 else np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        skewness = cubes / squares**1.5
    with np.errstate(over="ignore"):
        return _measured(log_parts, parts, means, np.ldexp(errors, exponents), skewness)


def _exponent(scale: float) -> int:
    """Of the power of 2 that numbers of this size are divided by before they are squared and cubed: 0, unless the
    result could leave the range of a float, and an error of 0 be taken for a certain value."""
    ordinary = not np.isfinite(scale) or scale == 0.0 or 1e-50 < scale < 1e50
    return 0 if ordinary else int(np.frexp(scale)[1])


def _near_1(influences: Iterable[np.ndarray], exponents: Sequence[int]) -> Iterator[np.ndarray]:
    for psi, exponent in zip(influences, exponents, strict=True):
        yield np.ldexp(psi, -exponent) if exponent else psi


def _measured(
    log_parts: LogParts,
    parts: list[list[Part]],
    means: list[list[np.ndarray]],
    errors: np.ndarray,
    skewness: np.ndarray,
) -> list[Measured]:
    measured = []
    figures = zip(errors.tolist(), skewness.tolist(), strict=True)
    for estimator, own_parts, own_means, (error, skew) in zip(log_parts.estimators, parts, means, figures, strict=True):
        value, scale = _value(own_parts, own_means), _scale(log_parts, estimator, own_parts, own_means)
        if error * np.sqrt(log_parts.log.n_units) <= LONG_SUM * scale:
            value, error, skew = (0.0 if abs(value) <= SINGLE_PRECISION * scale else value), 0.0, 0.0
        measured.append(Measured(own_parts, own_means, value, error, scale, skew))
    return measured


def _scale(log_parts: LogParts, estimator: Estimator, parts: list[Part], means: list[np.ndarray]) -> float:
    """How large the numbers are that a value is the sum of: its parts, and the rewards, which may cancel in a part."""
    sizes = sum(abs(float(part.value(mean))) for part, mean in zip(parts, means, strict=True))
    outcomes = (log_parts.metric,) if estimator.outcomes is None else estimator.outcomes
    if len(outcomes) > 1:
        # A ratio of two has another unit than either.
        return sizes
    return max(sizes, log_parts.largest(outcomes[0]))


def unit_influences(
    log_parts: LogParts, parts: list[list[Part]], means: list[list[np.ndarray]]
) -> Iterator[np.ndarray]:
    """For each estimator: (units,) psi_u, the derivative of its value in how often unit u counts, times N."""
    for blocks in zip(*_influences(log_parts, parts, means), strict=True):
        psi = blocks[0] if len(blocks) == 1 else np.concatenate(blocks)
        yield psi if log_parts.log.clusters is None else np.bincount(log_parts.log.clusters, psi)


def _means(log_parts: LogParts) -> tuple[list[list[Part]], list[list[np.ndarray]]]:
    sums: list[list[np.ndarray]] = []
    for block, parts in log_parts:
        of_block = [[part.columns.sums(block.episode_weights) for part in of_estimator] for of_estimator in parts]
        sums = of_block if not sums else [_added(*pair) for pair in zip(sums, of_block, strict=True)]
    return parts, [[of_part / log_parts.log.total_weight for of_part in of_estimator] for of_estimator in sums]


def _added(first: list[np.ndarray], second: list[np.ndarray]) -> list[np.ndarray]:
    return [a + b for a, b in zip(first, second, strict=True)]


def _influences(
    log_parts: LogParts, parts: list[list[Part]], means: list[list[np.ndarray]]
) -> Iterator[list[np.ndarray]]:
    """For each block, for each estimator: (rows,) psi."""
    slopes = [gradients(*pair) for pair in zip(parts, means, strict=True)]
    for block, of_block in log_parts:
        triples = zip(of_block, slopes, means, strict=True)
        yield [linearised(*triple, block.episode_weights) for triple in triples]


def _value(parts: list[Part], means: list[np.ndarray]) -> float:
    value = float(total(parts, means))
    return value if np.isfinite(value) else np.nan
