"""What the gate looks at in a log, for each kind of weights that an estimator can have; see `Estimator.events`."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

import numpy as np

from .estimators.marginal import category_ratios, state_action_ratios
from .estimators.slates import slate_ratios
from .log import EvaluationLog
from .overlap import MEAN_WEIGHT_ROUNDING, Magnitudes, WeightSums


class Weighing:
    """The sums for each kind of weights that an estimator can have; see `Estimator.events`.

    Args:
        log: the log.
        outcome: (n,) the reward, or the metric that is valued.
    """

    def __init__(self, log: EvaluationLog, outcome: np.ndarray):
        self.log, self.outcome = log, outcome

    def sums(self, kind: str) -> list[WeightSums]:
        """One entry; for slates judged by position one a position."""
        with np.errstate(over="ignore", invalid="ignore"):
            return getattr(self, f"_{kind}")()

    @cached_property
    def _final(self) -> WeightSums:
        log = self.log
        found = WeightSums.of(log.final_weights, scaled=log.scaled_final_weights, rows=log.episode_weights)
        mass, of_rows = log.unsupported_mass, log.weights
        if mass is None:
            mass = np.full(1, np.nan)
        elif of_rows is not None:
            mass = of_rows * mass
        rows = log.n_rows if of_rows is None else of_rows.sum()
        return replace(found, unsupported=float(mass.sum()), rows=float(rows))

    def _with_events(self, events: np.ndarray) -> list[WeightSums]:
        product = self.log.times_weights(self._summed(self.log.weighted(np.abs(events))))
        return [replace(self._final, events=Magnitudes.of(product))]

    def _summed(self, rows: np.ndarray) -> np.ndarray:
        """(episodes,) discounted sums of rows."""
        return self.log.per_episode(rows if self.log.one_step else rows * self.log.discounts)

    def _reward(self) -> list[WeightSums]:
        return self._with_events(self.outcome)

    def _residual(self) -> list[WeightSums]:
        return self._with_events(self.outcome - self.log.q_logged)

    def _difference(self) -> list[WeightSums]:
        return self._of_difference(self.outcome)

    def _residual_difference(self) -> list[WeightSums]:
        return self._of_difference(self.outcome - self.log.q_logged)

    def _of_difference(self, events: np.ndarray) -> list[WeightSums]:
        """Of W - 1, without its sign, where it is not 0: all that tells the two policies apart."""
        apart = np.abs(self.log.final_weights - 1.0)
        differ = apart > MEAN_WEIGHT_ROUNDING
        if not differ.any():
            return self._nothing()
        apart, events = apart[differ], self._summed(np.abs(events))[differ]
        product = np.where(events > 0, apart * events, 0.0)
        rows = None if self.log.weights is None else self.log.episode_weights[differ]
        return [WeightSums.of(apart, product, checked=np.ones(len(apart)), rows=rows)]

    def _nothing(self) -> list[WeightSums]:
        return [self._final]

    def _unweighted(self) -> list[WeightSums]:
        ones, events = np.ones(self.log.n_episodes), self._summed(np.abs(self.outcome))
        return [WeightSums.of(ones, events, rows=self.log.episode_weights)]

    def _positions(self) -> list[WeightSums]:
        order = np.argsort(self.log.steps, kind="stable")
        ends = np.cumsum(np.bincount(self.log.steps))[:-1]
        weights, events = self.log.ratios, self.log.ratios * np.abs(self.outcome)
        rows = self.log.weights
        return [
            WeightSums.of(weights[at], events[at], rows=None if rows is None else rows[at])
            for at in np.split(order, ends)
        ]

    def _of_rows(self, weights: np.ndarray, events: np.ndarray) -> list[WeightSums]:
        """Of weights that each row has of its own; an episode's is their discounted sum, whose mean is known of first
        steps alone."""
        found = WeightSums.of(
            self._summed(weights),
            self._summed(weights * np.abs(events)),
            checked=self.log.first(weights),
            rows=self.log.episode_weights,
        )
        return [replace(found, unsupported=self._final.unsupported, rows=self._final.rows)]

    def _states(self) -> list[WeightSums]:
        return self._of_rows(state_action_ratios(self.log), self.outcome)

    def _state_residuals(self) -> list[WeightSums]:
        return self._of_rows(state_action_ratios(self.log), self.outcome - self.log.q_logged)

    def _categories(self) -> list[WeightSums]:
        weights = category_ratios(self.log)
        return [WeightSums.of(weights, weights * np.abs(self.outcome), rows=self.log.episode_weights)]

    def _slates(self) -> list[WeightSums]:
        weights = slate_ratios(self.log)
        events = np.abs(weights) * self._summed(np.abs(self.outcome))
        return [WeightSums.of(weights, events, rows=self.log.episode_weights)]
