"""A table of logged decisions, scored: values, paired lifts, diagnostics, and whether the lift is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...errors import InputError
from ..diagnostics import Diagnostics, diagnose
from ..estimate import Estimate, estimate_all
from ..estimators import ESTIMATORS, Estimator, estimator
from ..lift import paired
from ..log import EvaluationLog
from ..sensitivity import Band, breaking_factor, sensitivity
from ..slope import slope
from .reading import LoggedTable
from .tail import pareto_k

WITHOUT_Q = ("snips", "ips")
WITH_Q = ("dr", "snips", "ips")
EXIT_CODES = {"better": 0, "not-shown": 1, "worse": 1}


@dataclass(frozen=True)
class Scored:
    """One estimator: the evaluated policy's value, and its lift over the logging policy."""

    value: Estimate
    lift: Estimate


@dataclass(frozen=True)
class Outcome:
    """One outcome: its column, the logging policy's own mean, and what estimators say of the evaluated policy."""

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
        outcome: `better` (trusted, and the whole interval of the lift beyond `min_lift`), `worse` (trusted, and the
            whole interval on the wrong side of 0) or `not-shown`.
        reasons: why it is not shown.
        exit_code: 0 for `better`, else 1.
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
        reward, metrics: the decisive outcome, and those beside it.
        lower_is_better: whether rewards are costs.
        min_lift: the lift, in the good direction, that must be exceeded.
        decision: whether it is.
        diagnostics: of the weights.
        pareto_k: see `ope.table.tail`; gates nothing.
        bands, breaking_factor: hidden confounding, see `ope.sensitivity`; empty and NaN on longer sessions.
    """

    table: LoggedTable
    reward: Outcome
    metrics: tuple[Outcome, ...]
    lower_is_better: bool
    min_lift: float
    decision: Decision
    diagnostics: Diagnostics
    pareto_k: float
    bands: tuple[Band, ...]
    breaking_factor: float

    @property
    def log(self) -> EvaluationLog:
        """What was estimated from."""
        return self.table.log


def score(
    table: LoggedTable,
    estimators: Sequence[str] = (),
    *,
    lower_is_better: bool = False,
    min_lift: float = 0.0,
    **settings: Any,
) -> Report:
    """Score a table of logged decisions; the first estimator decides.

    Args:
        table: from `ope.read_log`.
        estimators: `snips`, `ips-clip:10`, or `switch-dr:slope` for a parameter that SLOPE chooses from the log; none:
            `dr`, `snips`, `ips` where the table has q, else `snips`, `ips`.
        lower_is_better: rewards are costs.
        min_lift: the lift that must be exceeded, >= 0, in the good direction.
        settings: `interval`, `confidence`, `n_resamples`, `seed` and `gate` of `ope.estimate_all`.

    Raises:
        UnknownNameError, InputError: an estimator or a setting that cannot be used.
    """
    log = table.log
    if not 0.0 <= min_lift < np.inf:
        raise InputError(f"{min_lift:g}; it must be 0 or more, in the good direction.", where="min_lift")
    names = estimators or (WITHOUT_Q if log.q_logged is None else WITH_Q)
    chosen = [_estimator(name, log) for name in names]
    reward = _outcome(log, table.columns["reward"], chosen, None, settings)
    weighted = [one for one in chosen if not one.needs_q][:1] or [estimator("snips")]
    metrics = [_outcome(log, name, weighted, at, settings) for at, name in enumerate(table.metrics)]
    bands, factor = _confounding(log, reward.logging.value)
    return Report(
        table,
        reward,
        tuple(metrics),
        lower_is_better,
        min_lift,
        decide(reward.scored[0], min_lift, lower_is_better),
        diagnose(log, settings.get("gate")),
        pareto_k(log),
        bands,
        factor,
    )


def decide(first: Scored, min_lift: float, lower_is_better: bool) -> Decision:
    """Whether a lift is shown; see `Decision`."""
    lift = first.lift
    low, high = (-lift.ci_high, -lift.ci_low) if lower_is_better else (lift.ci_low, lift.ci_high)
    if lift.verdict == "trusted" and low > min_lift:
        return Decision(first.value.estimator, "better", ())
    if lift.verdict == "trusted" and high < 0:
        return Decision(first.value.estimator, "worse", ())
    reasons = [] if lift.verdict == "trusted" else [f"the log does not support the estimate ({lift.verdict})"]
    if not low > min_lift:
        wanted = f"below {-min_lift + 0.0:.4g}" if lower_is_better else f"above {min_lift:.4g}"
        told = f"is not wholly {wanted}" if np.isfinite(low) else "is not defined"
        reasons.append(f"the interval of the lift {told}")
    return Decision(first.value.estimator, "not-shown", tuple(reasons))


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


def _outcome(
    log: EvaluationLog, column: str, chosen: Sequence[Estimator], metric: int | None, settings: dict[str, Any]
) -> Outcome:
    both = ["on-policy", *chosen, *map(paired, chosen)]
    logging, *found = estimate_all(log, both, metric=metric, **settings)
    pairs = zip(found[: len(chosen)], found[len(chosen) :], strict=True)
    return Outcome(column, logging, tuple(Scored(value, lift) for value, lift in pairs))


def _confounding(log: EvaluationLog, logging: float) -> tuple[tuple[Band, ...], float]:
    if not log.one_step or log.bandwidth is not None:
        return (), np.nan
    return tuple(sensitivity(log)), breaking_factor(log, logging)
