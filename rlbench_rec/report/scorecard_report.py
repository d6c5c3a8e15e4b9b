"""A table of logged decisions, scored, as one page: the decision first, then what it rests on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING

import numpy as np

from .charts.intervals import intervals
from .charts.lines import Line, lines
from .charts.svg import verdict_marks
from .content import (
    Block,
    Cell,
    Chart,
    Charts,
    Column,
    Facts,
    Key,
    Listing,
    Page,
    Paragraph,
    Points,
    Row,
    Section,
    Table,
)
from .render import html

if TYPE_CHECKING:
    from ..ope.estimate import Estimate
    from ..ope.scorecard import Report
    from ..ope.scorecard.plans import PolicyPlan
    from ..ope.scorecard.scoring import OutcomeScores

QUESTION = "Would the target policy have earned more?"
ANSWERS = {
    "better": "Yes: by {estimator} it beats the behaviour policy, and the log supports it.",
    "worse": "No: by {estimator} it loses to the behaviour policy, and the log supports it.",
    "broken": "Do not ship it: {reasons}.",
    "not-shown": "It is not shown: {reasons}.",
}
LARGEST_SHARE = 100.0
"""Above this multiple of the behaviour policy's value, a lift is not shown as a percentage."""
POINTS = 200
"""Of the line of the largest weights."""


def scorecard_report(
    report: Report, advice: Sequence[str] | None = None, plan: PolicyPlan | None = None, text: str = ""
) -> str:
    """The HTML of a scorecard. The same scorecard gives the same bytes.

    Args:
        report: of `ope.scorecard.score`.
        advice: what to do next, in sentences; None where nobody asked.
        plan: how long to log and to test; None where nobody asked.
        text: the scorecard as the screen has it, folded away at the end; empty to leave it out.

    Raises:
        MissingExtraError: jinja2 is not installed.
    """
    decision, name = report.decision, PurePath(report.table.path).name
    answer = ANSWERS[decision.outcome].format(estimator=decision.estimator, reasons=" and ".join(decision.reasons))
    sections = [_values(report), *_guardrails(report), *_slices(report), _weights(report), *_plan(plan)]
    if advice:
        sections.append(Section("next", "What to do next", [Points(list(advice))]))
    sections.append(_log(report, text))
    return html(Page(name, f"rlbench ope: {name}", QUESTION, answer, sections))


def _values(report: Report) -> Section:
    """Values and lifts of the reward, and of every further outcome."""
    first, reward = report.reward.scores[0], report.reward
    values = [("behaviour policy", *_numbers(reward.behaviour), "")]
    values += [(score.value.estimator, *_numbers(score.value), score.value.verdict) for score in reward.scores]
    lifts = [(score.lift.estimator, *_numbers(score.lift), score.lift.verdict) for score in reward.scores]
    unit = "a decision" if report.table.size.one_step else "a session"
    shown = f"{first.value.estimator} puts the lift at {_number(first.lift.value, '+')} {_interval(first.lift)}"
    charts = [
        Chart(shown, intervals(shown, lifts, f"lift of {reward.column} {unit}", 0.0)),
        Chart("Values", intervals("Values", values, f"{reward.column} {unit}", reward.behaviour.value)),
    ]
    rows = [row for outcome in (reward, *report.metrics) for row in _rows(outcome)]
    columns = (
        Column("policy"),
        Column("outcome", choices=True),
        *(
            Column(title, numeric=True)
            for title in ("value", "interval", "lift", "lift, share", "interval of the lift")
        ),
        Column("verdict of the lift", choices=True),
    )
    caption = f"Values and lifts, with intervals at {100 * reward.behaviour.confidence:g} %"
    reasons = [f"{first.lift.verdict}: {reason}" for reason in first.lift.reasons]
    blocks: list[Block] = [Key(verdict_marks()), Charts(charts), Table(caption, columns, rows)]
    return Section("values", "Values and lifts", [*blocks, *[Points(reasons)] * bool(reasons)])


def _rows(outcome: OutcomeScores) -> list[Row]:
    blank = Cell("", order=math.nan)
    behaviour = outcome.behaviour
    value = Cell(_number(behaviour.value), order=behaviour.value)
    level = Cell(_interval(behaviour), order=behaviour.ci_low)
    rows = [Row([Cell("behaviour policy"), Cell(outcome.column), value, level, blank, blank, blank, Cell("")])]
    for score in outcome.scores:
        share = outcome.relative(score)
        text = f"{share:+.1%}" if abs(share) < LARGEST_SHARE else ""
        cells = [
            Cell(score.value.estimator),
            Cell(outcome.column),
            Cell(_number(score.value.value), order=score.value.value),
            Cell(_interval(score.value), order=score.value.ci_low),
            Cell(_number(score.lift.value, "+"), order=score.lift.value),
            Cell(text, order=share),
            Cell(_interval(score.lift), order=score.lift.ci_low),
            Cell(score.lift.verdict, badge=score.lift.verdict),
        ]
        rows.append(Row(cells))
    return rows


def _guardrails(report: Report) -> list[Section]:
    if not report.guardrails:
        return []
    titles = ("behaviour policy", "lift", "limit", "p holds", "p broken")
    columns = (Column("outcome"), *(Column(title, numeric=True) for title in titles), Column("state"))
    rows = []
    for rail in report.guardrails:
        numbers = (rail.behaviour.value, rail.lift.value, rail.limit, rail.p_holds, rail.p_broken)
        rows.append(Row([Cell(rail.name), *(Cell(_number(n), order=n) for n in numbers), Cell(rail.state)]))
    return [Section("guardrails", "Guardrails", [Table("What must not suffer", columns, rows)])]


def _slices(report: Report) -> list[Section]:
    if not report.slices:
        return []
    titles = ("rows", "effective", "value", "lift", "interval of the lift", "p, Holm")
    columns = (Column("slice"), *(Column(title, numeric=True) for title in titles), Column("verdict", choices=True))
    rows = []
    for part in report.slices:
        cells = [
            Cell(f"{part.label:g}" if isinstance(part.label, float) else str(part.label)),
            Cell(f"{part.n_episodes:,}", order=part.n_episodes),
            Cell(_number(part.ess), order=part.ess),
            Cell(_number(part.value.value), order=part.value.value),
            Cell(_number(part.lift.value, "+"), order=part.lift.value),
            Cell(_interval(part.lift), order=part.lift.ci_low),
            Cell(_number(part.p_adjusted), order=part.p_adjusted),
            Cell(part.verdict, badge=part.verdict),
        ]
        rows.append(Row(cells))
    return [Section("slices", "Slices", [Table(f"{len(rows)} slices", columns, rows, filters=len(rows) > 10)])]


def _weights(report: Report) -> Section:
    """How few decisions carry the estimate."""
    diagnostics = report.diagnostics
    unit = report.table.size.unit(diagnostics.units)
    mass = diagnostics.unsupported_mass
    facts = [
        ("effective sample size", f"{diagnostics.ess:,.4g} of {diagnostics.units:,} {unit}"),
        ("largest weight", f"{_number(diagnostics.max_weight)}, {diagnostics.largest_weight_share:.2%} of the sum"),
        ("mean weight", f"{_number(diagnostics.mean_weight)}; 1 is right"),
        ("weights of 0", f"{diagnostics.zero_weight_share:.1%}"),
        ("policy on actions never logged", "not known" if math.isnan(mass) else f"{mass:.1%}"),
        ("verdict", "; ".join([diagnostics.verdict, *diagnostics.reasons])),
    ]
    return Section("weights", "Weights and effective sample size", [Facts(facts), *_concentration(report)])


def _concentration(report: Report) -> list[Block]:
    """The share of the sum that the k largest weights carry; of two weights or more, not all 0."""
    if report.table.size.in_parts:
        return []
    weights = np.sort(report.log.times_weights(report.log.scaled_final_weights))[::-1]
    if len(weights) < 2 or not weights[0] > 0:
        return []
    shares = np.cumsum(weights) / weights.sum()
    at = np.unique(np.linspace(1, len(shares), POINTS).astype(int))
    x = [float(number) / len(shares) for number in at]
    half = float((np.searchsorted(shares, 0.5) + 1) / len(shares))
    title = f"Half of the estimate rests on {half:.1%} of the log"
    drawn = [Line("the largest weights together", x, list(shares[at - 1])), Line("all weights alike", x, x)]
    return [Charts([Chart(title, lines(title, drawn, "share of the log, largest weights first", "share of the sum"))])]


def _plan(plan: PolicyPlan | None) -> list[Section]:
    if plan is None:
        return []
    test, log = plan.test, plan.log
    days = "" if math.isnan(plan.test_days) else f", {plan.test_days:,.3g} days"
    log_days = "" if math.isnan(plan.log_days) else f", {plan.log_days:,.3g} days"
    facts = [
        ("lift to be shown", f"{plan.lift:.4g}, with power {test.power:.0%}"),
        (
            "A/B test",
            f"{test.units:,.0f} {test.unit} in both arms{days}" if np.isfinite(test.units) else "none would do",
        ),
        (
            "it shows the lift",
            "not known" if math.isnan(test.assurance) else f"{test.assurance:.0%} likely, by this log",
        ),
        (
            "log",
            f"{plan.times:,.3g} times as long as this one{log_days}" if np.isfinite(plan.times) else "none would do",
        ),
        ("this log shows it", f"{log.power_now:.0%} of logs as long as this one"),
        ("what takes longest", plan.binding),
    ]
    return [Section("plan", "How long to test, and to log", [Facts(facts)])]


def _log(report: Report, text: str) -> Section:
    table, log = report.table, report.table.size
    size = f"{log.rows:,} decisions" + ("" if log.one_step else f" in {log.episodes:,} sessions")
    users = [] if log.users is None else [("users", f"{log.users:,}")]
    columns = ", ".join(f"{part}: {name}" for part, name in table.columns.items())
    facts = [("size", size), *users, ("propensities", log.propensity_source), ("columns", columns)]
    blocks: list[Block] = [Facts(facts), *(Paragraph(f"Note: {note}") for note in table.notes)]
    blocks += [Listing("The scorecard as text", text)] * bool(text)
    return Section("log", "The log", blocks)


def _numbers(estimate: Estimate) -> tuple[float, float, float]:
    return float(estimate.value), float(estimate.ci_low), float(estimate.ci_high)


def _number(value: float, sign: str = "") -> str:
    return f"{value:{sign}.4g}" if math.isfinite(value) else "none"


def _interval(estimate: Estimate) -> str:
    if not math.isfinite(estimate.ci_low):
        return "none"
    return f"[{_number(estimate.ci_low)}, {_number(estimate.ci_high)}]"
