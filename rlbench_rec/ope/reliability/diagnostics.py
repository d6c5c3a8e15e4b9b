"""How well a log covers the target policy. Episodes of several steps are judged by W_T, their last weight."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from ...arguments import expect
from ..data.evaluation_log import EvaluationLog
from ..estimators import Estimator
from .effective_sizes import Sizes
from .gate import VERDICTS, Gate, Overlap, Verdict, judge, judge_skewness, judge_users
from .log_overlap import LogOverlap
from .weight_bins import WeightBins, bins_p_value
from .weight_sums import Magnitudes, WeightSums


@dataclass(frozen=True)
class Diagnostics:
    """Overlap of a log with a target policy. Units are users where the log knows them, else episodes; w is the sum
    of the last weights W_T of a unit's episodes. Where the log has row weights s, W_T and W_t below stand for s times
    these, but for the largest W_T; means are weighted.

    Attributes:
        ess: effective sample size, (sum w)^2 / sum w^2, in units.
        ess_ratio: ess over the number of units.
        mean_weight: mean W_T over episodes; its expectation is 1 where the log supports the whole policy.
        mean_weight_z: (mean W_T - 1) over its standard error by unit; 0 where it is 1 to within 1e-6.
        max_weight: largest W_T.
        largest_weight_share: largest w over the sum of all.
        zero_weight_share: share of episodes of weight 0.
        effective_events: (sum x)^2 / sum x^2, x the sum of weight times size over a unit's events: over rows whose
            reward differs from the median one, gamma^t W_t |r_t - median|.
        unsupported_mass: mean mass of the target policy on actions that are never logged; NaN where not known.
        unsupported_mass_lower: what the weights say of it: max(0, 1 - mean W - 2 standard errors).
        step_ess: effective sample size of W_t over the episodes that have a step t; one entry per step.
        units: how many units.
        effective_users: (sum n)^2 / sum n^2, n the number of a unit's episodes: how many users of one size they are.
        balanced_weights: ess^3 / units^2; 1 / sqrt of it stands for the skewness that the weights leave.
        balanced_events: how many events of equal weight are as skewed; see `effective_sizes`.
        size_evenness: in [0, 1], what the inequality of their sizes leaves of them.
        verdict, reasons: what the gate says, and why.
        calibration_error: that of estimated propensities, None where not known.
        bins_p: the chance of bins of fitted weights as far from 1 as these, 1 where there are none; see
            `weight_bins`.
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
    units: int
    effective_users: float
    balanced_weights: float
    balanced_events: float
    size_evenness: float
    verdict: str
    reasons: tuple[str, ...]
    calibration_error: float | None = None
    bins_p: float = 1.0

    def to_dict(self) -> dict[str, Any]:
        """Plain Python values."""
        return asdict(self)


def diagnose(log: EvaluationLog, gate: Gate | None = None) -> Diagnostics:
    """Overlap diagnostics and the verdict on the weights, with the reward as the event."""
    expect(log, EvaluationLog, "log")
    overlap = LogOverlap(log)
    (sums,), (sizes,) = overlap.sums("reward"), overlap.sizes("reward")
    missing = doubt(LogTraits.of(log))
    of_log = diagnostics(sums, sizes, step_magnitudes(log), gate or Gate(), missing)
    return replace(of_log, calibration_error=log.calibration_error, bins_p=bins_p_value(log))


def diagnostics(
    sums: WeightSums, sizes: Sizes, steps: Sequence[Magnitudes], gate: Gate, missing: str | None
) -> Diagnostics:
    """Diagnostics from sums over units, from the sizes of events, from magnitudes of the weights of each step, and from
    what the weights cannot tell; see `doubt`."""
    figures = sums.overlap(sizes)
    verdict, reasons = doubted(judge_users(judge(figures, gate), figures.users, gate), missing)
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
        units=sums.units,
        effective_users=sums.effective_users,
        balanced_weights=figures.balanced_weights,
        balanced_events=figures.balanced_events,
        size_evenness=sizes.evenness,
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
    # Only their effective number is needed, so cubes and the largest are left out.
    pairs = zip(sums.tolist(), squares.tolist(), strict=True)
    return [Magnitudes(1.0, total, square, cubes=0.0, largest=0.0) for total, square in pairs]


class Verdicts:
    """Verdicts on several estimators of one log; shared figures are computed once.

    Args:
        log: the log.
        gate: thresholds.
        metric: the column of `log.metrics` that is valued, None for the reward.
    """

    def __init__(self, log: EvaluationLog, gate: Gate, metric: int | None = None):
        self.log, self.gate, self.metric = log, gate, metric
        self._of_outcomes: dict[int | None, LogOverlap] = {}
        self._overlaps: dict[tuple[int | None, str], list[Overlap]] = {}
        self._bins = WeightBins(log, metric)

    def of(self, estimator: Estimator, value: float, skewness: float, std_error: float = np.nan) -> Verdict:
        """Verdict and reasons of an estimate, from its value, its skewness and its standard error."""
        outcomes = (self.metric,) if estimator.outcomes is None else estimator.outcomes
        on_weights = [self._on(outcome, kind, estimator.kinds) for outcome in outcomes for kind in estimator.kinds]
        verdict = judge_skewness(worst(on_weights), skewness, self.gate)
        verdict = qualified(estimator, value, verdict, LogTraits.of(self.log))
        if verdict[0] == "trusted":
            verdict = doubted(verdict, self._bins.doubt(estimator, value, std_error, self.gate))
        return judge_users(verdict, self._users, self.gate)

    def by(self, gate: Gate) -> Verdicts:
        """Verdicts by another gate on the same figures."""
        others = Verdicts(self.log, gate, self.metric)
        others._of_outcomes, others._overlaps, others._bins = self._of_outcomes, self._overlaps, self._bins
        return others

    def overlaps(self, estimator: Estimator) -> list[Overlap]:
        """All figures that the verdict on an estimator looks at."""
        outcomes, kinds = (self.metric,) if estimator.outcomes is None else estimator.outcomes, estimator.kinds
        pairs = [(outcome, kind) for outcome in outcomes for kind in kinds]
        return [overlap for pair in pairs for overlap in _looked_at(self._overlaps_of(*pair), pair[1], kinds)]

    def _on(self, outcome: int | None, kind: str, kinds: Sequence[str]) -> Verdict:
        return verdict_on(self._overlaps_of(outcome, kind), self.gate, kind, kinds)

    def _overlaps_of(self, outcome: int | None, kind: str) -> list[Overlap]:
        if outcome not in self._of_outcomes:
            self._of_outcomes[outcome] = LogOverlap(self.log, outcome)
        if (outcome, kind) not in self._overlaps:
            self._overlaps[outcome, kind] = self._of_outcomes[outcome].overlaps(kind)
        return self._overlaps[outcome, kind]

    @property
    def _users(self) -> float | None:
        return effective_users(self.log)


def effective_users(log: EvaluationLog) -> float | None:
    """How many users of one size a log has; None where every episode is drawn by itself."""
    if log.clusters is None or log.n_units == log.n_episodes:
        return None
    return Magnitudes.of(np.bincount(log.clusters, log.episode_weights).astype(np.float64)).effective_number


def verdict_on(positions: Sequence[Overlap], gate: Gate, kind: str, kinds: Sequence[str]) -> Verdict:
    """The verdict on weights of a kind, which is one of several that an estimator has; on those of the position that
    overlaps least."""
    verdicts = [judge(overlap, gate) for overlap in _looked_at(positions, kind, kinds)]
    if len(verdicts) > 1:
        verdicts = [_about(f"position {at}", verdict) for at, verdict in enumerate(verdicts, start=1)]
    if not verdicts:
        return "trusted", ()
    return _about("where the policies differ", worst(verdicts)) if kind.endswith("difference") else worst(verdicts)


def _looked_at(positions: Sequence[Overlap], kind: str, kinds: Sequence[str]) -> Sequence[Overlap]:
    """The figures as the gate is asked about them: whether a log shows enough of a lift depends on the differences of
    weights, so that of a lift's other weights the events do not count."""
    if not kind.endswith("difference") and any(other.endswith("difference") for other in kinds):
        return [replace(overlap, sizes=None) for overlap in positions]
    return positions


def _about(what: str, verdict: Verdict) -> Verdict:
    """The verdict, with the subject of its reasons."""
    return verdict[0], tuple(f"{what}: {reason}" for reason in verdict[1])


def worst(verdicts: Sequence[Verdict]) -> Verdict:
    """The first of the worst verdicts."""
    return max(verdicts, key=lambda verdict: VERDICTS.index(verdict[0]))


@dataclass(frozen=True)
class LogTraits:
    """What the verdict looks at besides the weights of a log.

    Attributes:
        bandwidth: see `EvaluationLog`.
        propensity_source: likewise.
        uneven: whether episodes differ in length.
        unknown_error: whether weights hold fitted parameters whose error is not known.
    """

    bandwidth: float | None
    propensity_source: str
    uneven: bool
    unknown_error: bool = False

    @staticmethod
    def of(log: EvaluationLog) -> LogTraits:
        """The traits of a log."""
        return LogTraits(
            log.bandwidth,
            log.propensity_source,
            uneven=not log.one_step and bool(np.ptp(log.lengths)),
            unknown_error=log.fitted_weights and log.nuisance_influence is None,
        )


def qualified(estimator: Estimator, value: float, verdict: Verdict, traits: LogTraits) -> Verdict:
    """The verdict on an estimator's weights, which also looks at what the weights do not show."""
    if not np.isfinite(value):
        return "unreliable", (f"the value is not defined: {estimator.undefined}",)
    verdict = doubted(verdict, uncovered(estimator, traits))
    long = "sessions differ in length, and weights of whole sessions miss what the long ones hide"
    return doubted(verdict, long if estimator.whole_episodes and traits.uneven else None)


def doubted(verdict: Verdict, missing: str | None) -> Verdict:
    """The verdict, `weak` in place of `trusted` where something is missing."""
    return ("weak", (missing,)) if verdict[0] == "trusted" and missing else verdict


def uncovered(estimator: Estimator, traits: LogTraits) -> str | None:
    """The part of an estimate's error that no interval covers, in words; None if there is none."""
    if estimator.biased:
        return "the estimator has a bias that its interval does not cover"
    return None if estimator.events == "unweighted" else doubt(traits)


def doubt(traits: LogTraits) -> str | None:
    """Why no weighted estimate of a log can be trusted, however good the overlap."""
    if traits.bandwidth:
        return f"a kernel of width {traits.bandwidth:g} stands for the exact action"
    if traits.propensity_source == "estimated":
        return "the propensities are estimated, and no interval covers their error"
    if traits.unknown_error:
        return "the weights are fitted, and no interval covers the error of that"
    return None
