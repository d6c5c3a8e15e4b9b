"""How well a log covers the target policy, for each kind of weights that an estimator has; see `Estimator.events`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np

from ...errors import InputError
from ...tolerances import SINGLE_PRECISION
from ..data.bounds import Range, known_range
from ..data.evaluation_log import EvaluationLog
from ..estimators.episode_columns import sum_of_squares
from ..estimators.marginalised import category_ratios, state_action_ratios
from ..estimators.slate_estimators import slate_ratios
from .effective_sizes import Events, Sizes, events_of, largest_size, median, spread_of_sizes
from .gate import Overlap
from .weight_sums import EventSums, Magnitudes, WeightSums


class LogOverlap:
    """How well a log covers the target policy, from sums over its units.

    Weights are those of whole episodes, W_T. Events are rows, each with the weight gamma^t W_t that it has in the
    estimate; where all rewards are the same and the lengths of episodes are not, an event is an episode's return that
    differs from the median one.

    Args:
        log: the log.
        metric: the column of `log.metrics` that is valued, None for the reward.
        medians: of a part of a log: for each of `outcomes`, the median of the whole, as far as it is known.
    """

    def __init__(
        self, log: EvaluationLog, metric: int | None = None, medians: Mapping[str, Sequence[float]] | None = None
    ):
        self.log, self.metric, self.medians, self.outcome = log, metric, medians, log.outcome(metric)

    def overlaps(self, kind: str) -> list[Overlap]:
        """The gate's figures: one entry; for slates judged by position one per position, and none for the difference of
        policies that do not differ."""
        pairs = zip(self.sums(kind), self.sizes(kind), strict=True)
        return [sums.overlap(sizes) for sums, sizes in pairs if sums.units]

    def sums(self, kind: str) -> list[WeightSums]:
        """Sums over the units' weights."""
        with np.errstate(over="ignore", invalid="ignore"):
            return getattr(self, f"_{kind}")()

    def sizes(self, kind: str) -> list[Sizes]:
        """How the sizes of the events are spread."""
        every = self._events_by_position if layout(kind) == "positions" else [self._events]
        return [spread_of_sizes(events.sizes, largest_size(self.range, events.median)) for events in every]

    def outcomes(self, kind: str) -> list[np.ndarray]:
        """The rewards that the weights multiply; see `layout`."""
        return [self.outcome[at] for at in self._by_position] if layout(kind) == "positions" else [self.outcome]

    def outcome_weights(self, kind: str) -> list[np.ndarray | None]:
        """How many rows each of these rewards stands for; None: one."""
        weights = self.log.weights
        if layout(kind) == "positions":
            return [None if weights is None else weights[at] for at in self._by_position]
        return [weights]

    @cached_property
    def range(self) -> Range | None:
        """The known range of a reward, if any."""
        try:
            return known_range(self.log, self.metric)
        except InputError:
            return None

    @cached_property
    def _events(self) -> Events:
        log, known = self.log, None if self.medians is None else self.medians["rows"][0]
        if known is None and log.weights is not None:
            known = median(self.outcome, log.weights)
        events = events_of(self.outcome, known)
        if log.one_step or len(events.rows) or self.medians is not None:
            return events
        returns = events_of(self._summed(self.outcome))
        return replace(returns, rows=(log.starts + log.lengths - 1)[returns.rows])

    @cached_property
    def _by_position(self) -> list[np.ndarray]:
        order = np.argsort(self.log.steps, kind="stable")
        return np.split(order, np.cumsum(np.bincount(self.log.steps))[:-1])

    @cached_property
    def _events_by_position(self) -> list[Events]:
        outcomes, rows = self.outcomes("positions"), self.outcome_weights("positions")
        medians = self.medians["positions"] if self.medians else None
        medians = medians or [median(outcome, weights) for outcome, weights in zip(outcomes, rows, strict=True)]
        return [events_of(outcome, middle) for outcome, middle in zip(outcomes, medians, strict=False)]

    @cached_property
    def _by_user(self) -> bool:
        return self.log.clusters is not None and self.log.n_units < self.log.n_episodes

    @cached_property
    def _unsupported(self) -> tuple[float, float]:
        """The sum over rows of the mass on actions that are never logged, and how many rows there are."""
        mass, weights = self.log.unsupported_mass, self.log.weights
        if mass is None:
            return np.nan, float(self.log.n_rows)
        if weights is None:
            return float(mass.sum()), float(self.log.n_rows)
        return float((weights * mass).sum()), float(weights.sum())

    @cached_property
    def _unit_of_row(self) -> np.ndarray | None:
        log = self.log
        if log.one_step:
            return log.clusters
        units = np.arange(log.n_episodes) if log.clusters is None else log.clusters
        return np.repeat(units, log.lengths)

    @cached_property
    def _final(self) -> WeightSums:
        log, (unsupported, rows) = self.log, self._unsupported
        sums = _sums(
            log.final_weights, log.episode_weights, log.clusters, self._by_user, scaled=log.scaled_final_weights
        )
        return replace(sums, unsupported=unsupported, rows=rows)

    @cached_property
    def _scaled(self) -> np.ndarray:
        """(n,) W_t up to a common factor."""
        logs = self.log.log_weights
        return self.log.importance_weights if logs is None else np.exp(logs - logs.max())

    def _summed(self, rows: np.ndarray) -> np.ndarray:
        """(episodes,) discounted sums of rows."""
        return self.log.per_episode(rows if self.log.one_step else rows * self.log.discounts)

    def _event_sums(self, weights: np.ndarray, events: Events | None = None) -> EventSums:
        """Sums over the events, from (n,) weights of rows."""
        events = self._events if events is None else events
        weights = weights[events.rows]
        if self.log.weights is not None:
            weights = weights * self.log.weights[events.rows]
        if not self.log.one_step:
            weights = weights * self.log.discounts[events.rows]
        units = None if self._unit_of_row is None else self._unit_of_row[events.rows]
        return EventSums.of(weights, events.sizes, units, self.log.n_units)

    def _reward(self) -> list[WeightSums]:
        return [replace(self._final, events=self._event_sums(self._scaled))]

    def _trajectory(self) -> list[WeightSums]:
        return [replace(self._final, events=self._event_sums(self._of_rows(self.log.scaled_final_weights)))]

    def _nothing(self) -> list[WeightSums]:
        return [self._final]

    def _difference(self) -> list[WeightSums]:
        return [self._apart(self.log.final_weights - 1.0, self.log.importance_weights - 1.0)]

    def _trajectory_difference(self) -> list[WeightSums]:
        apart = self.log.final_weights - 1.0
        return [self._apart(apart, self._of_rows(apart))]

    def between(self, other: EvaluationLog) -> WeightSums:
        """Sums over the differences of the weights from those of another policy, on the same decisions."""
        with np.errstate(over="ignore", invalid="ignore"):
            final = self.log.final_weights - other.final_weights
            return self._apart(final, self.log.importance_weights - other.importance_weights)

    def _apart(self, final: np.ndarray, rows: np.ndarray) -> WeightSums:
        """Sums over differences of weights where they are not 0: only there do two policies differ.

        Args:
            final: (episodes,) differences of last weights; their mean has no known expectation.
            rows: (n,) those at each row.
        """
        differ = np.abs(final) > SINGLE_PRECISION
        final = self.log.times_weights(np.where(differ, final, 0.0))
        by_unit = final if self.log.clusters is None else np.bincount(self.log.clusters, final)
        by_unit = np.abs(by_unit[by_unit != 0.0])
        events, count = self._events, float(len(by_unit))
        weighted = np.abs(rows[events.rows]) > SINGLE_PRECISION
        events = replace(events, rows=events.rows[weighted], sizes=events.sizes[weighted])
        return WeightSums(
            count=int(differ.sum()),
            positive=int(differ.sum()),
            max_weight=float(np.abs(final).max()),
            units=len(by_unit),
            by_user=self._by_user,
            weights=Magnitudes.of(by_unit),
            expected=count,
            expected_squares=count,
            above=0.0,
            above_squares=0.0,
            above_expected=0.0,
            events=self._event_sums(rows, events),
            lift=True,
        )

    def _unweighted(self) -> list[WeightSums]:
        ones = np.ones(self.log.n_rows)
        return [replace(self._of_episodes(self.log.first(ones)), events=self._event_sums(ones))]

    def _positions(self) -> list[WeightSums]:
        by_position = []
        for at, events in zip(self._by_position, self._events_by_position, strict=True):
            units = None
            if self._unit_of_row is not None:
                units = np.unique(self._unit_of_row[at], return_inverse=True)[1]
            weights, number = self.log.ratios[at], len(at) if units is None else int(units.max()) + 1
            rows = None if self.log.weights is None else self.log.weights[at]
            of_events = (weights if rows is None else rows * weights)[events.rows]
            units_of_events = None if units is None else units[events.rows]
            event_sums = EventSums.of(of_events, events.sizes, units_of_events, number)
            by_position.append(replace(_sums(weights, rows, units, self._by_user), events=event_sums))
        return by_position

    def _states(self) -> list[WeightSums]:
        # A row's weight is its own; an episode's is their discounted sum, whose mean is known of first steps alone.
        weights, (unsupported, rows) = state_action_ratios(self.log), self._unsupported
        sums = self._of_episodes(self._summed(weights), checked=self.log.first(weights))
        return [replace(sums, unsupported=unsupported, rows=rows, events=self._event_sums(weights))]

    def _categories(self) -> list[WeightSums]:
        weights = category_ratios(self.log)
        return [replace(self._of_episodes(weights), events=self._event_sums(weights))]

    def _slates(self) -> list[WeightSums]:
        weights = slate_ratios(self.log)
        return [replace(self._of_episodes(weights), events=self._event_sums(self._of_rows(weights)))]

    def _of_rows(self, episodes: np.ndarray) -> np.ndarray:
        """(episodes,) -> (n,)."""
        return episodes if self.log.one_step else np.repeat(episodes, self.log.lengths)

    def _of_episodes(self, weights: np.ndarray, checked: np.ndarray | None = None) -> WeightSums:
        return _sums(weights, self.log.episode_weights, self.log.clusters, self._by_user, checked=checked)


def layout(kind: str) -> str:
    """Which rewards weights of a kind multiply: those of all `rows`, or of each of the `positions`."""
    return "positions" if kind == "positions" else "rows"


def _sums(
    weights: np.ndarray,
    rows: np.ndarray | None,
    units: np.ndarray | None,
    by_user: bool,
    *,
    scaled: np.ndarray | None = None,
    checked: np.ndarray | None = None,
) -> WeightSums:
    """Sums over (episodes,) weights, without events.

    Args:
        weights: the weights.
        rows: (episodes,) for how many each stands; None: each for one.
        units: (episodes,) codes 0, 1, …; None: every episode is a unit.
        by_user: whether a unit may have several episodes.
        scaled: the weights up to a common factor.
        checked: (episodes,) those whose expectation is 1; None: the weights.
    """
    scaled = weights if scaled is None else scaled
    positive, above = int(np.count_nonzero(scaled)), (weights if checked is None else checked) - 1.0
    if rows is not None:
        scaled, above = rows * scaled, rows * above
    expected = rows
    if units is not None:
        scaled, above, expected = (np.bincount(units, values).astype(float) for values in (scaled, above, rows))
    number = float(len(scaled))
    return WeightSums(
        count=len(weights),
        positive=positive,
        max_weight=float(weights.max()),
        units=len(scaled),
        by_user=by_user,
        weights=Magnitudes.of(scaled),
        expected=number if expected is None else float(expected.sum()),
        expected_squares=number if expected is None else sum_of_squares(expected),
        above=float(above.sum()),
        above_squares=sum_of_squares(above),
        above_expected=float((above if expected is None else above * expected).sum()),
    )
