"""EvaluationLog: logged decisions as vectors, which is all that an estimator reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from numbers import Integral
from typing import Unpack

import numpy as np

from ...errors import InputError
from .importance_weights import cumulative_weights, extreme_log_weights
from .log_checks import check_log
from .log_fields import ROW_FIELDS, FittedWeightFields, MatrixFields

BLOCK_ROWS = 16_384
UNWEIGHTED = ("starts", "lengths", "one_step", "horizon", "steps", "discounts", "episode_weights", "total_weight")
"""What is computed once and does not depend on weights."""


@dataclass(frozen=True, eq=False)
class EvaluationLog:
    """Logged rewards and two policies' probabilities of the logged actions. A bandit log has episodes of one step.

    float64 vectors are not copied. Do not change them afterwards: weights are computed once.

    Args:
        rewards: (n,) rows in time order within an episode.
        propensities: (n,) behaviour policy's probability of the logged action, in (0, 1].
        target_propensities: (n,) target policy's probability of the logged action, in [0, 1].
        q_logged: (n,) q(s, a) of the logged action, from a model that never saw the row, nor its user.
        v_target: (n,) sum_a pi_e(a|s) q(s, a), from the same model.
        episode_starts: (episodes,) first row of each episode; None: every row is an episode.
        gamma: discount factor in [0, 1]; gamma^0 is 1 also at gamma = 0.
        reward_range: known (smallest, largest) possible reward; finite-sample bounds need it.
        weight_bound: largest possible weight W_t, if known; likewise needed.
        step_bound: largest possible number of rows of an episode, if known; likewise needed where gamma is 1.
        clusters: (episodes,) user codes; the bootstrap then resamples users.
        metrics: (n, m) further outcomes, valued by the same weights.
        metric_ranges: for each metric its known (smallest, largest) value, or None.
        weights: (n,) how many rows of the whole log each row stands for, such as 10 where one of ten clickless rows is
            left; the same within an episode. Means over episodes are then sum s x / sum s, its denominator resampled.
        unsupported_mass: (n,) target-policy mass on actions that the behaviour policy never takes, where known.
        propensity_source: "logged", "uniform", "estimated" or "service" (the behaviour policy is known only by its
            choices); part of every result made from the log. See `from_weights`.
        state_ratios: (n,) d^e_t(s) / d^b_t(s), the policies' chances to be still in the session at the row's step, and
            in the row's state; `mis` weighs by them. See `ope.density.state_ratios`.
        category_propensities, target_category_propensities: (n,) the two policies' probabilities of the logged action's
            category; `mips` weighs by them. See `ope.density.category_propensities`.
        slate_weights: (episodes,) weights of whole slates, for `pseudo-inverse` where positions are not drawn
            independently; may be negative. See `ope.density.slate_weights`.
        calibration_error: of estimated propensities, see `ope.estimate_propensities`; shown with the diagnostics.
        bandwidth: width of the kernel that stands for an exact match of continuous actions, 0 where there is none; None
            where actions are discrete. Else propensities are densities, without an upper limit. See `kernel_log`.
        strata: (episodes,) codes of parts whose sizes were not left to chance: A/B arms, several behaviour policies;
            intervals then resample within each. See `ope.analysis.mixture_log`.
        ratio_gradients: (n, p) d log rho / d theta, theta being p fitted parameters on which the ratios depend.
        nuisance_influence: (episodes, p) how far each episode moves theta, times the number of episodes: theta-hat -
            theta = mean of it. With both, the error of theta is part of every standard error and interval.
        weight_bins: (n,) numbers 0, 1, ... of parts of the log in each of which the ratios' expectation is 1; where
            theirs is not, estimates are `weak` at best. See `ope.reliability.weight_bins`.

    Raises:
        InputError: lengths that differ, NaN, values out of range: names the argument and the first bad row.
    """

    rewards: np.ndarray
    propensities: np.ndarray
    target_propensities: np.ndarray
    q_logged: np.ndarray | None = None
    v_target: np.ndarray | None = None
    episode_starts: np.ndarray | None = None
    gamma: float = 1.0
    reward_range: tuple[float, float] | None = None
    weight_bound: float | None = None
    clusters: np.ndarray | None = None
    metrics: np.ndarray | None = None
    unsupported_mass: np.ndarray | None = None
    propensity_source: str = "logged"
    state_ratios: np.ndarray | None = None
    category_propensities: np.ndarray | None = None
    target_category_propensities: np.ndarray | None = None
    slate_weights: np.ndarray | None = None
    bandwidth: float | None = None
    calibration_error: float | None = None
    strata: np.ndarray | None = None
    step_bound: int | None = None
    metric_ranges: Sequence[tuple[float, float] | None] | None = None
    weights: np.ndarray | None = None
    ratio_gradients: np.ndarray | None = None
    nuisance_influence: np.ndarray | None = None
    weight_bins: np.ndarray | None = None

    def __post_init__(self) -> None:
        check_log(self)

    @staticmethod
    def from_arrays(
        actions: np.ndarray,
        rewards: np.ndarray,
        propensities: np.ndarray,
        target_policy: np.ndarray,
        q_hat: np.ndarray | None = None,
        behaviour_policy: np.ndarray | None = None,
        **fields: Unpack[MatrixFields],
    ) -> EvaluationLog:
        """The same log from (n, A) matrices in any row order; see `data.from_matrices.from_arrays`."""
        from .from_matrices import from_arrays

        return from_arrays(actions, rewards, propensities, target_policy, q_hat, behaviour_policy, **fields)

    @staticmethod
    def from_weights(
        rewards: np.ndarray,
        ratios: np.ndarray,
        *,
        exact: bool = False,
        **fields: Unpack[FittedWeightFields],
    ) -> EvaluationLog:
        """A log of importance weights alone; see `data.from_ratios.from_weights`."""
        from .from_ratios import from_weights

        return from_weights(rewards, ratios, exact=exact, **fields)

    # --- shape -----------------------------------------------------------------------------------------------------
    @property
    def n_rows(self) -> int:
        return len(self.rewards)

    @property
    def n_episodes(self) -> int:
        return self.n_rows if self.episode_starts is None else len(self.episode_starts)

    @property
    def n_units(self) -> int:
        """How many users the log has, or episodes where it knows no users: what a bootstrap draws from."""
        return self.n_episodes if self.clusters is None else int(self.clusters.max()) + 1

    @cached_property
    def starts(self) -> np.ndarray:
        """(episodes,) first row of each episode."""
        return np.arange(self.n_rows) if self.episode_starts is None else self.episode_starts

    @cached_property
    def lengths(self) -> np.ndarray:
        """(episodes,) rows per episode."""
        return np.diff(self.starts, append=self.n_rows)

    @cached_property
    def one_step(self) -> bool:
        """Whether every row is an episode."""
        return self.n_episodes == self.n_rows

    @cached_property
    def horizon(self) -> int:
        """Rows of the longest episode."""
        return 1 if self.one_step else int(self.lengths.max())

    @cached_property
    def steps(self) -> np.ndarray:
        """(n,) step of each row within its episode, from 0."""
        return np.arange(self.n_rows) - np.repeat(self.starts, self.lengths)

    @cached_property
    def discounts(self) -> np.ndarray:
        """(n,) gamma^t."""
        if self.one_step or self.gamma == 1:
            return np.ones(self.n_rows)
        return (float(self.gamma) ** np.arange(self.horizon))[self.steps]

    @cached_property
    def episode_weights(self) -> np.ndarray | None:
        """(episodes,) s, how many episodes each stands for; None: one."""
        return None if self.weights is None else self.first(self.weights)

    @cached_property
    def total_weight(self) -> float:
        """sum s, which means are divided by: the number of episodes where rows have no weights."""
        return float(self.n_episodes if self.episode_weights is None else self.episode_weights.sum())

    def times_weights(self, values: np.ndarray) -> np.ndarray:
        """(episodes,) s times values; the values themselves where rows have no weights."""
        return values if self.episode_weights is None else self.episode_weights * values

    # --- importance weights ------------------------------------------------------------------------------------------
    @cached_property
    def ratios(self) -> np.ndarray:
        """(n,) rho_t, the target policy's probability over the behaviour policy's."""
        with np.errstate(over="ignore"):
            return self.target_propensities / self.propensities

    @cached_property
    def log_weights(self) -> np.ndarray | None:
        """(n,) log W_t where some weight is too large or too small for a float's square, else None."""
        return None if self.one_step else extreme_log_weights(self.ratios, self.starts, self.lengths)

    @cached_property
    def importance_weights(self) -> np.ndarray:
        """(n,) W_t, the product of the episode's ratios up to the row; may overflow to inf on long episodes."""
        if self.one_step:
            return self.ratios
        return cumulative_weights(self.ratios, self.starts, self.lengths, self.log_weights)

    @cached_property
    def importance_weights_before(self) -> np.ndarray:
        """(n,) W_{t-1}; 1 at the first step of an episode."""
        before = np.ones(self.n_rows)
        if not self.one_step:
            before[1:] = self.importance_weights[:-1]
            before[self.starts] = 1.0
        return before

    @property
    def fitted_weights(self) -> bool:
        """Whether the ratios hold fitted parameters, be their error known or not; see `from_weights`."""
        exact = self.ratio_gradients is not None and not self.ratio_gradients.shape[1]
        return self.propensity_source == "service" and not exact

    def with_ratios(self, ratios: np.ndarray) -> EvaluationLog:
        """The same log with other (n,) ratios, unchecked: what a derivative needs many times."""
        twin = object.__new__(EvaluationLog)
        for field in fields(self):
            object.__setattr__(twin, field.name, getattr(self, field.name))
        for name in UNWEIGHTED:
            if name in self.__dict__:
                object.__setattr__(twin, name, self.__dict__[name])
        object.__setattr__(twin, "ratios", ratios)
        return twin

    def weighted(self, rows: np.ndarray) -> np.ndarray:
        """(n,) W_t times values of rows; a value of 0 is 0 under any weight, also under one that overflowed."""
        return self._product(self.importance_weights, rows)

    def weighted_before(self, rows: np.ndarray) -> np.ndarray:
        """(n,) W_{t-1} times values of rows, likewise."""
        return self._product(self.importance_weights_before, rows)

    def _product(self, weights: np.ndarray, rows: np.ndarray) -> np.ndarray:
        product = weights * rows
        if self.log_weights is not None:
            product[rows == 0] = 0.0
        return product

    @cached_property
    def final_weights(self) -> np.ndarray:
        """(episodes,) W_T."""
        return self.last(self.importance_weights)

    @cached_property
    def scaled_final_weights(self) -> np.ndarray:
        """(episodes,) W_T up to a common factor, so that products beyond the range of a float can be compared."""
        if self.log_weights is None:
            return self.final_weights
        logs = self.last(self.log_weights)
        largest = logs.max()
        return np.exp(logs - largest) if np.isfinite(largest) else np.zeros_like(logs)

    # --- rows and episodes -----------------------------------------------------------------------------------------
    def first(self, rows: np.ndarray) -> np.ndarray:
        """(n,) values of rows -> (episodes,) those at first steps."""
        return rows if self.one_step else rows[self.starts]

    def last(self, rows: np.ndarray) -> np.ndarray:
        """(n,) values of rows -> (episodes,) those at last steps."""
        return rows if self.one_step else rows[self.starts + self.lengths - 1]

    def per_episode(self, rows: np.ndarray) -> np.ndarray:
        """(n,) values of rows -> (episodes,) sums."""
        return rows if self.one_step else np.add.reduceat(rows, self.starts)

    def blocks(self) -> Iterator[EvaluationLog]:
        """A one-step log in views that fit a processor's cache; any other log whole, and one with fitted parameters,
        whose effect is that on all of it."""
        if not self.one_step or self.n_rows <= BLOCK_ROWS or self.nuisance_influence is not None:
            yield self
            return
        for first in range(0, self.n_rows, BLOCK_ROWS):
            block = object.__new__(EvaluationLog)
            # What was checked once need not be checked again.
            rows = slice(first, first + BLOCK_ROWS)
            for field in fields(self):
                value = getattr(self, field.name)
                sliced = field.name in (*ROW_FIELDS, "slate_weights") and value is not None
                object.__setattr__(block, field.name, value[rows] if sliced else value)
            for name in ("episode_starts", "clusters", "strata"):
                object.__setattr__(block, name, None)
            object.__setattr__(block, "ratios", self.ratios[rows])
            yield block

    def outcome(self, metric: int | None) -> np.ndarray:
        """(n,) the rewards, or one column of `metrics`."""
        if metric is None:
            return self.rewards
        columns = np.empty((self.n_rows, 0)) if self.metrics is None else self.metrics
        if not isinstance(metric, Integral) or not 0 <= metric < columns.shape[1]:
            raise InputError(f"Metric {metric!r} asked of a log with {columns.shape[1]} metrics.", where="metric")
        return columns[:, metric]
