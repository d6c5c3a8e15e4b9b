"""Several target policies on one table: joint intervals, one verdict each, and who is better than whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np

from ...errors import InputError
from ..analysis.guardrails import Tested, outcomes_tested
from ..analysis.lifts import lift
from ..analysis.policy_selection import Candidate, select
from ..analysis.simultaneous_lifts import lift_on_log
from ..estimate import Estimate, infer
from ..estimators import Estimator, estimator
from ..inference.inference_options import Inference
from ..inference.simultaneous import critical_value
from ..reliability.diagnostics import Diagnostics, diagnose
from .column_roles import NOT_USED
from .load_table import LoggedTable, read_log
from .members import estimator_named
from .plans import Goal, PlanOptions, PolicyPlan, plan_for
from .scoring import EXIT_CODES, Decision, EstimatorScore, decide, guarded

OF_ONE_POLICY = ("q", "v", "unsupported_mass")
"""Columns that are of one target policy, which a table of several cannot have."""
OF_ANOTHER_KIND = ("target_propensity", "weights", "scores", "base")
"""Parts that name a target policy in another way."""


@dataclass(frozen=True)
class PolicyScore:
    """One of several target policies.

    Attributes:
        name: its column.
        candidate: value and lift with joint intervals, and the probability that it is the best.
        lift: the lift as an estimate, with the joint interval.
        decision: the verdict on it, by the joint interval and its guardrails.
        guardrails: tested at a level that all policies share.
        diagnostics: of its weights.
        plan: how long to log and to test, where that was asked for.
    """

    name: str
    candidate: Candidate
    lift: Estimate
    decision: Decision
    guardrails: tuple[Tested, ...]
    diagnostics: Diagnostics
    plan: PolicyPlan | None


@dataclass(frozen=True)
class Difference:
    """V(first) - V(second) on the same rows, with an interval that holds for all pairs at once."""

    first: str
    second: str
    estimate: Estimate

    @property
    def shown(self) -> bool:
        """Whether the log tells the two apart."""
        low, high = self.estimate.ci_low, self.estimate.ci_high
        return self.estimate.verdict == "trusted" and (low > 0.0 or high < 0.0)


@dataclass(frozen=True)
class Comparison:
    """Several target policies on one table, the best first.

    Attributes:
        table: as read for the first policy that was named.
        estimator: that decides.
        behaviour: the behaviour policy's value.
        policies: the best first.
        differences: of all pairs, the better one first.
        goal: what was asked of each.
    """

    table: LoggedTable
    estimator: str
    behaviour: Estimate
    policies: tuple[PolicyScore, ...]
    differences: tuple[Difference, ...]
    goal: Goal

    @property
    def chosen(self) -> PolicyScore | None:
        """The policy to test: the best of those that are shown to be better, with guardrails that hold."""
        return next((policy for policy in self.policies if policy.decision.outcome == "better"), None)

    @property
    def not_told_apart(self) -> tuple[str, ...]:
        """The other policies that are shown to be better, and not shown to be worse than the chosen one."""
        if self.chosen is None:
            return ()
        better = {policy.name for policy in self.policies if policy.decision.outcome == "better"}
        pairs = [pair for pair in self.differences if self.chosen.name in (pair.first, pair.second) and not pair.shown]
        others = {name for pair in pairs for name in (pair.first, pair.second)} - {self.chosen.name}
        return tuple(policy.name for policy in self.policies if policy.name in others & better)

    @property
    def exit_code(self) -> int:
        """0 where one is better, 1 where all are shown to be worse or to break a guardrail, else 3."""
        codes = {policy.decision.exit_code for policy in self.policies}
        return 0 if 0 in codes else 1 if codes == {1} else EXIT_CODES["not-shown"]


def read_several(
    path: Any, targets: Sequence[str], columns: Mapping[str, str | None], **options: Any
) -> dict[str, LoggedTable]:
    """The table once for each target policy: the same decisions, in the same order.

    Args:
        path: the file.
        targets: columns, the target policies' probabilities of the logged action.
        columns, options: as of `read_log`.

    Raises:
        InputError: a policy that is named twice, parts that go with one policy alone, and what `read_log` raises.
    """
    if len(set(targets)) < len(targets):
        raise InputError("A policy is named twice.", where="--target")
    for part in (*OF_ANOTHER_KIND, *OF_ONE_POLICY):
        if columns.get(part) and columns[part] != NOT_USED:
            what = "It belongs to one target policy, and several are compared."
            raise InputError(what, where=part, hint="Leave it out, or give one policy: --target-propensity COLUMN.")
    if options.get("form") is not None:
        raise InputError("A form makes one target policy, and several are compared.", where="form")
    shared = {**columns, **dict.fromkeys(OF_ONE_POLICY, NOT_USED)}
    return {name: read_log(path, shared | {"target_propensity": name}, **options) for name in targets}


def compare_policies(
    tables: Mapping[str, LoggedTable],
    name: str = "snips",
    *,
    goal: Goal | None = None,
    inference: Inference | None = None,
    plan: PlanOptions | None = None,
) -> Comparison:
    """Which of several policies to test, if any.

    Intervals of values hold for all policies at once, and so do those of lifts and of the differences of all pairs
    (`ope.analysis.select`, `inference.critical_value`). Guardrails are tested at (1 - confidence) / (2 K) for K
    policies. So with probability `confidence` no policy is called better that is not, whichever is picked.

    Args:
        tables: policy -> table, from `read_several`.
        name: the estimator that decides: `snips`, `ips-clip:10`.
        goal: guardrails, the same for each policy, and what the lift must exceed.
        inference: level of the intervals, bootstrap and gate.
        plan: what to plan for; None: no plan.

    Raises:
        InputError: fewer than two policies, and what `score` raises.
    """
    if len(tables) < 2:
        raise InputError("Two policies or more can be compared.", where="--target", hint="Name them: --target a,b.")
    goal, inference = goal or Goal(), replace(inference or Inference(), interval="simultaneous")
    first = next(iter(tables.values())).log
    member = estimator_named(name, first)
    on_logs = {of: lift_on_log(table.log, member, inference=inference) for of, table in tables.items()}
    candidates = select(
        {of: table.log for of, table in tables.items()},
        member,
        interval="simultaneous",
        confidence=inference.confidence,
        n_resamples=inference.n_resamples,
        seed=inference.seed,
        gate=inference.gate,
        lower_is_better=goal.lower_is_better,
    )
    factor = critical_value([each.influences for each in on_logs.values()], inference.confidence, seed=inference.seed)
    asked = _Asked(name, member, goal, inference, len(tables), plan, factor)
    policies = tuple(asked.score(tables[each.policy], each, on_logs[each.policy].estimate) for each in candidates)
    influences = {of: each.influences for of, each in on_logs.items()}
    differences = _differences(tables, influences, [policy.name for policy in policies], member, inference)
    (behaviour,) = infer(first, [estimator("on-policy")], replace(inference, interval="bootstrap"))
    return Comparison(tables[next(iter(tables))], member.label, behaviour, policies, differences, goal)


@dataclass(frozen=True)
class _Asked:
    """What each policy is asked: the estimator, the goal, levels, and the plan."""

    name: str
    member: Estimator
    goal: Goal
    inference: Inference
    policies: int
    plan: PlanOptions | None
    factor: float

    def score(self, table: LoggedTable, candidate: Candidate, lift: Estimate) -> PolicyScore:
        """One policy's verdict by its joint interval, and its plan."""
        goal, inference = self.goal, self.inference
        joint = replace(lift, ci_low=candidate.lift_low, ci_high=candidate.lift_high, interval="simultaneous")
        level = 1.0 - (1.0 - inference.confidence) / self.policies
        of_rails = replace(inference, interval="normal", confidence=level)
        tested = outcomes_tested(table.log, goal.rails(table), self.member, of_rails) if goal.guardrails else []
        decision = decide(EstimatorScore(candidate.estimate, joint), goal.min_lift, goal.lower_is_better)
        planned = None
        if self.plan is not None:
            planned = plan_for(table, self.plan, [self.name], goal=goal, inference=inference, threshold=self.factor)
        diagnostics = diagnose(table.log, inference.gate)
        return PolicyScore(
            candidate.policy, candidate, joint, guarded(decision, tested), tuple(tested), diagnostics, planned
        )


def _differences(
    tables: Mapping[str, LoggedTable],
    influences: Mapping[str, np.ndarray],
    order: Sequence[str],
    member: Estimator,
    inference: Inference,
) -> tuple[Difference, ...]:
    """All pairs, the better one first, with intervals that hold for all of them at once."""
    pairs = list(combinations(order, 2))
    apart = [influences[one] - influences[other] for one, other in pairs]
    factor = critical_value(apart, inference.confidence, seed=inference.seed)
    found = []
    for one, other in pairs:
        between = lift(tables[one].log, member, against=tables[other].log, interval="none", gate=inference.gate)
        half = factor * between.std_error if between.std_error > 0 else between.std_error
        low, high = between.value - half, between.value + half
        found.append(Difference(one, other, replace(between, ci_low=low, ci_high=high, interval="simultaneous")))
    return tuple(found)
