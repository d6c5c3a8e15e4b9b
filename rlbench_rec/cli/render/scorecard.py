"""A report as text for one screen."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

import numpy as np

from ...ope.analysis.confounding import LARGEST
from ...ope.analysis.guardrails import Tested
from ...ope.analysis.slices import Slice
from ...ope.estimate import Estimate
from ...ope.scorecard.empty_days import empty_days
from ...ope.scorecard.load_table import LoggedTable
from ...ope.scorecard.log_size import StreamedTable
from ...ope.scorecard.plans import PolicyPlan
from ...ope.scorecard.scoring import OutcomeScores, Report
from ...tolerances import LAST_DIGITS
from .plan import plan_lines

WIDTH = 100
LARGEST_SHARE = 100.0
"""Above this multiple of the behaviour policy's value, a lift is not shown as a percentage."""
SLICES = 14
"""Shown on the screen."""


def scorecard_text(report: Report, advice: Sequence[str] | None = None, plan: PolicyPlan | None = None) -> str:
    """The log, values and lifts, the decision with its reasons, diagnostics, confounding, plan and advice if any."""
    lines = [
        *log_lines(report.table, report.reward.column, lower_is_better=report.lower_is_better),
        "",
        *_values(report),
        "",
        *_decision(report),
    ]
    lines += [*_guardrails(report), *_slices(report), "", *_overlap(report)]
    lines += _confounding(report)
    if plan is not None:
        lines += ["", *plan_lines(plan)]
    if advice is not None:
        lines += ["", "What to do next"]
        for number, sentence in enumerate(advice, start=1):
            lines += textwrap.wrap(f"{number}. {sentence}", WIDTH, initial_indent="  ", subsequent_indent="     ")
    return "\n".join(lines) + "\n"


def log_lines(table: LoggedTable | StreamedTable, reward: str, *, lower_is_better: bool) -> Iterator[str]:
    """What was read, and how."""
    log = table.size
    size = f"{log.rows:,} decisions" + ("" if log.one_step else f" in {log.episodes:,} sessions")
    size += "" if log.users is None else f" of {log.users:,} users"
    better = "lower" if lower_is_better else "higher"
    yield f"{table.path}: {size}" + ("" if log.one_step else f", gamma {log.gamma:g}")
    used = ", ".join(f"{part} = {name}" for part, name in table.columns.items() if part != name)
    known = f"propensities {log.propensity_source}" if "weights" not in table.columns else "importance weights given"
    settings = f"{better} '{reward}' is better; {known}"
    if table.form is not None:
        settings += f"; target policy {table.form}"
        settings += "" if table.temperature is None else f" (temperature {table.temperature:.4g})"
    yield from textwrap.wrap(settings + (f"; {used}" if used else ""), WIDTH)
    if table.propensities is not None:
        yield from textwrap.wrap(table.propensities.summary(), WIDTH)
    for note in table.notes:
        yield from textwrap.wrap(f"note: {note}", WIDTH)


def _values(report: Report) -> Iterator[str]:
    cells = _rows(report.reward)
    for outcome in report.metrics:
        cells += [(f"metric: {outcome.column}", "", "", "", "", ""), *_rows(outcome)]
    level = f"{100 * report.reward.behaviour.confidence:g}% interval"
    yield from aligned([("", "value", level, "lift over behaviour", level, "verdict"), *cells])


def aligned(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """Columns of numbers to the right; the first and the last to the left."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(
            text.ljust(width) if at in (0, len(row) - 1) else text.rjust(width)
            for at, (text, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()


def _rows(outcome: OutcomeScores) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [
        ("behaviour policy", number(outcome.behaviour.value), interval_text(outcome.behaviour), "", "", "")
    ]
    for scored in outcome.scores:
        relative = outcome.relative(scored)
        relative = 0.0 if abs(relative) < LAST_DIGITS else relative
        share = f" ({relative:+.1%})" if abs(relative) < LARGEST_SHARE else ""
        value, lift = scored.value, scored.lift
        size = size_of(value, outcome.behaviour)
        verdict = value.verdict if value.verdict == lift.verdict else f"{value.verdict}, lift {lift.verdict}"
        rows.append(
            (
                value.estimator,
                number(value.value),
                interval_text(value),
                number(lift.value, "+", size) + share,
                interval_text(lift, "+", size),
                verdict,
            )
        )
    return rows


def _decision(report: Report) -> Iterator[str]:
    decision, first = report.decision, report.reward.scores[0]
    headline = {
        "better": f"BETTER: by {decision.estimator} the policy beats the behaviour policy, and the log supports it.",
        "worse": f"WORSE: by {decision.estimator} the policy loses to the behaviour policy, and the log supports it.",
        "broken": f"BROKEN: do not ship: {' and '.join(decision.reasons)}.",
        "not-shown": f"NOT SHOWN by {decision.estimator}: {' and '.join(decision.reasons)}.",
    }[decision.outcome]
    yield from textwrap.wrap(f"{headline} (exit code {decision.exit_code})", WIDTH)
    if decision.outcome == "better":
        hidden = _breaking(report) if report.bands else "how far it could move this lift is not known"
        warning = f"- if decisions followed something that was not logged, no check sees it: {hidden}"
        yield from textwrap.wrap(warning, WIDTH, initial_indent="  ", subsequent_indent="    ")
    for reason in first.lift.reasons:
        yield from textwrap.wrap(f"- {reason}", WIDTH, initial_indent="  ", subsequent_indent="    ")


def _guardrails(report: Report) -> Iterator[str]:
    if not report.guardrails:
        return
    yield ""
    head = ("Guardrails", "behaviour policy", "lift", "limit", "p holds", "p broken", "state")
    rows = [
        (
            f"  {rail.name}",
            number(rail.behaviour.value),
            *guardrail_cells(rail),
        )
        for rail in report.guardrails
    ]
    yield from aligned([head, *rows])


def guardrail_cells(rail: Tested) -> tuple[str, ...]:
    """Lift, limit, p that it holds, p that it is broken, and state."""
    return (
        number(rail.lift.value, "+", size_of(rail.behaviour)),
        number(rail.limit, "+"),
        f"{rail.p_holds:.2g}",
        f"{rail.p_broken:.2g}",
        rail.state if rail.lift.verdict == "trusted" else f"{rail.state} ({rail.lift.verdict})",
    )


def _slices(report: Report) -> Iterator[str]:
    if not report.slices:
        return
    yield ""
    largest = sorted(report.slices, key=lambda part: -part.n_episodes)[:SLICES]
    shown = [part for part in report.slices if part in largest]
    level = f"{100 * report.reward.behaviour.confidence:g}% interval"
    head = ("Slices", "rows", "effective", "value", "lift", level, "p, Holm", "verdict of the lift")
    gaps = {} if report.table.days is None else empty_days([str(part.label) for part in report.slices])
    rows = [_slice(part) for part in shown]
    # A day without rows is said to be one, so that no reader takes the days for all there are.
    for at in reversed(range(len(shown))):
        if gap := gaps.get(str(shown[at].label)):
            rows.insert(at + 1, (f"  {gap}", "0", "", "", "", "", "", "no rows"))
    yield from aligned([head, *rows])
    if len(shown) < len(report.slices):
        yield f"  … and {len(report.slices) - len(shown)} smaller ones, in --json"
    if report.by_day is not None:
        size = size_of(report.reward.behaviour)
        lift = f"{number(report.by_day.value, '+', size)} {interval_text(report.by_day, '+', size)}"
        lift += f", {report.by_day.verdict}"
        why = f" ({report.by_day.reasons[0]})" if report.by_day.reasons else ""
        yield from textwrap.wrap(f"lift, whole days resampled: {lift}{why}", WIDTH, subsequent_indent="    ")


def _slice(part: Slice) -> tuple[str, ...]:
    size = size_of(part.value)
    return (
        f"  {part.label:g}" if isinstance(part.label, float) else f"  {part.label}",
        f"{part.n_episodes:,}",
        _count(part.ess),
        number(part.value.value),
        number(part.lift.value, "+", size),
        interval_text(part.lift, "+", size),
        f"{part.p_adjusted:.2g}" if np.isfinite(part.p_adjusted) else "none",
        part.verdict,
    )


def _overlap(report: Report) -> Iterator[str]:
    diagnostics = report.diagnostics
    unit = report.table.size.unit(diagnostics.units)
    mass = diagnostics.unsupported_mass
    known = f"not known; at least {diagnostics.unsupported_mass_lower:.1%}" if np.isnan(mass) else f"{mass:.1%}"
    z, largest = diagnostics.mean_weight_z, diagnostics.largest_weight_share
    apart = f", {z:+.2g} standard errors from 1" if np.isfinite(z) else ", too far for chance" if z == z else ""
    share = f", {'of one user ' * (unit == 'users')}{largest:.2%} of the sum" if np.isfinite(largest) else ""
    yield "Overlap of the two policies"
    rows = [
        (
            "effective sample size",
            f"{_count(diagnostics.ess)} of {diagnostics.units:,} {unit} ({diagnostics.ess_ratio:.2%})",
        ),
        ("largest weight", f"{number(diagnostics.max_weight)}{share}"),
        ("mean weight", f"{number(diagnostics.mean_weight)}{apart}"),
        ("weights of 0", f"{diagnostics.zero_weight_share:.1%}"),
        ("effective events", _count(diagnostics.effective_events)),
        ("policy on actions never logged", known),
        ("Pareto k of the weights", f"{number(report.pareto_k)} (shown, decides nothing)"),
    ]
    if diagnostics.calibration_error is not None:
        rows.append(("calibration error", f"{diagnostics.calibration_error:.2%} of decisions (estimated propensities)"))
    for name, text in rows:
        yield f"  {name:<32}{text}"


def _confounding(report: Report) -> Iterator[str]:
    """Where the value can lie; nothing that may comfort where the log does not support it anyway."""
    if not report.bands:
        size = report.table.size
        where = "for sessions of several steps" if not size.one_step else "where every propensity is 1"
        if size.propensity_source == "service":
            where = "where only importance weights are known"
        elif size.one_step and size.in_parts:
            where = "of a log that was read in parts"
        yield f"Hidden confounding: no band {where}; nothing bounds it."
        return
    if report.reward.scores[0].lift.verdict == "unreliable":
        yield "Hidden confounding: no band around an estimate that the log does not support."
        return
    yield "Hidden confounding: where snips can lie if the odds of the true propensities differ by a factor"
    yield "  " + ",  ".join(f"{band.factor:g}: [{number(band.low)}, {number(band.high)}]" for band in report.bands)
    if not report.no_difference:
        yield f"  {_breaking(report)}"
    sure = float((report.log.propensities == 1).mean())
    if sure > 0:
        yield f"  {sure:.1%} of decisions have propensity 1; the band treats them as certain, whatever was hidden"


def _breaking(report: Report) -> str:
    factor = report.breaking_factor
    if np.isfinite(factor):
        return f"a factor of {factor:.3g} explains the lift away"
    return f"factors up to {LARGEST:g} leave a lift; larger ones are not looked at"


def number(value: float, sign: str = "", size: float = 0.0) -> str:
    """A number, or of a difference of values of some size, 0 where it is but their rounding."""
    if abs(value) < LAST_DIGITS * size:
        value = 0.0
    return f"{value:{sign}.4g}" if np.isfinite(value) else "none"


def size_of(*values: Estimate) -> float:
    """The largest of the values; what is not defined has none."""
    return max((abs(estimate.value) for estimate in values if np.isfinite(estimate.value)), default=0.0)


def _count(number: float) -> str:
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"


def interval_text(estimate: Estimate, sign: str = "", size: float = 0.0) -> str:
    if not np.isfinite(estimate.ci_low):
        return "none"
    return f"[{number(estimate.ci_low, sign, size)}, {number(estimate.ci_high, sign, size)}]"
