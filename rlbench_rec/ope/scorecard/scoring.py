"""A table of logged decisions, scored: values, paired lifts, diagnostics, and whether the lift is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...errors import InputError
from ..analysis.confounding import Band, breaking_factor, sensitivity
from ..analysis.guardrails import Guardrail, Tested, in_words, outcomes_tested
from ..analysis.lifts import paired
from ..analysis.slices import Slice, by_slice, over_days
from ..data.evaluation_log import EvaluationLog
from ..estimate import Estimate, estimate_all
from ..estimators import ESTIMATORS, Estimator, Outcome, estimator, valued
from ..inference.influence import ROUNDING
from ..inference.slope import slope
from ..reliability.diagnostics import Diagnostics, diagnose
from .load_table import LoggedTable
from .tail_index import pareto_k

WITHOUT_Q = ("snips", "ips")
WITH_Q = ("dr", "snips", "ips")
RESAMPLED = ("bootstrap", "bca", "studentised")
EXIT_CODES = {"better": 0, "worse": 1, "broken": 1, "not-shown": 3}
"""2 is wrong use. Harm and ignorance are not the same thing for a script."""


@dataclass(frozen=True)
class Scored:
    """One estimator: the evaluated policy's value, and its lift over the logging policy."""

    value: Estimate
    lift: Estimate


@dataclass(frozen=True)
class Scores:
    """One outcome: its column, or the ratio of two; the logging policy's own mean, and what estimators say of the
    evaluated one's."""

    column: str
    logging: Estimate
    scored: tuple[Scored, ...]

    def relative(self, of: Scored) -> float:
        """The lift as a share of the logging policy's value; NaN unless the latter's interval is clear of 0."""
        sure = self.logging.ci_low > 0 or self.logging.ci_high < 0
        return of.lift.value / abs(self.logging.value) if sure else np.nan


@dataclass(frozen=True)
class Decision:
    """What the first estimator says, the others being a cross-check.

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
    """All that is said of a table.

    Attributes:
        table: what was read.
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

    table: LoggedTable
    reward: Scores
    metrics: tuple[Scores, ...]
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
        """What was estimated from."""
        return self.table.log

    @property
    def no_difference(self) -> bool:
        """Whether the lift is 0 and known to be."""
        lift = self.reward.scored[0].lift
        return lift.value == 0.0 and lift.std_error == 0.0


def score(
    table: LoggedTable,
    estimators: Sequence[str] = (),
    *,
    ratios: Sequence[str] = (),
    guardrails: Mapping[str, Guardrail] | None = None,
    lower_is_better: bool = False,
    min_lift: float = 0.0,
    **settings: Any,
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
        settings: `interval`, `confidence`, `n_resamples`, `seed` and `gate` of `ope.estimate_all`.

    Raises:
        UnknownNameError, InputError: an estimator or a setting that cannot be used.
    """
    log = table.log
    if not 0.0 <= min_lift < np.inf:
        raise InputError(f"{min_lift:g}; it must be 0 or more, in the good direction.", where="min_lift")
    _check_resamples(**settings)
    names = estimators or (WITHOUT_Q if log.q_logged is None else WITH_Q)
    chosen = [_estimator(name, log) for name in names]
    reward = _scores(log, table.columns["reward"], chosen, None, settings)
    weighted = [one for one in chosen if not one.needs_q][:1] or [estimator("snips")]
    further = (*table.metrics, *dict.fromkeys(ratios))
    metrics = [_scores(log, name, weighted, table.outcome(name), settings) for name in further]
    bands, factor = _confounding(log, reward.logging.value)
    rails = {name: replace(rail, outcome=table.outcome(name)) for name, rail in (guardrails or {}).items()}
    tested = outcomes_tested(log, rails, weighted[0], **settings) if rails else []
    slices, by_day = _slices(table, chosen[0], settings)
    return Report(
        table,
        reward,
        tuple(metrics),
        lower_is_better,
        min_lift,
        guarded(decide(reward.scored[0], min_lift, lower_is_better), tested),
        diagnose(log, settings.get("gate")),
        pareto_k(log),
        bands,
        factor,
        tuple(tested),
        slices,
        by_day,
    )


def _check_resamples(
    interval: str = "bootstrap", confidence: float = 0.95, n_resamples: int = 2_000, **others: Any
) -> None:
    """Refuse percentiles of fewer draws than have one in either tail: of a single draw both limits are that draw."""
    least = np.ceil(2.0 / (1.0 - confidence) - 1.0 - 1e-6) if 0.0 < confidence < 1.0 else 0.0
    if interval in RESAMPLED and 0 < n_resamples < least:
        what = f"{n_resamples}; an interval of {confidence:.12g} needs {least:.0f} or more."
        raise InputError(what, where="n_resamples")


def decide(first: Scored, min_lift: float, lower_is_better: bool) -> Decision:
    """Whether a lift is shown; see `Decision`."""
    lift = first.lift
    low, high = (-lift.ci_high, -lift.ci_low) if lower_is_better else (lift.ci_low, lift.ci_high)
    # A lift that does not vary is the difference of two values, and known to their last digits.
    scale = abs(first.value.value) + abs(first.value.value - lift.value)
    rounding = ROUNDING * scale if lift.std_error == 0.0 else 0.0
    if lift.verdict == "trusted" and low > min_lift + rounding:
        return Decision(first.value.estimator, "better", ())
    if lift.verdict == "trusted" and high < -rounding:
        return Decision(first.value.estimator, "worse", ())
    reasons = [] if lift.verdict == "trusted" else [f"the log does not support the estimate ({lift.verdict})"]
    if low == high == 0.0:
        reasons.append("there is no difference at all: the lift is 0, and so are both limits")
    elif not low > min_lift + rounding:
        wanted = f"below {-min_lift + 0.0:.4g}" if lower_is_better else f"above {min_lift:.4g}"
        told = f"is not wholly {wanted}" if np.isfinite(low) else "is not defined"
        reasons.append(f"the interval of the lift {told}")
    return Decision(first.value.estimator, "not-shown", tuple(reasons))


def guarded(decision: Decision, guardrails: Sequence[Tested]) -> Decision:
    """The decision, after a look at what must not suffer."""
    reasons = {
        state: [f"guardrail {one.name}: {in_words(one)}" for one in guardrails if one.state == state]
        for state in ("broken", "open")
    }
    if decision.outcome == "worse" or not (reasons["broken"] or reasons["open"]):
        return decision
    if reasons["broken"]:
        return Decision(decision.estimator, "broken", tuple(reasons["broken"]))
    return Decision(decision.estimator, "not-shown", (*decision.reasons, *reasons["open"]))


def _slices(table: LoggedTable, one: Estimator, settings: dict[str, Any]) -> tuple[tuple[Slice, ...], Estimate | None]:
    if table.slices is None:
        return (), None
    by_day = None
    if table.days is not None and table.days > 1:
        # Resampling a handful of days would be too sure of itself.
        by_day = over_days(table.log, table.slices, one, **settings | {"interval": "normal"})
    return tuple(by_slice(table.log, table.slices, one, **settings)), by_day


def _estimator(name: str, log: EvaluationLog) -> Estimator:
    """`ips-clip:10`, `switch-dr:slope`, `magic`."""
    known, _, given = name.partition(":")
    found = ESTIMATORS[known]
    if given == "slope":
        return slope(log, found)
    if not given:
        if set(found.required) - set(found.parameters):
            (parameter,) = found.required
            hint = f"Write {known}:10 (a {parameter} of 10), or {known}:slope to have it chosen from the log."
            raise InputError(f"The estimator '{known}' needs a {parameter}.", where="--estimators", hint=hint)
        return estimator(found)
    try:
        values = [float(number) for number in given.split(":")]
    except ValueError as error:
        raise InputError(f"'{given}' in '{name}' is no number.", where="--estimators") from error
    if len(values) > len(found.required):
        takes = " and ".join(found.required) or "no parameters"
        raise InputError(f"The estimator '{known}' takes {takes}.", where="--estimators")
    return estimator(found, **dict(zip(found.required, values, strict=False)))


def _scores(
    log: EvaluationLog, column: str, chosen: Sequence[Estimator], outcome: Outcome, settings: dict[str, Any]
) -> Scores:
    own, *chosen = (valued(one, outcome) for one in (estimator("on-policy"), *chosen))
    logging, *found = estimate_all(log, [own, *chosen, *map(paired, chosen)], **settings)
    pairs = zip(found[: len(chosen)], found[len(chosen) :], strict=True)
    return Scores(column, logging, tuple(Scored(value, lift) for value, lift in pairs))


def _confounding(log: EvaluationLog, logging: float) -> tuple[tuple[Band, ...], float]:
    # Odds of 0 stay 0 under any factor: a band of no width would claim that nothing can be hidden.
    if not log.one_step or log.bandwidth is not None or (log.propensities == 1).all():
        return (), np.nan
    return tuple(sensitivity(log)), breaking_factor(log, logging)
