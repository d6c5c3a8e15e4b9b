"""How well a log covers the evaluated policy. Episodes of several steps are judged by W_T, their last weight."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from .gate import Gate, Overlap, judge
from .log import EvaluationLog


@dataclass(frozen=True)
class Diagnostics:
    """Overlap of a log with an evaluation policy.

    Attributes:
        ess: effective sample size, (sum W)^2 / sum W^2.
        ess_ratio: ess over the number of episodes.
        mean_weight: mean W; its expectation is 1 where the log supports the whole policy.
        mean_weight_z: (mean W - 1) over its standard error; 0 where all weights are 1.
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
    gate = gate or Gate()
    found = _diagnose(log)
    verdict, reasons = judge(overlap(found, effective_events(log, log.rewards)), gate)
    return replace(found, verdict=verdict, reasons=reasons)


def overlap(found: Diagnostics, events: float) -> Overlap:
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


def effective_events(log: EvaluationLog, events: np.ndarray) -> float:
    """(sum |w e|)^2 / sum (w e)^2 for an (n,) vector of events e; 0 where all are 0."""
    with np.errstate(over="ignore", invalid="ignore"):
        contributions = log.per_episode(log.discounts * log.weights * np.abs(events))
    return _effective_number(contributions)


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
        zero_weight_share=float(np.mean(scaled == 0)),
        effective_events=effective_events(log, log.rewards),
        unsupported_mass=np.nan if log.unsupported_mass is None else float(log.unsupported_mass.mean()),
        unsupported_mass_lower=max(0.0, 1.0 - mean - 2.0 * np.nan_to_num(error)) if np.isfinite(mean) else 0.0,
        step_ess=_step_ess(log),
        verdict="",
        reasons=(),
    )


def _z(mean: float, error: float) -> float:
    if mean == 1.0 and not error > 0:
        return 0.0
    return (mean - 1.0) / error if error > 0 else float(np.copysign(np.inf, mean - 1.0))


def _effective_number(values: np.ndarray) -> float:
    # Scaled by the largest, so that squares neither overflow nor vanish.
    largest = values.max()
    if not largest > 0:
        return 0.0
    if np.isinf(largest):
        return float(np.isinf(values).sum())
    scaled = values / largest
    return float(scaled.sum() ** 2 / np.square(scaled).sum())


def _step_ess(log: EvaluationLog) -> tuple[float, ...]:
    if log.one_step:
        return (_effective_number(log.weights),)
    largest = np.zeros(int(log.lengths.max()))
    np.maximum.at(largest, log.steps, log.weights)
    with np.errstate(divide="ignore", invalid="ignore"):
        scaled = np.nan_to_num(log.weights / largest[log.steps], posinf=0.0)
        sums, squares = np.bincount(log.steps, scaled), np.bincount(log.steps, scaled**2)
        return tuple(np.nan_to_num(sums**2 / squares).tolist())
