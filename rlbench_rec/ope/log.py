"""EvaluationLog: logged decisions as vectors, all that an estimator ever reads."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..errors import InputError
from .weights import cumulative_log_weights, cumulative_weights

SOURCES = ("logged", "uniform", "estimated")


@dataclass(frozen=True, eq=False)
class EvaluationLog:
    """Logged rewards and two policies' probabilities of the logged actions. A bandit log has episodes of one step.

    Args:
        rewards: (n,) rows in time order within an episode.
        propensities: (n,) behaviour policy's probability of the logged action, in (0, 1].
        target_propensities: (n,) evaluation policy's probability of the logged action, in [0, 1].
        q_logged: (n,) q(s, a) of the logged action, from a model that never saw the row.
        v_target: (n,) sum_a pi_e(a|s) q(s, a), from the same model.
        episode_starts: (episodes,) first row of each episode; None: every row is an episode.
        gamma: discount factor in [0, 1]; gamma^0 is 1 also at gamma = 0.
        reward_range: known (smallest, largest) possible reward; finite-sample bounds need it.
        weight_bound: known largest possible importance weight, likewise.
        clusters: (episodes,) user codes; the bootstrap then resamples users.
        metrics: (n, m) further outcomes, valued by the same weights.
        unsupported_mass: (n,) evaluation-policy mass on actions the behaviour policy never takes, where known.
        propensity_source: "logged", "uniform" or "estimated"; part of every result made from the log.

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

    def __post_init__(self) -> None:
        for name in ("rewards", "propensities", "target_propensities", "q_logged", "v_target", "unsupported_mass"):
            _set(self, name, _vector(name, getattr(self, name)))
        if len(self.rewards) == 0:
            raise InputError("The log has no rows.", where="rewards")
        for name in ("propensities", "target_propensities", "q_logged", "v_target", "unsupported_mass", "metrics"):
            column = getattr(self, name)
            if column is not None and len(column) != self.n_rows:
                raise InputError(f"{len(column)} entries for {self.n_rows} rewards.", where=name)
        if self.metrics is not None:
            metrics = np.asarray(self.metrics, dtype=np.float64)
            if metrics.ndim != 2:
                raise InputError(f"Shape {metrics.shape}; (rows, metrics) is needed.", where="metrics")
            _refuse("metrics", ~np.isfinite(metrics).all(axis=1), "not a finite number", metrics[:, 0])
            _set(self, "metrics", metrics)
        _refuse(
            "propensities", ~((self.propensities > 0) & (self.propensities <= 1)), "outside (0, 1]", self.propensities
        )
        for name in ("target_propensities", "unsupported_mass"):
            column = getattr(self, name)
            if column is not None:
                # Sums of probabilities may exceed 1 by rounding.
                _refuse(name, ~((column >= 0) & (column <= 1 + 1e-9)), "outside [0, 1]", column)
        if (self.q_logged is None) != (self.v_target is None):
            raise InputError("q_logged and v_target belong together: give both or neither.", where="q_logged")
        self._check_episodes()
        self._check_settings()

    def _check_episodes(self) -> None:
        if self.episode_starts is not None:
            starts = np.asarray(self.episode_starts)
            if starts.ndim != 1 or len(starts) == 0 or not np.issubdtype(starts.dtype, np.integer):
                raise InputError("A vector of row numbers is needed.", where="episode_starts")
            starts = starts.astype(np.int64)
            _refuse("episode_starts", np.diff(starts, prepend=-1) <= 0, "not ascending", starts)
            if starts[0] != 0 or starts[-1] >= self.n_rows:
                raise InputError(
                    f"Episodes start at rows {starts[0]} to {starts[-1]} of {self.n_rows}; the first must be 0.",
                    where="episode_starts",
                )
            _set(self, "episode_starts", starts)
        if self.clusters is not None:
            clusters = np.unique(np.asarray(self.clusters), return_inverse=True)[1].astype(np.int64)
            if len(clusters) != self.n_episodes:
                raise InputError(f"{len(clusters)} entries for {self.n_episodes} episodes.", where="clusters")
            _set(self, "clusters", clusters)

    def _check_settings(self) -> None:
        if not 0.0 <= float(self.gamma) <= 1.0:
            raise InputError(f"gamma is {self.gamma}; it must lie in [0, 1].", where="gamma")
        if self.propensity_source not in SOURCES:
            raise InputError(
                f"'{self.propensity_source}' is not one of {', '.join(SOURCES)}.", where="propensity_source"
            )
        if self.reward_range is not None:
            low, high = self.reward_range
            outside = (self.rewards < low) | (self.rewards > high)
            _refuse("rewards", outside, f"outside reward_range ({low}, {high})", self.rewards)

    @staticmethod
    def from_arrays(actions, rewards, propensities, target_policy, q_hat=None, behaviour_policy=None, **options):
        """The same log from (n, A) matrices in any row order; see `ope.arrays.from_arrays`."""
        from .arrays import from_arrays

        return from_arrays(actions, rewards, propensities, target_policy, q_hat, behaviour_policy, **options)

    # --- shape -----------------------------------------------------------------------------------------------------
    @property
    def n_rows(self) -> int:
        return len(self.rewards)

    @property
    def n_episodes(self) -> int:
        return self.n_rows if self.episode_starts is None else len(self.episode_starts)

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
    def steps(self) -> np.ndarray:
        """(n,) step of each row within its episode, from 0."""
        return np.arange(self.n_rows) - np.repeat(self.starts, self.lengths)

    @cached_property
    def discounts(self) -> np.ndarray:
        """(n,) gamma^t."""
        return np.ones(self.n_rows) if self.one_step else float(self.gamma) ** self.steps

    # --- weights ---------------------------------------------------------------------------------------------------
    @cached_property
    def ratios(self) -> np.ndarray:
        """(n,) rho_t, the evaluation policy's probability over the behaviour policy's."""
        return self.target_propensities / self.propensities

    @cached_property
    def weights(self) -> np.ndarray:
        """(n,) W_t, the product of the episode's ratios up to the row; may overflow to inf on long episodes."""
        return self.ratios if self.one_step else cumulative_weights(self.ratios, self.starts, self.lengths)

    @cached_property
    def weights_before(self) -> np.ndarray:
        """(n,) W_{t-1}; 1 at the first step of an episode."""
        before = np.concatenate([[1.0], self.weights[:-1]])
        before[self.starts] = 1.0
        return before

    @cached_property
    def final_weights(self) -> np.ndarray:
        """(episodes,) W_T."""
        return self.weights[self.starts + self.lengths - 1]

    @cached_property
    def scaled_final_weights(self) -> np.ndarray:
        """(episodes,) W_T up to a common factor, so that products beyond the range of a float still compare."""
        weights = self.final_weights
        if self.one_step or (np.isfinite(weights).all() and weights.max() > 1e-150):
            return weights
        logs = cumulative_log_weights(self.ratios, self.starts, self.lengths)[self.starts + self.lengths - 1]
        largest = logs.max()
        return np.exp(logs - largest) if np.isfinite(largest) else np.zeros_like(logs)

    def outcome(self, metric: int | None) -> np.ndarray:
        """(n,) the rewards, or one column of `metrics`."""
        if metric is None:
            return self.rewards
        if self.metrics is None or not 0 <= metric < self.metrics.shape[1]:
            have = 0 if self.metrics is None else self.metrics.shape[1]
            raise InputError(f"Metric {metric} asked of a log with {have} metrics.", where="metric")
        return self.metrics[:, metric]

    def per_episode(self, rows: np.ndarray) -> np.ndarray:
        """(n,) values of rows -> (episodes,) sums."""
        return rows if self.one_step else np.add.reduceat(rows, self.starts)


def _set(log: EvaluationLog, name: str, value: object) -> None:
    object.__setattr__(log, name, value)


def _vector(name: str, values: object) -> np.ndarray | None:
    if values is None:
        return None
    try:
        vector = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError("Numbers are needed.", where=name) from error
    if vector.ndim != 1:
        raise InputError(f"Shape {vector.shape}; a vector is needed.", where=name)
    # One sum tells whether anything is wrong without a temporary the size of the column.
    if not np.isfinite(vector.sum()):
        _refuse(name, ~np.isfinite(vector), "not a finite number", vector)
    return vector


def _refuse(name: str, bad: np.ndarray, why: str, values: np.ndarray) -> None:
    if bad.any():
        row = int(np.argmax(bad))
        raise InputError(f"{int(bad.sum())} values are {why}; the first is {values[row]:g} at row {row}.", where=name)
