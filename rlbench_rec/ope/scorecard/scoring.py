"""A table of logged decisions, scored: values, paired lifts, diagnostics, and whether the lift is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ...errors import InputError
from ...tolerances import LONG_SUM
from ..analysis.confounding import Band, breaking_factor, sensitivity
from ..analysis.guardrails import Guardrail, Tested, in_words, outcomes_tested
from ..analysis.lifts import paired
from ..analysis.slices import Slice, day_estimate, slice_estimates
from ..data.evaluation_log import EvaluationLog
from ..estimate import Estimate, infer
from ..estimators import Estimator, Outcome, estimator, valued
from ..inference.inference_options import Inference, Interval
from ..reliability.diagnostics import Diagnostics, diagnose
from ..reliability.gate import Gate
from .load_table import LoggedTable
from .log_size import StreamedTable
from .members import further_member, members_of
from .tail_index import pareto_k

RESAMPLED = ("bootstrap", "bca", "studentised")
EXIT_CODES = {"better": 0, "worse": 1, "broken": 1, "not-shown": 3}
"""2 is wrong use. A script must tell harm (1) from too little evidence (3)."""


@dataclass(frozen=True)
class EstimatorScore:
    """One estimator: the target policy's value, and its lift over the behaviour policy."""

    value: Estimate
    lift: Estimate


@dataclass(frozen=True)
class OutcomeScores:
    """One outcome: its column, or the ratio of two; the behaviour policy's mean, and for each estimator the target
    policy's."""

    column: str
    behaviour: Estimate
    scores: tuple[EstimatorScore, ...]

    def relative(self, score: EstimatorScore) -> float:
        """The lift as a share of the behaviour policy's value; NaN unless the latter's interval is clear of 0."""
        clear_of_0 = self.behaviour.ci_low > 0 or self.behaviour.ci_high < 0
        return score.lift.value / abs(self.behaviour.value) if clear_of_0 else np.nan


@dataclass(frozen=True)
class Decision:
    """What the first estimator shows; the others are a cross-check.

    Attributes:
        estimator: which.
        outcome: `better` (trusted, the whole interval of the lift beyond `min_lift`, and every guardrail shown to
            hold), `worse` (trusted, and the whole interval on the wrong side of 0), `broken` (a guardrail is shown not
            to hold) or `not-shown`.
        reasons: why it is not shown.
        exit_code: 0 for `better`, 1 for `worse` and `broken`, 3 for `not-shown`.
    """

    estimator: str
    outcome: str
    reasons: tuple[str, ...]

    @property
    def exit_code(self) -> int:
        return EXIT_CODES[self.outcome]


@dataclass(frozen=True)
class Report:
    """The scores of a table of logged decisions.

    Attributes:
        table: the table that was read, or that went by in parts.
        reward, metrics: the decisive outcome, and those beside it, ratios last.
        lower_is_better: whether rewards are costs.
        min_lift: the lift, in the good direction, that must be exceeded.
        decision: whether it is.
        diagnostics: of the weights.
        pareto_k: see `tail_index`; gates nothing.
        bands, breaking_factor: hidden confounding, see `ope.analysis.sensitivity`; empty and NaN on longer sessions and
            where every propensity is 1.
        guardrails: see `ope.analysis.ship`.
        slices: see `ope.analysis.by_slice`.
        by_day: the lift by whole days, where slices are days and there are two or more; see `ope.analysis.over_days`.
    """

    table: LoggedTable | StreamedTable
    reward: OutcomeScores
    metrics: tuple[OutcomeScores, ...]
    lower_is_better: bool
    min_lift: float
    decision: Decision
    diagnostics: Diagnostics
    pareto_k: float
    bands: tuple[Band, ...]
    breaking_factor: float
    guardrails: tuple[Tested, ...] = ()
    slices: tuple[Slice, ...] = ()
    by_day: Estimate | None = None

    @property
    def log(self) -> EvaluationLog:
        """The log of the table.

        Raises:
            InputError: it was read in parts, of which nothing is kept.
        """
        if isinstance(self.table, StreamedTable):
            hint = "Read the whole table: `scorecard.read_log` and `scorecard.score`, or --no-stream."
            raise InputError("The log was read in parts; this needs its rows.", where=self.table.path, hint=hint)
        return self.table.log

    @property
    def no_difference(self) -> bool:
        """Whether the lift is 0 and known to be."""
        lift = self.reward.scores[0].lift
        return lift.value == 0.0 and lift.std_error == 0.0


def score(
    table: LoggedTable,
    estimators: Sequence[str] = (),
    *,
    ratios: Sequence[str] = (),
    guardrails: Mapping[str, Guardrail] | None = None,
    lower_is_better: bool = False,
    min_lift: float = 0.0,
    interval: Interval = "bootstrap",
    confidence: float = 0.95,
    n_resamples: int = 2_000,
    seed: int = 0,
    gate: Gate | None = None,
) -> Report:
    """Score a table of logged decisions; the first estimator decides.

    Args:
        table: from `ope.read_log`.
        estimators: `snips`, `ips-clip:10`, or `switch-dr:slope` for a parameter that SLOPE chooses from the log; none:
            `dr`, `snips`, `ips` where the table has q, else `snips`, `ips`.
        ratios: of two outcomes that were read: `revenue/orders`.
        guardrails: what must not suffer, by outcome that was read, or ratio of two.
        lower_is_better: rewards are costs.
        min_lift: the lift that must be exceeded, >= 0, in the good direction.
        interval, confidence, n_resamples, seed, gate: as in `ope.estimate`.

    Raises:
        UnknownNameError, InputError: an estimator or an option that cannot be used.
    """
    log = table.log
    check_min_lift(min_lift)
    inference = Inference(interval, confidence, n_resamples, seed, gate or Gate())
    _check_resamples(inference)
    members = members_of(estimators, log)
    reward = _scores(log, table.columns["reward"], members, None, inference)
    without_q = further_member(members)
    further = (*table.metrics, *dict.fromkeys(ratios))
    metrics = [_scores(log, name, [without_q], table.outcome(name), inference) for name in further]
    bands, factor = _confounding(log, reward.behaviour.value)
    rails = {name: replace(rail, outcome=table.outcome(name)) for name, rail in (guardrails or {}).items()}
    tested = outcomes_tested(log, rails, without_q, inference) if rails else []
    slices, by_day = _slices(table, members[0], inference)
    return Report(
        table,
        reward,
        tuple(metrics),
        lower_is_better,
        min_lift,
        guarded(decide(reward.scores[0], min_lift, lower_is_better), tested),
        diagnose(log, inference.gate),
        pareto_k(log),
        bands,
        factor,
        tuple(tested),
        slices,
        by_day,
    )


def check_min_lift(min_lift: float) -> None:
    """Refuse a lift below 0, which would be a harm."""
    if not 0.0 <= min_lift < np.inf:
        raise InputError(f"{min_lift:g}; it must be 0 or more, in the good direction.", where="min_lift")


def _check_resamples(inference: Inference) -> None:
    """Refuse percentiles of fewer draws than have one in either tail: of a single draw both limits are that draw."""
    least = np.ceil(2.0 / (1.0 - inference.confidence) - 1.0 - 1e-6)
    if inference.interval in RESAMPLED and inference.n_resamples < least:
        what = f"{inference.n_resamples}; an interval of {inference.confidence:.12g} needs {least:.0f} or more."
        raise InputError(what, where="n_resamples")


def decide(first: EstimatorScore, min_lift: float, lower_is_better: bool) -> Decision:
    """Whether a lift is shown; see `Decision`."""
    lift = first.lift
    low, high = (-lift.ci_high, -lift.ci_low) if lower_is_better else (lift.ci_low, lift.ci_high)
    # A lift that does not vary is the difference of two values, and known to their last digits.
    scale = abs(first.value.value) + abs(first.value.value - lift.value)
    rounding = LONG_SUM * scale if lift.std_error == 0.0 else 0.0
    if lift.verdict == "trusted" and low > min_lift + rounding:
        return Decision(first.value.estimator, "better", ())
    if lift.verdict == "trusted" and high < -rounding:
        return Decision(first.value.estimator, "worse", ())
    reasons = [] if lift.verdict == "trusted" else [f"the log does not support the estimate ({lift.verdict})"]
    if low == high == 0.0:
        reasons.append("there is no difference at all: the lift is 0, and so are both limits")
    elif not low > min_lift + rounding:
        beyond = f"below {-min_lift + 0.0:.4g}" if lower_is_better else f"above {min_lift:.4g}"
        state = f"is not wholly {beyond}" if np.isfinite(low) else "is not defined"
        reasons.append(f"the interval of the lift {state}")
    return Decision(first.value.estimator, "not-shown", tuple(reasons))


def guarded(decision: Decision, guardrails: Sequence[Tested]) -> Decision:
    """The decision, after a look at what must not suffer."""
    reasons = {
        state: [f"guardrail {rail.name}: {in_words(rail)}" for rail in guardrails if rail.state == state]
        for state in ("broken", "open")
    }
    if decision.outcome == "worse" or not (reasons["broken"] or reasons["open"]):
        return decision
    if reasons["broken"]:
        return Decision(decision.estimator, "broken", tuple(reasons["broken"]))
    return Decision(decision.estimator, "not-shown", (*decision.reasons, *reasons["open"]))


def _slices(table: LoggedTable, member: Estimator, inference: Inference) -> tuple[tuple[Slice, ...], Estimate | None]:
    if table.slices is None:
        return (), None
    by_day = None
    if table.days is not None and table.days > 1:
        # Resampling a handful of days would be too sure of itself.
        by_day = day_estimate(table.log, table.slices, paired(member), replace(inference, interval="normal"))
    return tuple(slice_estimates(table.log, table.slices, member, inference)), by_day


def _scores(
    log: EvaluationLog, column: str, members: Sequence[Estimator], outcome: Outcome, inference: Inference
) -> OutcomeScores:
    on_policy, *of_values = (valued(member, outcome) for member in (estimator("on-policy"), *members))
    behaviour, *estimates = infer(log, [on_policy, *of_values, *map(paired, of_values)], inference)
    pairs = zip(estimates[: len(members)], estimates[len(members) :], strict=True)
    return OutcomeScores(column, behaviour, tuple(EstimatorScore(value, lift) for value, lift in pairs))


def _confounding(log: EvaluationLog, behaviour: float) -> tuple[tuple[Band, ...], float]:
    # Odds of 0 stay 0 under any factor: a band of no width would claim that nothing can be hidden.
    if not log.one_step or log.bandwidth is not None or (log.propensities == 1).all():
        return (), np.nan
    return tuple(sensitivity(log)), breaking_factor(log, behaviour)
