"""Several policies on one log as text: joint intervals, one verdict each, who is better than whom."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

import numpy as np

from ...ope.scorecard.several import Comparison, PolicyScore
from .plan import amount, days, plan_lines
from .scorecard import WIDTH, aligned, guardrail_cells, interval_text, log_lines, number, size_of

SAYS = {"better": "better", "worse": "worse", "broken": "guardrail broken", "not-shown": "not shown"}


def comparison_text(comparison: Comparison) -> str:
    """The log, all policies with joint intervals, guardrails, all pairs, the answer and the plan."""
    table = comparison.table
    lines = [*log_lines(table, table.columns["reward"], lower_is_better=comparison.goal.lower_is_better), ""]
    lines += [*_policies(comparison), *_guardrails(comparison), "", *_differences(comparison), ""]
    lines += [*_answer(comparison), *_plans(comparison)]
    return "\n".join(lines) + "\n"


def _policies(comparison: Comparison) -> Iterator[str]:
    behaviour = comparison.behaviour
    level = f"{100 * behaviour.confidence:g}% interval"
    head = ("", "value", level, "lift over behaviour", level, "P(best)", "verdict")
    rows = [head, ("behaviour policy", number(behaviour.value), interval_text(behaviour), "", "", "", "")]
    for policy in comparison.policies:
        value, size = policy.candidate.estimate, size_of(policy.candidate.estimate, behaviour)
        says = SAYS[policy.decision.outcome]
        verdict = f"{says} ({policy.lift.verdict})" if policy.lift.verdict != "trusted" else says
        rows.append(
            (
                policy.name,
                number(value.value),
                interval_text(value),
                number(policy.lift.value, "+", size),
                interval_text(policy.lift, "+", size),
                f"{policy.candidate.p_best:.2f}" if np.isfinite(policy.candidate.p_best) else "none",
                verdict,
            )
        )
    yield from aligned(rows)
    yield f"By {comparison.estimator}. Intervals of the {len(comparison.policies)} policies hold all at once."


def _guardrails(comparison: Comparison) -> Iterator[str]:
    if not comparison.goal.guardrails:
        return
    yield ""
    rows: list[tuple[str, ...]] = [("Guardrails", "policy", "lift", "limit", "p holds", "p broken", "state")]
    for policy in comparison.policies:
        rows += [(f"  {rail.name}", policy.name, *guardrail_cells(rail)) for rail in policy.guardrails]
    yield from aligned(rows)


def _differences(comparison: Comparison) -> Iterator[str]:
    level = f"{100 * comparison.behaviour.confidence:g}% interval"
    rows = [("Differences, on the same rows", "value", level, "verdict")]
    for pair in comparison.differences:
        says = "told apart" if pair.shown else "not told apart"
        says += "" if pair.estimate.verdict == "trusted" else f" ({pair.estimate.verdict})"
        size = size_of(comparison.behaviour)
        rows.append(
            (
                f"  {pair.first} - {pair.second}",
                number(pair.estimate.value, "+", size),
                interval_text(pair.estimate, "+", size),
                says,
            )
        )
    yield from aligned(rows)


def _answer(comparison: Comparison) -> Iterator[str]:
    chosen = comparison.chosen
    if chosen is not None:
        text = f"TEST {chosen.name}: it beats the behaviour policy, and the log supports it."
        if others := comparison.not_told_apart:
            text += f" Not told apart from it: {', '.join(others)}; choose by what the log does not know."
    elif comparison.exit_code == 1:
        text = "NONE: the log shows each of them to be worse, or to break a guardrail."
    else:
        goal = comparison.goal
        more = f" by more than {goal.min_lift:g}" if goal.min_lift else ""
        guarded = " with guardrails that hold" if goal.guardrails else ""
        text = f"NOT SHOWN: by this log none of them is shown to beat the behaviour policy{more}{guarded}."
    yield from textwrap.wrap(f"{text} (exit code {comparison.exit_code})", WIDTH)
    for policy in comparison.policies:
        yield from _reasons(policy)


def _reasons(policy: PolicyScore) -> Iterator[str]:
    reasons = [*policy.decision.reasons, *policy.lift.reasons]
    if reasons:
        text = f"- {policy.name}: {'; '.join(reasons)}"
        yield from textwrap.wrap(text, WIDTH, initial_indent="  ", subsequent_indent="    ")


def _plans(comparison: Comparison) -> Iterator[str]:
    plans = {policy.name: policy.plan for policy in comparison.policies if policy.plan is not None}
    if not plans:
        return
    best = comparison.chosen.name if comparison.chosen else next(iter(plans))
    yield ""
    yield f"For {best}:"
    yield from plan_lines(plans[best])
    rows = [("Plans", "log to show it", "times this log", "users or rows to test", "chance of success")]
    for name, plan in plans.items():
        assured = plan.test.assurance
        rows.append(
            (
                f"  {name}",
                amount(plan.times * plan.claims.episodes) + days(plan.log_days),
                f"{plan.times:.3g}" if np.isfinite(plan.times) else "none",
                amount(plan.test.units) + days(plan.test_days),
                f"{assured:.0%}" if np.isfinite(assured) else "not known",
            )
        )
    yield ""
    yield from aligned(rows)
