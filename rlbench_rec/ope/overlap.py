"""Sums from which overlap is judged. They add up, so the figures of a log are those of its parts put together."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .columns import sum_of_squares
from .gate import Overlap

MEAN_WEIGHT_ROUNDING = 1e-6
"""Single precision errs by less; a mean weight so near 1 is 1."""


@dataclass(frozen=True)
class Magnitudes:
    """Sums of values and of their squares, in a unit in which no square overflows or vanishes.

    Attributes:
        unit: the unit; 1 unless the values are extreme, infinite where some are.
        total, squares, largest: of the values in that unit.
    """

    unit: float
    total: float
    squares: float
    largest: float

    @staticmethod
    def of(values: np.ndarray) -> Magnitudes:
        """Of a vector of values; the largest is meant without its sign."""
        largest = float(max(values.max(), -values.min()))
        if np.isinf(largest):
            count = float(np.isinf(values).sum())
            return Magnitudes(np.inf, count, count, 1.0)
        unit = 1.0 if 1e-100 < largest < 1e100 or largest == 0 else largest
        if unit != 1.0:
            values, largest = values / unit, 1.0
        return Magnitudes(unit, float(values.sum()), sum_of_squares(values), largest)

    def merged(self, other: Magnitudes) -> Magnitudes:
        """Those of both vectors together."""
        unit = max(self.unit, other.unit)
        a, b = (one.unit / unit if one.unit < unit else 1.0 for one in (self, other))
        return Magnitudes(
            unit,
            self.total * a + other.total * b,
            self.squares * a**2 + other.squares * b**2,
            max(self.largest * a, other.largest * b),
        )

    def times(self, factor: float) -> Magnitudes:
        """Those of factor > 0 times the values."""
        return Magnitudes(self.unit, factor * self.total, factor**2 * self.squares, factor * self.largest)

    @property
    def effective_number(self) -> float:
        """(sum v)^2 / sum v^2; 0 where all are 0."""
        return self.total**2 / self.squares if self.squares > 0 else 0.0


@dataclass(frozen=True)
class WeightSums:
    """Sums over the weights that an estimator multiplies with.

    Attributes:
        count, positive: how many weights, how many of them not 0.
        max_weight: the largest.
        weights: their magnitudes, perhaps up to a common factor where a float cannot hold them.
        checked, size: of how many weights the expectation is known to be 1, and for how many rows these stand: the sum
            of their row weights s, `checked` again where there are none;
        above, above_squares: sums of s (w - 1) and of its square over those.
        events: magnitudes of what the weights multiply; None where they multiply nothing.
        unsupported, rows: sum over rows of the policy's mass on actions that are never logged, NaN where not known, and
            how many rows there are, each counting with its row weight.
    """

    count: int
    positive: int
    max_weight: float
    weights: Magnitudes
    checked: int
    size: float
    above: float
    above_squares: float
    events: Magnitudes | None = None
    unsupported: float = np.nan
    rows: float = 0.0

    @staticmethod
    def of(
        weights: np.ndarray,
        events: np.ndarray | None = None,
        *,
        scaled: np.ndarray | None = None,
        checked: np.ndarray | None = None,
        rows: np.ndarray | None = None,
    ) -> WeightSums:
        """Of a vector of weights.

        Args:
            weights: the weights.
            events: what they multiply, product included.
            scaled: the weights up to a common factor.
            checked: those whose expectation is 1, one for each weight; None: all of them.
            rows: for how many rows each stands; None: for one.
        """
        scaled = weights if scaled is None else scaled
        above = (weights if checked is None else checked) - 1.0
        if rows is not None:
            scaled, above = rows * scaled, rows * above
            events = None if events is None else rows * events
        return WeightSums(
            count=len(weights),
            positive=int(np.count_nonzero(scaled)),
            max_weight=float(weights.max()),
            weights=Magnitudes.of(scaled),
            checked=len(above),
            size=float(len(above) if rows is None else rows.sum()),
            above=float(above.sum()),
            above_squares=sum_of_squares(above),
            events=None if events is None else Magnitudes.of(events),
        )

    def merged(self, other: WeightSums) -> WeightSums:
        """Those of both sets of weights together."""
        return WeightSums(
            self.count + other.count,
            self.positive + other.positive,
            max(self.max_weight, other.max_weight),
            self.weights.merged(other.weights),
            self.checked + other.checked,
            self.size + other.size,
            self.above + other.above,
            self.above_squares + other.above_squares,
            None if self.events is None else self.events.merged(other.events),
            self.unsupported + other.unsupported,
            self.rows + other.rows,
        )

    def times(self, factor: float) -> WeightSums:
        """Those of rows each of which counts factor > 0 times."""
        return replace(
            self,
            max_weight=factor * self.max_weight,
            weights=self.weights.times(factor),
            size=factor * self.size,
            above=factor * self.above,
            above_squares=factor**2 * self.above_squares,
            events=None if self.events is None else self.events.times(factor),
            unsupported=factor * self.unsupported,
            rows=factor * self.rows,
        )

    @property
    def mean_weight(self) -> float:
        """Mean of the weights whose expectation is 1."""
        return 1.0 + self.above / self.size

    @property
    def mean_error(self) -> float:
        """Standard error of the mean weight, of s (w - 1) over the sum of s where rows are weighted; NaN for one."""
        n = self.checked
        if n < 2:
            return np.nan
        squares = self.above_squares - self.above * (self.above / n)
        return float(np.sqrt(np.maximum(squares, 0.0) * (n / (n - 1))) / self.size)

    @property
    def mean_weight_z(self) -> float:
        """(mean weight - 1) over its standard error; 0 where it is 1 to within 1e-6."""
        # Weights that are all 1 but for rounding have a standard error of rounding too; their ratio means nothing.
        apart, error = self.mean_weight - 1.0, self.mean_error
        if abs(apart) <= MEAN_WEIGHT_ROUNDING:
            return 0.0
        return apart / error if error > 0 else float(np.copysign(np.inf, apart))

    @property
    def largest_share(self) -> float:
        """The largest weight over the sum of all."""
        return self.weights.largest / self.weights.total if self.weights.total > 0 else np.nan

    @property
    def unsupported_mass(self) -> float:
        """Mean over rows; NaN where not known."""
        return self.unsupported / self.rows if self.rows else np.nan

    @property
    def unsupported_mass_lower(self) -> float:
        """What the weights say of it: max(0, 1 - mean weight - 2 standard errors)."""
        lower = 1.0 - self.mean_weight - 2.0 * float(np.nan_to_num(self.mean_error))
        return max(0.0, lower) if np.isfinite(self.mean_weight) else 0.0

    @property
    def effective_events(self) -> float:
        """(sum |w e|)^2 / sum (w e)^2; infinite where the weights multiply nothing."""
        return np.inf if self.events is None else self.events.effective_number

    def overlap(self) -> Overlap:
        """The gate's figures."""
        # Where the mass is not known, the weights' own lower limit stands in: it can only understate.
        known = not np.isnan(self.unsupported_mass)
        return Overlap(
            ess=self.weights.effective_number,
            ess_ratio=self.weights.effective_number / self.count,
            mean_weight=self.mean_weight,
            mean_weight_z=self.mean_weight_z,
            largest_weight_share=self.largest_share,
            effective_events=self.effective_events,
            unsupported_mass=self.unsupported_mass if known else self.unsupported_mass_lower,
        )
