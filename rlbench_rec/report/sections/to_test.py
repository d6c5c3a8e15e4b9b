"""Which policy to test in each place, and for how long."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ...ope.analysis.planning import planned
from ...ope.estimate import Estimate
from ...results.frontier import LIFT, Advice
from ...results.frontier_words import LONGEST, Lift, relative, rounded
from ..content import Block, Cell, Column, Paragraph, Row, Section, Table
from ..run_tables import RunTables
from .ab_test_length import ab_test_of

if TYPE_CHECKING:
    from ...ope.analysis.ab_test import ABTest
    from ...ope.analysis.planning import Plan

COLUMNS = (
    Column("place"),
    Column("test", long=True),
    Column("lift", numeric=True),
    Column("verdict"),
    Column("sessions", numeric=True),
    Column("least lift", numeric=True),
    Column("log needed", numeric=True),
    Column("A/B test", numeric=True),
)
CONFIDENCE = 0.95


def to_test(run: RunTables) -> Section | None:
    """The advice of every frontier, what to test first; with how much log would show it."""
    if not run.advised:
        return None
    order = sorted(run.advised.values(), key=lambda advice: not (advice.step and advice.lift.shown))
    blocks: list[Block] = []
    tests = [_ab_test(run, advice) for advice in order]
    for advice, test in zip(order, tests, strict=True):
        if advice.step and advice.lift.shown:
            blocks.append(Paragraph(f"{advice.place}. {advice.sentence}{_how_long(test)}", strong=True))
            blocks += [Paragraph(advice.controls)] * bool(advice.controls)
    rows = [_row(run, advice, test) for advice, test in zip(order, tests, strict=True)]
    blocks.append(Table("What the frontier of each place advises", COLUMNS, rows))
    blocks.append(
        Paragraph(
            "Lift: on the test side. Least lift: what four in five logs of this size would show. Log needed: how many "
            "sessions of this kind until the lift shows as often, if it is the one estimated. A/B test: how many "
            "sessions, half of them with the new policy, until a test shows that lift as often, if sessions vary as "
            "they do now; and the probability that it does, given how well the log knows the lift. By users, with "
            "guardrails, in days: rlbench score, then rlbench ope --plan."
        )
    )
    return Section("to-test", "What to test, and for how long", blocks)


def _row(run: RunTables, advice: Advice, test: ABTest | None) -> Row:
    sessions, plan = _sessions(run, advice), _plan(run, advice)
    lift = advice.lift
    shown = relative(lift, advice.behaviour) if advice.step else ""
    cells = [
        Cell(advice.place),
        Cell(advice.step_and_shop or "nothing: keep what is in service"),
        Cell(shown, order=lift.value if advice.step else math.nan),
        Cell(lift.verdict, badge=lift.verdict) if advice.step else Cell(""),
        Cell("" if math.isnan(sessions) else f"{sessions:,.0f}", order=sessions),
        _least(plan, advice),
        _needed(plan, advice, sessions),
        _test(test),
    ]
    return Row(cells)


def _ab_test(run: RunTables, advice: Advice) -> ABTest | None:
    return ab_test_of(run, advice, _estimate(advice.lift, _sessions(run, advice)))


def _how_long(test: ABTest | None) -> str:
    if test is None or not math.isfinite(test.units):
        return ""
    return f" A test that shows a lift of this size takes about {rounded(test.units)} sessions, half of them treated."


def _test(test: ABTest | None) -> Cell:
    """Its size, and how likely it succeeds; empty where there is none."""
    if test is None or not math.isfinite(test.units):
        return Cell("", order=math.nan)
    succeeds = "" if math.isnan(test.assurance) else f" ({test.assurance:.0%})"
    return Cell(f"{rounded(test.units)} sessions{succeeds}", order=test.units)


def _plan(run: RunTables, advice: Advice) -> Plan | None:
    """For the lift that was estimated; None where nothing is to be tested, or its interval is a point."""
    estimate = _estimate(advice.lift, _sessions(run, advice))
    if not advice.step or not estimate.std_error > 0 or not estimate.value > 0:
        return None
    return planned(estimate, estimate.value, confidence=CONFIDENCE)


def _sessions(run: RunTables, advice: Advice) -> float:
    """Of the test side."""
    runs = run.runs
    same = (runs["run_id"] == advice.run_id) & (runs["variant"] == advice.variant) & (runs["estimator"] == LIFT)
    sizes = runs.loc[same & (runs["metric"] == "reward"), "n_episodes"].dropna()
    return float(sizes.iloc[0]) if len(sizes) else math.nan


def _estimate(lift: Lift, sessions: float) -> Estimate:
    """A row of runs.csv as the estimate that it was made of; its standard error is that of its interval's width."""
    from scipy.special import ndtri

    error = (lift.ci_high - lift.ci_low) / (2.0 * float(ndtri((1.0 + CONFIDENCE) / 2.0)))
    size = 0 if math.isnan(sessions) else int(sessions)
    return Estimate(
        estimator=LIFT,
        value=lift.value,
        interval="bootstrap",
        interval_kind="sampling",
        n_rows=size,
        n_episodes=size,
        verdict=lift.verdict,
        reasons=(),
        ci_low=lift.ci_low,
        ci_high=lift.ci_high,
        confidence=CONFIDENCE,
        std_error=error,
    )


def _least(plan: Plan | None, advice: Advice) -> Cell:
    if plan is None:
        return Cell("", order=math.nan)
    size = plan.smallest_lift
    return Cell(f"{100 * size / advice.behaviour:.2g} %" if advice.behaviour > 0 else f"{size:.2g}", order=size)


def _needed(plan: Plan | None, advice: Advice, sessions: float) -> Cell:
    if plan is not None:
        enough = plan.times <= 1.0
        return Cell("this log" if enough else f"{rounded(plan.episodes)} sessions", order=plan.episodes)
    if advice.step or math.isnan(sessions) or not advice.log_needed <= LONGEST:
        return Cell("" if advice.step else "none would do", order=math.nan)
    needed = advice.log_needed * sessions
    return Cell(f"{rounded(needed)} sessions", order=needed)
