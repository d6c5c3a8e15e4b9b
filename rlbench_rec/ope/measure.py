"""Values, standard errors and influences of several estimators in two passes over a log."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from .estimators import Estimator
from .log import EvaluationLog
from .parts import Part


class Pieces:
    """The parts of several estimators on every block of a log.

    A log of one block keeps them; those of a longer log are made anew on every pass, since a few operations in cache
    cost less than columns in memory.

    Args:
        log: the log.
        estimators: whose parts.
        metric: a column of `log.metrics` in place of the reward.
    """

    def __init__(self, log: EvaluationLog, estimators: Sequence[Estimator], metric: int | None = None):
        self.log, self.estimators, self.metric = log, estimators, metric
        self._kept: list[list[list[Part]]] | None = None

    def __iter__(self) -> Iterator[list[list[Part]]]:
        """For each block, for each estimator: its parts."""
        if self._kept is not None:
            yield from self._kept
            return
        blocks = 0
        for block in self.log.blocks():
            parts = [one.parts(block, self.metric) for one in self.estimators]
            blocks += 1
            yield parts
        if blocks == 1:
            self._kept = [parts]

    def matrices(self) -> list[list[np.ndarray]]:
        """For each estimator, for each part: its whole (episodes, K) matrix, sparse where few cells are filled."""
        blocks = [[[part.columns.matrix() for part in of_one] for of_one in parts] for parts in self]
        if len(blocks) == 1:
            return blocks[0]
        return [
            [np.concatenate(of_part) for of_part in zip(*of_one, strict=True)] for of_one in zip(*blocks, strict=True)
        ]


@dataclass(frozen=True)
class Measured:
    """One estimator on one log.

    Attributes:
        parts: its parts; their columns are those of one block, their `value` and `gradient` hold for all.
        means: for each part, the means of its columns over all episodes.
        value: the estimate; NaN where it is not defined.
        std_error: sqrt(sum_u psi_u^2 C / (C - 1)) / N over the C units that are resampled (episodes, or users where
            the log knows them), psi the delta-method influence of a unit; NaN for a single unit.
    """

    parts: list[Part]
    means: list[np.ndarray]
    value: float
    std_error: float


def measure(pieces: Pieces) -> list[Measured]:
    """Each estimator's value and standard error."""
    log = pieces.log
    parts, means = _means(pieces)
    squares, units = np.zeros(len(parts)), log.n_episodes
    if log.clusters is None:
        for influences in _influences(pieces, parts, means):
            squares += [psi @ psi for psi in influences]
    else:
        units = int(log.clusters.max()) + 1
        squares += [psi @ psi for psi in unit_influences(pieces, parts, means)]
    scale = np.sqrt(units / (units - 1)) / log.n_episodes if units > 1 else np.nan
    return [
        Measured(of_one, of_means, _value(of_one, of_means), float(np.sqrt(square) * scale))
        for of_one, of_means, square in zip(parts, means, squares, strict=True)
    ]


def unit_influences(pieces: Pieces, parts: list[list[Part]], means: list[list[np.ndarray]]) -> Iterator[np.ndarray]:
    """For each estimator: (units,) psi_u, the derivative of its value in the weight of unit u, times N."""
    blocks = [np.stack(influences) for influences in _influences(pieces, parts, means)]
    for psi in np.concatenate(blocks, axis=1):
        yield psi if pieces.log.clusters is None else np.bincount(pieces.log.clusters, psi)


def _means(pieces: Pieces) -> tuple[list[list[Part]], list[list[np.ndarray]]]:
    sums: list[list[np.ndarray]] = []
    for parts in pieces:
        of_block = [[part.columns.sums() for part in of_one] for of_one in parts]
        sums = of_block if not sums else [_added(*pair) for pair in zip(sums, of_block, strict=True)]
    return parts, [[of_part / pieces.log.n_episodes for of_part in of_one] for of_one in sums]


def _added(one: list[np.ndarray], two: list[np.ndarray]) -> list[np.ndarray]:
    return [a + b for a, b in zip(one, two, strict=True)]


def _influences(pieces: Pieces, parts: list[list[Part]], means: list[list[np.ndarray]]) -> Iterator[list[np.ndarray]]:
    """For each block, for each estimator: (rows,) psi."""
    gradients = [
        [part.gradient(mean) for part, mean in zip(*pair, strict=True)] for pair in zip(parts, means, strict=True)
    ]
    centres = [sum(m @ g for m, g in zip(*pair, strict=True)) for pair in zip(means, gradients, strict=True)]
    for of_block in pieces:
        influences = []
        for of_one, slopes, centre in zip(of_block, gradients, centres, strict=True):
            psi = of_one[0].columns.project(slopes[0])
            for part, slope in zip(of_one[1:], slopes[1:], strict=True):
                psi += part.columns.project(slope)
            psi -= centre
            influences.append(psi)
        yield influences


def _value(parts: list[Part], means: list[np.ndarray]) -> float:
    value = float(sum(part.value(mean) for part, mean in zip(parts, means, strict=True)))
    return value if np.isfinite(value) else np.nan
