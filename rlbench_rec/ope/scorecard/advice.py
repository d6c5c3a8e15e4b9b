"""What to do next, in words and figures taken from the log."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from ..analysis.planning import planned
from ..data.evaluation_log import EvaluationLog
from ..reliability.diagnostics import Diagnostics
from ..reliability.effective_sizes import events_of, median
from ..reliability.gate import Gate
from .scoring import Report, decide
from .support import log_needed, share_with_events, supported_mixture

EXPLORED = 0.1
"""Share of decisions that the advice gives to the target policy."""
RARE = 0.02
"""Share of decisions with a reward below which there may be a better outcome to look at."""
LONGEST = 1_000.0
"""Times as long as a log; more is not worth waiting for."""
LITTLE = 1.25
"""A confounder this strong is ordinary."""


def advice(report: Report, gate: Gate | None = None) -> tuple[str, ...]:
    """Sentences, the most useful first.

    Args:
        report: of a table.
        gate: the thresholds it was judged by.
    """
    gate = gate or Gate()
    with np.errstate(over="ignore", invalid="ignore"):
        return tuple(_sentences(report, gate))


def _sentences(report: Report, gate: Gate) -> Iterator[str]:
    log, diagnostics, first = report.log, report.diagnostics, report.reward.scores[0]
    if np.array_equal(log.propensities, log.target_propensities):
        yield (
            "Both policies give every logged action the same probability, so their values are the same by "
            "construction. Name the target policy's column with --target-propensity."
        )
        return
    if report.no_difference:
        yield (
            f"'{report.reward.column}' is the same for every decision that could tell the policies apart: the lift is "
            "0, whatever is logged. Name an outcome that varies: --reward COLUMN."
        )
        return
    yield from _propensities(report, gate)
    if _suspect(diagnostics, gate):
        # Figures from these weights mean nothing.
        return
    if first.lift.verdict == "trusted":
        yield from _trusted(report)
    else:
        yield from _overlap(report, gate)
    known = log.q_logged is not None or log.propensity_source in ("estimated", "service")
    if not known and report.decision.outcome == "not-shown" and diagnostics.ess >= gate.unreliable_ess:
        yield (
            "Which estimator: a model of the reward can narrow the interval. Add its predictions as the columns "
            "q_logged and v_target (from a model that never saw the row), and `dr` is used."
        )
    if first.value.interval_kind == "sampling-only" and log.propensity_source != "estimated":
        yield (
            f"Which estimator: `{first.value.estimator}` has a bias that no interval covers, so it never decides; put "
            "`snips` or `dr` first in --estimators."
        )


def _propensities(report: Report, gate: Gate) -> Iterator[str]:
    """Whether the weights can be right at all."""
    log, diagnostics = report.log, report.diagnostics
    if (log.propensities == 1).all() and log.propensity_source != "service":
        yield (
            "Every propensity is 1: the behaviour policy never varied, so the log cannot tell what another one would "
            "have earned. Let it explore, and log the probability of what it then does."
        )
    if _suspect(diagnostics, gate):
        mean = f"is {diagnostics.mean_weight:.3g}" if np.isfinite(diagnostics.mean_weight) else "overflows"
        yield (
            f"Check the propensities: the mean weight {mean} where 1 is expected. Usual causes: the two columns "
            "swapped, rows left out by what happened after the decision, the probability of another action or "
            "position, rules that overrode the behaviour policy, or actions that are never logged."
        )
    missing = diagnostics.unsupported_mass
    if np.isnan(missing):
        missing = diagnostics.unsupported_mass_lower if diagnostics.ess >= gate.unreliable_ess else 0.0
    if missing > gate.trusted_unsupported:
        yield (
            f"{missing:.1%} of the target policy lies on actions that are never logged; no estimator can value "
            "them. Keep the policy to actions that are logged, or let the behaviour policy try the others now and then."
        )
    if log.propensity_source == "estimated":
        error = diagnostics.calibration_error
        known = "" if error is None else f" (calibration error {error:.1%})"
        yield (
            f"The propensities are estimated{known}: such a value is never trusted. Log them from now on: the "
            "probability, at decision time, of the action that was taken."
        )


def _suspect(diagnostics: Diagnostics, gate: Gate) -> bool:
    """Whether the weights are not those of the two policies; the mean of too few weights does not show it."""
    low, high = gate.unreliable_mean_weight
    off = abs(diagnostics.mean_weight_z) > gate.trusted_z or not low <= diagnostics.mean_weight <= high
    return off and diagnostics.ess >= gate.unreliable_ess


def _trusted(report: Report) -> Iterator[str]:
    first, log = report.reward.scores[0].lift, report.log
    shown = decide(report.reward.scores[0], report.min_lift, report.lower_is_better).outcome == "better"
    if report.decision.outcome == "not-shown" and shown:
        yield from _guardrails(report)
    elif report.decision.outcome == "not-shown":
        sign = -1.0 if report.lower_is_better else 1.0
        gain = sign * first.value - report.min_lift
        days = report.table.days
        to_show = planned(first, max(gain, 0.0) or np.nan, confidence=first.confidence, days=days)
        if to_show.times <= 1000:
            span = "" if days is None else f" ({_count(to_show.days)} days)"
            yield (
                f"Log more: if the lift is what it looks like ({first.value:+.4g}), about {_count(to_show.episodes)} "
                f"{_unit(log)}{span} of this kind would show it in four cases of five. This log would show one of "
                f"{report.min_lift + to_show.smallest_lift:.3g} as often."
            )
        else:
            yield (
                "The overlap is good and the lift too small for a log of this kind: only one of about "
                f"{report.min_lift + to_show.smallest_lift:.3g} or more would show in four cases of five. Think of "
                "another policy rather than of a longer log."
            )
    elif report.decision.outcome == "broken":
        yield "A guardrail is shown not to hold. Do not ship it, whatever the headline gains."
    elif report.decision.outcome == "worse":
        yield "The log shows the policy to be worse than the one that logged. Do not ship it."
    else:
        yield "The log supports the policy. Confirm it in an A/B test: the shop may have changed since the log."
    if report.decision.outcome != "not-shown" and report.breaking_factor < LITTLE:
        yield (
            f"Mind hidden confounding: if the behaviour policy used something that its propensities do not know, odds "
            f"off by a factor of {report.breaking_factor:.2f} would explain the whole lift."
        )


def _guardrails(report: Report) -> Iterator[str]:
    """The headline is shown, a guardrail is not."""
    unit = _unit(report.log)
    for rail in report.guardrails:
        if rail.state != "open":
            continue
        if rail.lift.verdict != "trusted" or not rail.distance > 0:
            yield (
                f"Guardrail {rail.name}: the log cannot show that it holds, and more rows of this kind may not either. "
                "Widen its tolerance if the shop can bear that, or test the policy on some of the traffic."
            )
            continue
        needed = planned(replace(rail.lift, std_error=rail.std_error), rail.distance, confidence=rail.lift.confidence)
        yield (
            f"Log more for guardrail {rail.name}: if its lift is what it looks like ({rail.lift.value:+.4g}), about "
            f"{_count(needed.episodes)} {unit} would show in four cases of five that it holds."
        )


def _overlap(report: Report, gate: Gate) -> Iterator[str]:
    """The log does not support the estimate: ways out."""
    log, diagnostics = report.log, report.diagnostics
    mixed = supported_mixture(log, gate)
    if mixed is not None:
        share, value, gain = mixed
        about_lift = (
            f"Its lift is {gain.value:+.4g} [{gain.ci_low:+.4g}, {gain.ci_high:+.4g}]."
            if gain.verdict == "trusted"
            else "Its lift stays open, since that still rests on the few rows where the policies differ."
        )
        yield (
            f"Mix in the behaviour policy: this log does support the value of a policy that follows the target policy "
            f"in {share:.0%} of its decisions and the behaviour policy in the rest: {value.value:.4g} "
            f"[{value.ci_low:.4g}, {value.ci_high:.4g}]. {about_lift}"
        )
    events = events_of(log.rewards, median(log.rewards, log.weights))
    rewarded = share_with_events(log, events.rows)
    if diagnostics.ess_ratio < gate.trusted_ess_ratio:
        needed = max(gate.trusted_ess, gate.trusted_events / rewarded if rewarded else 0.0) / EXPLORED
        unit = _unit(log)
        how = (
            f"log the mixed probability {1 - EXPLORED:g} x behaviour + {EXPLORED:g} x target. No weight then exceeds "
            f"{1 / EXPLORED:.0f}, and about {_count(needed)} {unit} are enough for a trusted value."
            if log.one_step
            else f"compare those with the rest, which needs no weights: about {_count(needed)} {unit} in all."
        )
        yield f"Log more exploration: let the target policy take a random {EXPLORED:.0%} of {unit}, and {how}"
        if not log.one_step:
            yield (
                f"A session's weight is a product over up to {log.horizon} decisions. If each reward is its "
                "decision's own, `--episode none` values decisions by themselves; or let the policy decide on fewer."
            )
        yield (
            f"More rows of the same kind will not do: only {diagnostics.ess_ratio:.2%} of them count for this policy, "
            f"where {gate.trusted_ess_ratio:.0%} are needed."
        )
        return
    times, uneven = log_needed(log, gate)
    if 1.0 < times < LONGEST:
        yield (
            f"Log more of the same: about {_count(times * log.n_episodes)} {_unit(log)} in place of "
            f"{log.n_episodes:,} would do for a trusted lift."
        )
    if uneven:
        yield (
            "The rewards differ so much in size that the largest may not have been seen yet. Value how often there is "
            "one first (--reward orders) and the sum beside it (--metric), or cap the rewards and name the limits "
            "(--reward-range)."
        )
    if rewarded == 0:
        yield f"Every reward is the usual {events.median:.4g}. Name an outcome that varies: --reward COLUMN."
    elif rewarded < RARE:
        yield (
            f"Only {rewarded:.2%} of {_unit(log)} have a reward other than the usual {events.median:.4g}. Value a more "
            "frequent outcome first (--reward clicks), and the rare one with --metric beside it."
        )


def _unit(log: EvaluationLog) -> str:
    return "decisions" if log.one_step else "sessions"


def _count(number: float) -> str:
    """Two digits are all that is known: `14,000`."""
    digits = max(int(np.floor(np.log10(max(number, 1.0)))) - 1, 0)
    return f"{int(np.ceil(number / 10**digits) * 10**digits):,}"
