"""How well a log covers the evaluated policy. Episodes of several steps are judged by W_T, their last weight."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from .estimators import Estimator
from .gate import VERDICTS, Gate, Verdict, judge, judge_users
from .log import EvaluationLog
from .overlap import Magnitudes, WeightSums
from .weighing import Weighing


@dataclass(frozen=True)
class Diagnostics:
    """Overlap of a log with an evaluation policy. Where the log has row weights s, W below stands for s W, but for the
    largest W; means are weighted.

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
        calibration_error: that of estimated propensities, None where not known.
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
    calibration_error: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain Python values."""
        return asdict(self)


def diagnose(log: EvaluationLog, gate: Gate | None = None) -> Diagnostics:
    """Overlap diagnostics and the verdict on the weights, with the reward as the event."""
    (sums,) = Weighing(log, log.rewards).sums("reward")
    found = diagnostics(sums, step_magnitudes(log), gate or Gate(), doubt(log.bandwidth, log.propensity_source))
    return replace(found, calibration_error=log.calibration_error)


def diagnostics(sums: WeightSums, steps: Sequence[Magnitudes], gate: Gate, missing: str | None) -> Diagnostics:
    """Diagnostics from sums over the last weights of episodes, from magnitudes of the weights of each step, and from
    what the weights cannot tell; see `doubt`."""
    figures = sums.overlap()
    verdict, reasons = doubted(judge(figures, gate), missing)
    return Diagnostics(
        ess=figures.ess,
        ess_ratio=figures.ess_ratio,
        mean_weight=figures.mean_weight,
        mean_weight_z=figures.mean_weight_z,
        max_weight=sums.max_weight,
        largest_weight_share=figures.largest_weight_share,
        zero_weight_share=1.0 - sums.positive / sums.count,
        effective_events=figures.effective_events,
        unsupported_mass=sums.unsupported_mass,
        unsupported_mass_lower=sums.unsupported_mass_lower,
        step_ess=tuple(step.effective_number for step in steps),
        verdict=verdict,
        reasons=reasons,
    )


def step_magnitudes(log: EvaluationLog) -> list[Magnitudes]:
    """For each step: those of W_t over the episodes that have it, up to a factor of the step where they are extreme."""
    if log.one_step:
        return [Magnitudes.of(log.times_weights(log.importance_weights))]
    weights = log.importance_weights
    if log.log_weights is not None:
        largest = np.full(log.horizon, -np.inf)
        np.maximum.at(largest, log.steps, log.log_weights)
        weights = np.exp(log.log_weights - np.where(np.isfinite(largest), largest, 0.0)[log.steps])
    if log.weights is not None:
        weights = log.weights * weights
    sums = np.bincount(log.steps, weights)
    squares = np.bincount(log.steps, weights * weights)
    # Only their effective number is asked for, so the largest is not.
    return [Magnitudes(1.0, *pair, largest=0.0) for pair in zip(sums.tolist(), squares.tolist(), strict=True)]


class Verdicts:
    """Verdicts on several estimators of one log; what they share is computed once.

    Args:
        log: the log.
        gate: thresholds.
        metric: the column of `log.metrics` that is valued, None for the reward.
    """

    def __init__(self, log: EvaluationLog, gate: Gate, metric: int | None = None):
        self.log, self.gate, self.metric = log, gate, metric
        self._weighings: dict[int | None, Weighing] = {}
        self._judged: dict[tuple[int | None, str], Verdict] = {}

    def of(self, one: Estimator, value: float) -> Verdict:
        """Verdict and reasons of an estimate."""
        outcomes = (self.metric,) if one.outcomes is None else one.outcomes
        found = [self._on(outcome, kind) for outcome in outcomes for kind in one.kinds]
        verdict = qualified(one, value, found, self.log.bandwidth, self.log.propensity_source)
        return judge_users(verdict, self.log.n_units, self.log.n_episodes, self.gate)

    def _on(self, outcome: int | None, kind: str) -> Verdict:
        if outcome not in self._weighings:
            self._weighings[outcome] = Weighing(self.log, self.log.outcome(outcome))
        if (outcome, kind) not in self._judged:
            sums = self._weighings[outcome].sums(kind)
            self._judged[outcome, kind] = verdict_on(sums, self.gate, kind)
        return self._judged[outcome, kind]


def verdict_on(positions: Sequence[WeightSums], gate: Gate, kind: str) -> Verdict:
    """The verdict on weights of a kind; on those of the position that overlaps least."""
    found = [judge(sums.overlap(), gate) for sums in positions]
    if len(found) > 1:
        found = [_about(f"position {at}", one) for at, one in enumerate(found, start=1)]
    return _about("where the policies differ", worst(found)) if kind.endswith("difference") else worst(found)


def _about(what: str, found: Verdict) -> Verdict:
    """The verdict, its reasons saying what they are about."""
    return found[0], tuple(f"{what}: {reason}" for reason in found[1])


def worst(found: Sequence[Verdict]) -> Verdict:
    """The first of the worst verdicts."""
    return max(found, key=lambda one: VERDICTS.index(one[0]))


def qualified(
    one: Estimator, value: float, found: Sequence[Verdict], bandwidth: float | None, propensity_source: str
) -> Verdict:
    """The worst verdict on an estimator's weights, after a look at what weights cannot tell."""
    if not np.isfinite(value):
        return "unreliable", (f"the value is not defined: {one.undefined}",)
    return doubted(worst(found), uncovered(one, bandwidth, propensity_source))


def doubted(found: Verdict, missing: str | None) -> Verdict:
    """The verdict, `weak` in place of `trusted` where something is missing."""
    return ("weak", (missing,)) if found[0] == "trusted" and missing else found


def uncovered(one: Estimator, bandwidth: float | None, propensity_source: str) -> str | None:
    """The part of an estimate's error that no interval covers, in words; None where there is none."""
    if one.biased:
        return "the estimator has a bias that its interval does not cover"
    return None if one.events == "unweighted" else doubt(bandwidth, propensity_source)


def doubt(bandwidth: float | None, propensity_source: str) -> str | None:
    """Why no weighted estimate of a log can be trusted, however well it overlaps."""
    if bandwidth:
        return f"a kernel of width {bandwidth:g} stands for the exact action"
    if propensity_source == "estimated":
        return "the propensities are estimated, and no interval covers their error"
    return None
