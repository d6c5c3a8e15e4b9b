"""How long to log, and how long to test: plans for a table of decisions, with days where its traffic is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ...errors import InputError
from ..analysis.ab_test import ABTest, LogLength, ab_test, log_length
from ..analysis.claims import Claims, claims_of
from ..analysis.guardrails import Guardrail
from ..analysis.planning import absolute_lift
from ..inference.inference_options import Inference
from .load_table import LoggedTable
from .members import members_of
from .trusted_length import trusted_length


@dataclass(frozen=True)
class Goal:
    """What must be shown of a policy.

    Attributes:
        guardrails: what must not suffer, by outcome that was read, or ratio of two.
        min_lift: the lift that must be exceeded, >= 0, in the good direction.
        lower_is_better: whether rewards are costs.
    """

    guardrails: Mapping[str, Guardrail] = field(default_factory=dict)
    min_lift: float = 0.0
    lower_is_better: bool = False

    def rails(self, table: LoggedTable) -> dict[str, Guardrail]:
        """The guardrails with the outcomes of a table."""
        return {name: replace(rail, outcome=table.outcome(name)) for name, rail in self.guardrails.items()}


@dataclass(frozen=True)
class PlanOptions:
    """What is planned for.

    Attributes:
        lift: the true lift to be shown, above 0, in the good direction.
        relative: whether it is a share of the behaviour policy's value.
        power: probability with which it is to be shown.
        treated: share of the test's users who get the target policy.
        traffic: share of all traffic that takes part in the test.
        per_day: decisions (or sessions) a day; None: those of the log's days, where the table is sliced by day.

    Raises:
        InputError: a number out of its range.
    """

    lift: float
    relative: bool = False
    power: float = 0.8
    treated: float = 0.5
    traffic: float = 1.0
    per_day: float | None = None

    def __post_init__(self) -> None:
        for name, value in (("power", self.power), ("treated", self.treated)):
            if not 0.0 < value < 1.0:
                raise InputError(f"{value:g}; a number between 0 and 1 is needed.", where=name)
        if not 0.0 < self.traffic <= 1.0:
            raise InputError(f"{self.traffic:g}; a share above 0, at most 1, is needed.", where="traffic")
        if self.per_day is not None and not 0.0 < self.per_day < np.inf:
            raise InputError(f"{self.per_day:g}; a number above 0 is needed.", where="per_day")


@dataclass(frozen=True)
class PolicyPlan:
    """The plan for one target policy.

    Attributes:
        lift: to be shown, in the outcome's own unit.
        options: what was asked for.
        claims: the headline and the guardrails, as the log knows them.
        log: how long a log must be, for off-policy estimates to show them.
        log_days: the same in days; NaN where the traffic is not known.
        trusted_times: how many times as long a log must be for a trusted lift, and trusted guardrails; infinite where
            none is long enough.
        test: how long an A/B test must be.
        test_days: the same in days, at the share of the traffic that takes part.
    """

    lift: float
    options: PlanOptions
    claims: Claims
    log: LogLength
    log_days: float
    trusted_times: float
    test: ABTest
    test_days: float

    @property
    def times(self) -> float:
        """How many times as long as this log one must be, to show the lift and to be trusted."""
        return max(self.log.times, self.trusted_times)

    @property
    def binding(self) -> str:
        """The outcome that needs the longest test."""
        return self.claims.names[int(np.argmax(self.test.alone))]


def planned_lift(text: str) -> tuple[float, bool]:
    """The lift to be shown, and whether it is a share: `5%` of the behaviour policy's value, or `0.002`.

    Raises:
        InputError: no number above 0.
    """
    hint = "Write 5% (of the behaviour policy's value) or 0.002: the true lift that is to be shown."
    try:
        number = float(text.strip().removesuffix("%"))
    except ValueError as error:
        raise InputError(f"'{text}' is not a number.", where="--plan", hint=hint) from error
    if not 0.0 < number < np.inf:
        raise InputError(f"'{text}' is not a lift: it must be above 0.", where="--plan", hint=hint)
    relative = text.strip().endswith("%")
    return (number / 100.0 if relative else number), relative


def plan_for(
    table: LoggedTable,
    options: PlanOptions,
    estimators: Sequence[str] = (),
    *,
    goal: Goal | None = None,
    inference: Inference | None = None,
    threshold: float | None = None,
) -> PolicyPlan:
    """How long to log, and how long to test, until the lift and all guardrails are shown.

    Args:
        table: the log, with one target policy.
        options: what is planned for.
        estimators: of which the first decides, as of `score`.
        goal: guardrails, whose tolerances must leave something to show, and what the lift must exceed.
        inference: level of the intervals, and the gate.
        threshold: standard errors from estimate to limit where intervals of several policies hold at once.

    Raises:
        InputError: see `ope.analysis.claims_of`.
    """
    inference, goal = inference or Inference(), goal or Goal()
    try:
        lift = absolute_lift(table.log, options.lift, options.relative)
        claims = claims_of(
            table.log,
            lift,
            goal.rails(table),
            members_of(estimators, table.log)[0],
            min_lift=goal.min_lift,
            lower_is_better=goal.lower_is_better,
            inference=inference,
        )
    except InputError as error:
        raise InputError(error.what, where="plan" if error.where == "lift" else error.where, hint=error.hint) from error
    logged = log_length(claims, power=options.power, confidence=inference.confidence, threshold=threshold)
    test = ab_test(claims, power=options.power, confidence=inference.confidence, treated=options.treated)
    outcomes = [None, *(rail.outcome for rail in goal.rails(table).values())]
    trusted = max(trusted_length(table.log, options.power, inference.gate, outcome) for outcome in outcomes)
    per_day = options.per_day
    if per_day is None:
        per_day = claims.episodes / table.days if table.days else np.nan
    log_days = max(logged.times, trusted) * claims.episodes / per_day
    test_days = test.episodes / (per_day * options.traffic)
    return PolicyPlan(lift, options, claims, logged, log_days, trusted, test, test_days)
