"""A plan as text: how long to log, how long to test, and whether the test is likely to succeed."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator

from ...ope.analysis.guardrails import HEADLINE
from ...ope.scorecard.plans import PolicyPlan

WIDTH = 100
NAME_WIDTH = 30
FEW_EVENTS = 0.2
"""Of `Claims.spread_error`; about a hundred events have it, of which .80 came out as .75 to .79."""


def plan_lines(plan: PolicyPlan) -> Iterator[str]:
    """The lift that is planned for, the log, the test, and its chances."""
    options, claims, test = plan.options, plan.claims, plan.test
    share = f" ({100 * options.lift:g}% of the behaviour policy's value)" if options.relative else ""
    yield (
        f"Plan: to show a lift of {plan.lift:.4g}{share} in {options.power:.0%} of cases, "
        f"at {100 * test.confidence:g}% confidence"
    )
    if len(claims.names) > 1:
        yield f"  and that these hold: {', '.join(claims.names[1:])}"
    yield from _line("log, for `rlbench ope`", _log(plan))
    if claims.spread_error > FEW_EVENTS:
        few = f"so few events that its own spread is known to -+ {claims.spread_error:.0%} alone"
        yield from _line("", f"this log has {few}: expect less than {options.power:.0%}")
    yield from _line(f"A/B test, {options.treated:.0%} treated", _test(plan))
    yield from _line("chance that the test succeeds", _assurance(plan))


def amount(number: float, unit: str = "") -> str:
    """A number of rows or users, rounded up; what is out of reach is said so."""
    return f"{math.ceil(number):,}{f' {unit}' if unit else ''}" if math.isfinite(number) else "no number will do"


def days(number: float) -> str:
    """`, 12 days`; nothing where the traffic is not known."""
    whole = math.ceil(number) if math.isfinite(number) else 0
    return f", {whole:,} day{'s' * (whole != 1)}" if math.isfinite(number) else ""


def _line(name: str, text: str) -> Iterator[str]:
    indent = "  " + " " * NAME_WIDTH
    yield from textwrap.wrap(text, WIDTH, initial_indent=f"  {name:<{NAME_WIDTH}}", subsequent_indent=indent)


def _log(plan: PolicyPlan) -> str:
    claims = plan.claims
    if not math.isfinite(plan.times):
        reason = _hopeless(plan) or "this policy is too far from the one that logged for a log of any length"
        return f"no length will do: {reason}"
    text = f"{amount(plan.times * claims.episodes, claims.episode)}, {plan.times:.3g} times this log"
    text += days(plan.log_days)
    if plan.trusted_times > plan.log.times:
        text += "; it must be so long to be trusted"
    return f"{text}; this log would show it in {plan.log.power_now:.0%} of cases"


def _test(plan: PolicyPlan) -> str:
    claims, test = plan.claims, plan.test
    if not math.isfinite(test.units):
        return f"no number of {claims.unit} will do: {_hopeless(plan)}"
    text = amount(test.units, claims.unit)
    if claims.units != claims.episodes:
        text += f" with {amount(test.episodes, claims.episode)}"
    share = "" if plan.options.traffic == 1.0 else f" at {plan.options.traffic:.0%} of the traffic"
    text += f"{days(plan.test_days)}{share if math.isfinite(plan.test_days) else ''}"
    if plan.binding != HEADLINE:
        text += f"; of that {amount(max(test.alone))} for '{plan.binding}' alone"
    return text


def _assurance(plan: PolicyPlan) -> str:
    claims, test = plan.claims, plan.test
    if not math.isfinite(test.assurance):
        if math.isfinite(test.units):
            return "not known: the log does not support its estimate"
        return "none"
    seen = f"if the lift is what this log says ({claims.lift.value:+.4g} -+ {claims.errors[0]:.2g})"
    weak = "" if claims.lift.verdict == "trusted" else f"; the log's own verdict on it is {claims.lift.verdict}"
    return f"{test.assurance:.0%}, {seen}{weak}"


def _hopeless(plan: PolicyPlan) -> str:
    names = [name for name, alone in zip(plan.claims.names, plan.test.alone, strict=True) if not math.isfinite(alone)]
    if not names:
        return ""
    return f"a guardrail that may not suffer at all can never be shown to hold; give {', '.join(names)} a tolerance"
