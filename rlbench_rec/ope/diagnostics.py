"""How well a log covers the evaluated policy. Episodes of several steps are judged by W_T, their last weight."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from .estimators import Estimator
from .gate import VERDICTS, Gate, Overlap, judge
from .log import EvaluationLog

MEAN_WEIGHT_ROUNDING = 1e-6
"""Single precision errs by less; a mean weight so near 1 is 1."""


@dataclass(frozen=True)
class Diagnostics:
    """Overlap of a log with an evaluation policy.

    Attributes:
        ess: effective sample size, (sum W)^2 / sum W^2.
        ess_ratio: ess over the number of episodes.
        mean_weight: mean W; its expectation is 1 where the log supports the whole policy.
        mean_weight_z: (mean W - 1) over its standard error; 0 where it is 1 to within 1e-6.
        max_weight: largest W.
        largest_weight_share: largest W over the sum of all.
        zero_weight_share: share of episodes of weight 0.
        effective_events: (sum |w e|)^2 / sum (w e)^2, e the reward; on episodes w e is sum_t gamma^t W_t |e_t|.
        unsupported_mass: mean evaluation-policy mass on actions that are never logged; NaN where not known.
        unsupported_mass_lower: what the weights say of it: max(0, 1 - mean W - 2 standard errors).
        step_ess: effective sample size of W_t over the episodes that have a step t; one entry a step.
        verdict, reasons: what the gate says, and why.
    """

    ess: float
    ess_ratio: float
    mean_weight: float
    mean_weight_z: float
    max_weight: float
    largest_weight_share: float
    zero_weight_share: float
    effective_events: float
    unsupported_mass: float
    unsupported_mass_lower: float
    step_ess: tuple[float, ...]
    verdict: str
    reasons: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain Python values."""
        return asdict(self)


def diagnose(log: EvaluationLog, gate: Gate | None = None) -> Diagnostics:
    """Overlap diagnostics and the verdict on the weights, with the reward as the event."""
    found = _diagnose(log)
    verdict, reasons = judge(_overlap(found, found.effective_events), gate or Gate())
    return replace(found, verdict=verdict, reasons=reasons)


class Verdicts:
    """Verdicts on several estimators of one log; what they share is computed once.

    Args:
        log: the log.
        gate: thresholds.
        metric: the column of `log.metrics` that is valued, None for the reward.
    """

    def __init__(self, log: EvaluationLog, gate: Gate, metric: int | None = None):
        self.log, self.gate = log, gate
        self.outcome = log.outcome(metric)
        self._judged: dict[str, tuple[str, tuple[str, ...]]] = {}

    def of(self, one: Estimator, value: float) -> tuple[str, tuple[str, ...]]:
        """Verdict and reasons of an estimate."""
        if not np.isfinite(value):
            return "unreliable", ("the value is not defined: all weights of a step are 0 or overflow",)
        if one.events not in self._judged:
            self._judged[one.events] = self._judge(one.events)
        verdict, reasons = self._judged[one.events]
        if one.biased and verdict == "trusted":
            return "weak", ("the estimator has a bias that its interval does not cover",)
        return verdict, reasons

    def _judge(self, events: str) -> tuple[str, tuple[str, ...]]:
        log = self.log
        if events == "unweighted":
            ones = np.ones(log.n_rows)
            own = EvaluationLog(self.outcome, ones, ones, episode_starts=log.episode_starts, gamma=log.gamma)
            return _judge_rewards(own, self.gate)
        if events == "positions":
            return _worst_position(log, self.outcome, self.gate)
        if events == "nothing":
            count = np.inf
        else:
            count = effective_events(log, self.outcome - log.q_logged if events == "residual" else self.outcome)
        return judge(_overlap(self._found, count), self.gate)

    @cached_property
    def _found(self) -> Diagnostics:
        return _diagnose(self.log)


def _judge_rewards(log: EvaluationLog, gate: Gate) -> tuple[str, tuple[str, ...]]:
    found = _diagnose(log)
    return judge(_overlap(found, found.effective_events), gate)


def _worst_position(log: EvaluationLog, outcome: np.ndarray, gate: Gate) -> tuple[str, tuple[str, ...]]:
    """The verdict on the marginal weights of the position that overlaps least."""
    found = []
    for step in range(log.horizon):
        at = log.steps == step
        position = EvaluationLog(outcome[at], log.propensities[at], log.target_propensities[at])
        verdict, reasons = _judge_rewards(position, gate)
        found.append((verdict, tuple(f"position {step + 1}: {reason}" for reason in reasons)))
    return max(found, key=lambda one: VERDICTS.index(one[0]))


def effective_events(log: EvaluationLog, events: np.ndarray) -> float:
    """(sum |w e|)^2 / sum (w e)^2 for an (n,) vector of events e; 0 where all are 0."""
    with np.errstate(over="ignore", invalid="ignore"):
        contributions = log.weighted(np.abs(events))
        if not log.one_step:
            contributions *= log.discounts
        return _effective_number(log.per_episode(contributions))


def _overlap(found: Diagnostics, events: float) -> Overlap:
    """The gate's figures, for estimators whose weights multiply other events than the reward."""
    # Where the mass is not known, the weights' own lower limit stands in: it can only understate.
    unsupported = found.unsupported_mass_lower if np.isnan(found.unsupported_mass) else found.unsupported_mass
    return Overlap(
        found.ess,
        found.ess_ratio,
        found.mean_weight,
        found.mean_weight_z,
        found.largest_weight_share,
        events,
        unsupported,
    )


def _diagnose(log: EvaluationLog) -> Diagnostics:
    weights, scaled = log.final_weights, log.scaled_final_weights
    n = len(weights)
    with np.errstate(over="ignore", invalid="ignore"):
        mean, error = float(weights.mean()), float(weights.std(ddof=1) / np.sqrt(n)) if n > 1 else np.nan
    total = float(scaled.sum())
    ess = _effective_number(scaled)
    return Diagnostics(
        ess=ess,
        ess_ratio=ess / n,
        mean_weight=mean,
        mean_weight_z=_z(mean, error),
        max_weight=float(weights.max()),
        largest_weight_share=float(scaled.max()) / total if total > 0 else np.nan,
        zero_weight_share=1.0 - np.count_nonzero(scaled) / n,
        effective_events=effective_events(log, log.rewards),
        unsupported_mass=np.nan if log.unsupported_mass is None else float(log.unsupported_mass.mean()),
        unsupported_mass_lower=max(0.0, 1.0 - mean - 2.0 * np.nan_to_num(error)) if np.isfinite(mean) else 0.0,
        step_ess=(ess,) if log.one_step else _step_ess(log),
        verdict="",
        reasons=(),
    )


def _z(mean: float, error: float) -> float:
    # Weights that are all 1 but for rounding have a standard error of rounding too; their ratio means nothing.
    if abs(mean - 1.0) <= MEAN_WEIGHT_ROUNDING:
        return 0.0
    return (mean - 1.0) / error if error > 0 else float(np.copysign(np.inf, mean - 1.0))


def _effective_number(values: np.ndarray) -> float:
    largest = values.max()
    if not largest > 0:
        return 0.0
    if np.isinf(largest):
        return float(np.isinf(values).sum())
    # Scaled by the largest where squares would overflow or vanish.
    if not 1e-100 < largest < 1e100:
        values = values / largest
    return float(values.sum() ** 2 / (values @ values))


def _step_ess(log: EvaluationLog) -> tuple[float, ...]:
    """ESS of W_t over the episodes that have a step t."""
    weights = log.weights
    if log.log_weights is not None:
        largest = np.full(log.horizon, -np.inf)
        np.maximum.at(largest, log.steps, log.log_weights)
        weights = np.exp(log.log_weights - np.where(np.isfinite(largest), largest, 0.0)[log.steps])
    sums = np.bincount(log.steps, weights)
    squares = np.bincount(log.steps, weights * weights)
    with np.errstate(invalid="ignore"):
        return tuple(np.nan_to_num(sums**2 / squares).tolist())
