"""Row weights of a log that was thinned: how many rows of the whole log each one stands for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .column_values import Values


def row_weights(values: Values, column: str) -> np.ndarray:
    """(n,) weights above 0.

    Args:
        values: of the table.
        column: that holds them.

    Raises:
        InputError: a weight that is not above 0.
    """
    weights = values.numbers(column, "A row that was kept for sure stands for itself: write 1.")
    values.refuse(column, weights <= 0, "not above 0", "Leave out rows that stand for none.")
    return weights


@dataclass(frozen=True)
class WeightCounts:
    """What the row weights of a table, or of a part of it, are like.

    Attributes:
        rows, total: how many there are, and their sum.
        least, most: of them.
        alike: of what could be mistaken for them, the names of what they equal.
        varying: of the same, the names of what is not the same for all rows.
    """

    rows: int
    total: float
    least: float
    most: float
    alike: frozenset[str]
    varying: frozenset[str]

    @staticmethod
    def of(weights: np.ndarray, propensities: np.ndarray | None, target: np.ndarray) -> WeightCounts:
        """The counts of (n,) weights; propensities and target are those of the two policies, None: not known yet."""
        alike, varying = set(), set()
        if propensities is not None:
            with np.errstate(over="ignore"):
                inverse = 1.0 / propensities
                mistaken = {"target_propensity / propensity": target * inverse, "1 / propensity": inverse}
            alike = {name for name, other in mistaken.items() if np.allclose(weights, other, rtol=0.01, atol=0.0)}
            varying = {name for name, other in mistaken.items() if other.min() < other.max()}
        least, most = float(weights.min()), float(weights.max())
        return WeightCounts(len(weights), float(weights.sum()), least, most, frozenset(alike), frozenset(varying))

    def merged(self, other: WeightCounts) -> WeightCounts:
        """The counts of both parts together."""
        return WeightCounts(
            self.rows + other.rows,
            self.total + other.total,
            min(self.least, other.least),
            max(self.most, other.most),
            self.alike & other.alike,
            self.varying | other.varying,
        )

    def mistaken(self) -> tuple[str, str] | None:
        """What is wrong with the weights of the whole table, and what to do; None where nothing is."""
        if self.most <= 1 and self.least < self.most:
            hint = "A row that was kept with chance 0.1 stands for 10: give 1 divided by them."
            return "at most 1, as chances to be kept are", hint
        for name in sorted(self.alike & self.varying, reverse=True):
            hint = "Leave out --weight: the policies' ratio is taken into account anyway."
            return f"{name}, not how many rows a row stands for", hint
        return None

    def note(self, column: str) -> str:
        """What the weights add up to, in words."""
        return (
            f"Rows count by '{column}', {self.least:.4g} to {self.most:.4g}: {self.rows:,} rows stand for "
            f"{self.total:,.0f}."
        )
