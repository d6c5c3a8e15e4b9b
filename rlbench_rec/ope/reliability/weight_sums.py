"""Sums by which overlap is judged, over users where the log knows users, else over episodes. They add up: the sums of a
log are those of its parts together."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ...tolerances import SINGLE_PRECISION
from ..estimators.episode_columns import sum_of_cubes, sum_of_squares
from .effective_sizes import Sizes, balanced_events
from .gate import PROPENSITY_ROUNDING, Overlap


@dataclass(frozen=True)
class Magnitudes:
    """Sums of values, of their squares and cubes, in a unit in which no cube overflows or vanishes.

    Attributes:
        unit: the unit; 1 unless the values are extreme, infinite where some are.
        total, squares, cubes, largest: of the values in that unit, the latter two without signs.
    """

    unit: float
    total: float
    squares: float
    cubes: float
    largest: float

    @staticmethod
    def of(values: np.ndarray) -> Magnitudes:
        """The magnitudes of a vector of values, which may be empty."""
        if not len(values):
            return Magnitudes(1.0, 0.0, 0.0, 0.0, 0.0)
        least, most = float(values.min()), float(values.max())
        largest = max(most, -least)
        if np.isinf(largest):
            count = float(np.isinf(values).sum())
            return Magnitudes(np.inf, count, count, count, 1.0)
        unit = 1.0 if 1e-30 < largest < 1e30 or largest == 0 else largest
        if unit != 1.0:
            values, largest = values / unit, 1.0
        sizes = values if least >= 0 else np.abs(values)
        return Magnitudes(unit, float(values.sum()), sum_of_squares(values), sum_of_cubes(sizes), largest)

    def merged(self, other: Magnitudes) -> Magnitudes:
        """The magnitudes of both vectors together."""
        unit = max(self.unit, other.unit)
        a, b = (part.unit / unit if part.unit < unit else 1.0 for part in (self, other))
        return Magnitudes(
            unit,
            self.total * a + other.total * b,
            self.squares * a**2 + other.squares * b**2,
            self.cubes * a**3 + other.cubes * b**3,
            max(self.largest * a, other.largest * b),
        )

    def times(self, factor: float) -> Magnitudes:
        """The magnitudes of factor > 0 times the values."""
        return Magnitudes(
            self.unit,
            factor * self.total,
            factor**2 * self.squares,
            factor**3 * self.cubes,
            factor * self.largest,
        )

    @property
    def effective_number(self) -> float:
        """(sum v)^2 / sum v^2; 0 where all are 0."""
        return self.total**2 / self.squares if self.squares > 0 else 0.0

    @property
    def balanced_number(self) -> float:
        """k3 = (sum v^2)^3 / (sum |v|^3)^2, as many equal values are as skewed; 0 where all are 0."""
        return self.squares**3 / self.cubes**2 if self.cubes > 0 else 0.0


@dataclass(frozen=True)
class EventSums:
    """Sums over units of the weights that events have.

    Attributes:
        weights: magnitudes of the units' sums of the weights of events.
        weighted_sizes: magnitudes of the units' sums of weight times size of an event.
        units: how many units have an event.
    """

    weights: Magnitudes
    weighted_sizes: Magnitudes
    units: int

    @staticmethod
    def of(weights: np.ndarray, sizes: np.ndarray, units: np.ndarray | None, number: int) -> EventSums:
        """The sums over events.

        Args:
            weights, sizes: (m,) of each event.
            units: (m,) codes of the units that have them; None: each event is another unit's.
            number: how many units there are, with an event or without.
        """
        products, with_event = weights * sizes, len(sizes)
        if units is not None:
            with_event = int(np.count_nonzero(np.bincount(units)))
            products, weights = np.bincount(units, products, number), np.bincount(units, weights, number)
        return EventSums(Magnitudes.of(weights), Magnitudes.of(np.abs(products)), with_event)

    def merged(self, other: EventSums) -> EventSums:
        """The sums over both sets of events."""
        return EventSums(
            self.weights.merged(other.weights),
            self.weighted_sizes.merged(other.weighted_sizes),
            self.units + other.units,
        )

    def times(self, factor: float) -> EventSums:
        """The sums where each event counts factor > 0 times."""
        return EventSums(self.weights.times(factor), self.weighted_sizes.times(factor), self.units)


@dataclass(frozen=True)
class WeightSums:
    """Sums over units of the weights that an estimator multiplies with. Where rows are weighted, s below, each weight
    counts s times.

    Attributes:
        count, positive: how many episodes, how many of them whose weight is not 0.
        max_weight: the largest of an episode.
        units: how many users, or episodes.
        by_user: whether a unit may have several episodes.
        weights: magnitudes of the units' sums of weights, perhaps up to a common factor where a float cannot hold them.
        expected, expected_squares: sums of what a unit's weights are expected to sum to (its number of episodes, or
            their s), and of its square.
        above, above_squares, above_expected: sums of a unit's sum of weights less that, of its square, and of its
            product with it.
        events: those of the weights that events have; None where the weights multiply nothing.
        unsupported, rows: sum over rows of the policy's mass on actions that are never logged, NaN where not known, and
            how many rows there are, each counting with its row weight.
        lift: whether the weights are differences of two policies'; their mean is not looked at.
    """

    count: int
    positive: int
    max_weight: float
    units: int
    by_user: bool
    weights: Magnitudes
    expected: float
    expected_squares: float
    above: float
    above_squares: float
    above_expected: float
    events: EventSums | None = None
    unsupported: float = np.nan
    rows: float = 0.0
    lift: bool = False

    def merged(self, other: WeightSums) -> WeightSums:
        """The sums over both sets of weights."""
        return WeightSums(
            self.count + other.count,
            self.positive + other.positive,
            max(self.max_weight, other.max_weight),
            self.units + other.units,
            self.by_user or other.by_user,
            self.weights.merged(other.weights),
            self.expected + other.expected,
            self.expected_squares + other.expected_squares,
            self.above + other.above,
            self.above_squares + other.above_squares,
            self.above_expected + other.above_expected,
            None if self.events is None or other.events is None else self.events.merged(other.events),
            self.unsupported + other.unsupported,
            self.rows + other.rows,
            self.lift,
        )

    def times(self, factor: float) -> WeightSums:
        """The sums where each row counts factor > 0 times."""
        return replace(
            self,
            max_weight=factor * self.max_weight,
            weights=self.weights.times(factor),
            expected=factor * self.expected,
            expected_squares=factor**2 * self.expected_squares,
            above=factor * self.above,
            above_squares=factor**2 * self.above_squares,
            above_expected=factor**2 * self.above_expected,
            events=None if self.events is None else self.events.times(factor),
            unsupported=factor * self.unsupported,
            rows=factor * self.rows,
        )

    @property
    def mean_weight(self) -> float:
        """Mean of the weights whose expectation is 1."""
        return 1.0 + self.above / self.expected

    @property
    def mean_error(self) -> float:
        """Standard error of the mean weight, sqrt(sum_u (a_u - n_u mean a)^2 C / (C - 1)) / N over C units, a_u what
        the weights of unit u sum to beyond their number n_u; NaN for one unit."""
        if self.units < 2:
            return np.nan
        mean = self.above / self.expected
        squares = self.above_squares - mean * (2.0 * self.above_expected - mean * self.expected_squares)
        return float(np.sqrt(np.maximum(squares, 0.0) * self.units / (self.units - 1))) / self.expected

    @property
    def mean_weight_z(self) -> float:
        """(mean weight - 1) over its standard error, or over 5e-4 if that is larger; 0 where it is 1 to within 1e-6."""
        # Weights that are 1 but for rounding have a standard error of rounding; the ratio of the two means nothing.
        apart, error = self.mean_weight - 1.0, self.mean_error
        if abs(apart) <= SINGLE_PRECISION:
            return 0.0
        return apart / (error if error > PROPENSITY_ROUNDING else PROPENSITY_ROUNDING)

    @property
    def largest_share(self) -> float:
        """The largest unit's weight over the sum of all."""
        return self.weights.largest / self.weights.total if self.weights.total > 0 else np.nan

    @property
    def effective_users(self) -> float:
        """(sum n_u)^2 / sum n_u^2, n_u the number of episodes of user u: how many users of one size they are."""
        return self.expected**2 / self.expected_squares

    @property
    def unsupported_mass(self) -> float:
        """The mean over rows; NaN if not known."""
        return self.unsupported / self.rows if self.rows else np.nan

    @property
    def unsupported_mass_lower(self) -> float:
        """A lower limit from the weights: max(0, 1 - mean weight - 2 standard errors)."""
        lower = 1.0 - self.mean_weight - 2.0 * float(np.nan_to_num(self.mean_error))
        return max(0.0, lower) if np.isfinite(self.mean_weight) else 0.0

    @property
    def effective_events(self) -> float:
        """(sum x)^2 / sum x^2 of the units' sums of weight times size of event; infinite where the weights multiply
        nothing."""
        return np.inf if self.events is None else self.events.weighted_sizes.effective_number

    @property
    def balanced_weights(self) -> float:
        """ESS^3 / units^2; see `effective_sizes`."""
        return self.weights.effective_number**3 / self.units**2

    @property
    def balanced_events(self) -> float:
        """K0; see `effective_sizes.balanced_events`."""
        if self.events is None:
            return np.inf
        of_events, with_event = self.events.weights.balanced_number, self.events.units / self.units
        return balanced_events(of_events, self.weights.balanced_number, with_event)

    @property
    def size_balance(self) -> float:
        """min(1, k3(c e) / k3(c)), c the weights of events and e their sizes."""
        if self.events is None or not self.events.weights.balanced_number > 0:
            return 1.0
        return min(1.0, self.events.weighted_sizes.balanced_number / self.events.weights.balanced_number)

    def overlap(self, sizes: Sizes | None) -> Overlap:
        """The gate's figures; `sizes` are those of the events, None where they are not asked for."""
        # Where the mass is not known, the lower limit that the weights give is used: it can only be too low.
        known = not np.isnan(self.unsupported_mass)
        return Overlap(
            users=self.effective_users if self.by_user else None,
            ess=self.weights.effective_number,
            ess_ratio=self.weights.effective_number / self.units,
            mean_weight=self.mean_weight,
            mean_weight_z=self.mean_weight_z,
            largest_weight_share=self.largest_share,
            balanced_weights=np.inf if self.lift else self.balanced_weights,
            effective_events=self.effective_events,
            balanced_events=self.balanced_events,
            size_balance=self.size_balance,
            sizes=None if self.events is None else sizes,
            unsupported_mass=self.unsupported_mass if known else self.unsupported_mass_lower,
            lift=self.lift,
            largest_difference=self.max_weight if self.lift else np.inf,
        )
