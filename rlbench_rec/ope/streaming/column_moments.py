"""Sums, second and third moments of an estimator's columns: enough for its value, standard error and skewness."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ...statistics.bootstrap import by_unit, side_by_side, unit_sizes
from ...tolerances import LONG_SUM, SINGLE_PRECISION
from ..data.evaluation_log import EvaluationLog
from ..estimators.episode_columns import EpisodeColumns, Vectors
from ..estimators.functionals import Mean, Part, PositionRatios, Ratio, StepRatios, gradients, total
from .third_moments import ThirdMoments

CHUNK_ROWS = 65_536
KINDS: dict[str, Callable[[EpisodeColumns], Part]] = {
    kind.__name__: kind for kind in (Mean, Ratio, StepRatios, PositionRatios)
}
BY_STEP = 3
"""How many columns a step has."""
WIDEST = 32
"""Columns beyond which third moments are not kept: their number grows with the cube."""


class Figures(NamedTuple):
    """Of an estimate: its value, its standard error and its skewness, None where that is not known."""

    value: float
    std_error: float
    skewness: float | None


@dataclass(frozen=True)
class ColumnMoments:
    """The moments of one estimator's columns on a part of a log.

    The second moments are kept as a triangular root R, R'R = sum over units of z z', z a unit's column sums and its
    number of episodes, or their weight. Roots of two parts merge by a QR decomposition, which never squares a number,
    so that a standard error keeps its digits where columns are nearly multiples of each other (rewards all alike).

    Attributes:
        kinds: what each part of the estimator is.
        sums: for each part: (K,) sums of its columns over episodes.
        root: (<= K + 1, K + 1) R, the columns of all parts side by side and the number of episodes.
        third: central moments of the same; None of more than `WIDEST` columns.
    """

    kinds: tuple[str, ...]
    sums: tuple[np.ndarray, ...]
    root: np.ndarray
    third: ThirdMoments | None

    @staticmethod
    def of(parts: list[Part], log: EvaluationLog) -> ColumnMoments:
        """The moments of an estimator's parts on a log, or on a block of one."""
        kinds = tuple(type(part).__name__ for part in parts)
        weights = log.episode_weights
        sums = tuple(part.columns.sums(weights) for part in parts)
        columns = by_unit(side_by_side([part.columns.matrix() for part in parts]), log.clusters, weights)
        sizes = unit_sizes(columns.shape[0], log.clusters, weights)
        width = sum(map(len, sums)) + 1
        root, third = np.zeros((0, width)), ThirdMoments.none(width) if width <= WIDEST else None
        for chunk in _chunks(columns, sizes):
            root = _root(root, chunk)
            third = third and third.merged(ThirdMoments.of(chunk))
        return ColumnMoments(kinds, sums, root, third)

    def merged(self, other: ColumnMoments) -> ColumnMoments:
        """The moments of both parts of the log together."""
        a, b = self._padded(other), other._padded(self)
        sums = tuple(of_a + of_b for of_a, of_b in zip(a.sums, b.sums, strict=True))
        third = a.third and b.third and a.third.merged(b.third)
        return ColumnMoments(self.kinds, sums, _root(a.root, b.root), third)

    def value(self, total_weight: float) -> float:
        """The estimate."""
        return float(total(self._parts(), [of_part / total_weight for of_part in self.sums]))

    def std_error(self, total_weight: float, units: int) -> float:
        """sqrt(sum_u psi_u^2 C / (C - 1)) / N over C units, as of a whole log; NaN for a single unit."""
        if units < 2:
            return np.nan
        psi = self.root @ self._slopes(total_weight)
        return float(np.sqrt(psi @ psi * units / (units - 1)) / total_weight)

    def skewness(self, total_weight: float) -> float | None:
        """sum psi^3 / (sum psi^2)^1.5, as of a whole log; None where it is not known."""
        return None if self.third is None else self.third.skewness(self._slopes(total_weight))

    def measured(self, total_weight: float, units: int, largest: float) -> Figures:
        """Value, standard error and skewness as `inference.influence.measure` gives them of a whole log: where rounding
        is all that varies, the standard error is 0, and so is a value of rounding.

        Args:
            total_weight: the number of episodes, or the sum of their weights.
            units: how many users, or episodes.
            largest: the largest outcome, without its sign.
        """
        value, error = self.value(total_weight), self.std_error(total_weight, units)
        means = [of_part / total_weight for of_part in self.sums]
        sizes = sum(abs(float(part.value(mean))) for part, mean in zip(self._parts(), means, strict=True))
        scale = max(sizes, largest)
        if error * np.sqrt(units) <= LONG_SUM * scale:
            return Figures(0.0 if abs(value) <= SINGLE_PRECISION * scale else value, 0.0, 0.0)
        return Figures(value if np.isfinite(value) else np.nan, error, self.skewness(total_weight))

    def with_last(self, share: float) -> ColumnMoments:
        """The moments where the last part, a mean, counts so many times: of a lift, V(target) - share V(behaviour)."""
        first = sum(map(len, self.sums[:-1]))
        factors = np.ones(self.root.shape[1])
        factors[first:-1] = share
        sums = (*self.sums[:-1], share * self.sums[-1])
        return ColumnMoments(self.kinds, sums, self.root * factors, None)

    def _slopes(self, total_weight: float) -> np.ndarray:
        """(K + 1,) derivatives of psi in the columns and in the number of episodes."""
        means = [of_part / total_weight for of_part in self.sums]
        slopes = gradients(self._parts(), means)
        with np.errstate(invalid="ignore"):
            centre = sum(mean @ slope for mean, slope in zip(means, slopes, strict=True))
        return np.append(np.concatenate(slopes), -centre)

    def _parts(self) -> list[Part]:
        # Value and gradient are functions of the means alone, so no columns are needed.
        return [KINDS[kind](Vectors()) for kind in self.kinds]

    def _padded(self, other: ColumnMoments) -> ColumnMoments:
        """The same with steps that only the other has, as columns of zeros."""
        sums, blocks, first, wider = [], [], 0, False
        for ours, theirs in zip(self.sums, other.sums, strict=True):
            block, missing = self.root[:, first : first + len(ours)], max(0, len(theirs) - len(ours)) // BY_STEP
            first, wider = first + len(ours), wider or missing > 0
            sums.append(_wider(ours[None, :], missing)[0])
            blocks.append(_wider(block, missing))
        third = self._padded_third(tuple(sums)) if wider else self.third
        return ColumnMoments(self.kinds, tuple(sums), np.concatenate([*blocks, self.root[:, first:]], axis=1), third)

    def _padded_third(self, wider: tuple[np.ndarray, ...]) -> ThirdMoments | None:
        width = sum(map(len, wider)) + 1
        if self.third is None or width > WIDEST:
            return None
        # Where each column stands among those of more steps.
        at: list[int] = []
        first = 0
        for ours, theirs in zip(self.sums, wider, strict=True):
            steps, more = len(ours) // BY_STEP, len(theirs) // BY_STEP
            same = len(ours) == len(theirs)
            at += [first + (column if same else column // steps * more + column % steps) for column in range(len(ours))]
            first += len(theirs)
        return self.third.placed([*at, width - 1], width)


def _wider(block: np.ndarray, missing: int) -> np.ndarray:
    if not missing:
        return block
    steps = block.reshape(len(block), BY_STEP, -1)
    return np.pad(steps, ((0, 0), (0, 0), (0, missing))).reshape(len(block), -1)


def _root(upper: np.ndarray, lower: np.ndarray) -> np.ndarray:
    # In this mode it is an array, which numpy's types do not say.
    return np.asarray(np.linalg.qr(np.concatenate([upper, lower]), mode="r"))


def _chunks(columns: Any, sizes: np.ndarray) -> Iterator[np.ndarray]:
    for first in range(0, len(sizes), CHUNK_ROWS):
        rows = slice(first, first + CHUNK_ROWS)
        block = columns[rows] if isinstance(columns, np.ndarray) else columns[rows].toarray()
        yield np.concatenate([block, sizes[rows, None]], axis=1)
