"""Advice: the right sentence for each kind of log, with figures that hold when they are followed."""

from __future__ import annotations

import re

import numpy as np
import pytest

from rlbench_rec import ope
from rlbench_rec.cli.render.scorecard import scorecard_text
from rlbench_rec.ope.scorecard import advice


def told(report) -> str:
    return "\n".join(advice(report))


def number(text: str, pattern: str) -> float:
    return float(re.search(pattern, text)[1].replace(",", ""))


def narrow(rng, n):
    """A log whose target policy takes half the time what the behaviour policy takes in one case of a hundred."""
    rare = rng.random(n) < 0.01
    rewards = (rng.random(n) < np.where(rare, 0.2, 0.1)).astype(float)
    return rewards, np.where(rare, 0.01, 0.99), np.full(n, 0.5)


def test_a_shown_lift_is_to_be_confirmed_and_doubted(clicks, report_on):
    assert "A/B test" in told(report_on(*clicks))
    rng = np.random.default_rng(0)
    arm = rng.random(40_000) < 0.5
    rewards = (rng.random(40_000) < 0.2 + 0.02 * arm).astype(float)
    found = report_on(rewards, np.full(40_000, 0.5), np.where(arm, 0.9, 0.1))
    assert found.decision.outcome == "better" and found.breaking_factor < 1.25
    assert f"factor of {found.breaking_factor:.2f}" in told(found)


def test_a_lift_that_is_worse(clicks, report_on):
    assert "Do not ship" in told(report_on(*clicks, lower_is_better=True))


def test_a_mixture_that_the_log_supports(report_on):
    found = report_on(*narrow(np.random.default_rng(0), 10_000))
    assert found.decision.outcome == "not-shown"
    share = number(told(found), r"target policy in (\d+)%") / 100
    value = number(told(found), r"the rest: ([\d.]+)")
    log = found.log
    target = (1 - share) * log.propensities + share * log.target_propensities
    mixture = ope.estimate(ope.EvaluationLog(log.rewards, log.propensities, target), "snips", interval="none")
    assert mixture.verdict == "trusted" and value == pytest.approx(mixture.value, rel=1e-3)


def test_the_advised_exploration_gives_a_trusted_value(report_on):
    rng = np.random.default_rng(0)
    found = report_on(*narrow(rng, 10_000))
    assert "More rows of the same kind will not do" in told(found)
    n = int(number(told(found), r"about ([\d,]+) decisions are enough"))
    assert n < 10_000
    behaviour, target = np.array([0.99, 0.01]), np.array([0.5, 0.5])
    mixed = 0.9 * behaviour + 0.1 * target
    trusted = 0
    for _ in range(20):
        items = rng.choice(2, n, p=mixed)
        rewards = (rng.random(n) < np.array([0.1, 0.2])[items]).astype(float)
        log = ope.EvaluationLog(rewards, mixed[items], target[items])
        assert log.importance_weights.max() <= 10
        trusted += ope.estimate(log, "snips", interval="none").verdict == "trusted"
    assert trusted >= 18


def test_the_advised_number_of_rows_gives_a_trusted_value(clicks, report_on):
    rng = np.random.default_rng(3)
    arm = rng.random(20_000) < 0.5
    rewards = (rng.random(20_000) < 5e-4).astype(float)
    found = report_on(rewards, np.full(20_000, 0.5), np.where(arm, 0.8, 0.2))
    assert "Value a more frequent outcome" in told(found)
    n = int(number(told(found), r"about ([\d,]+) decisions in place"))
    times = -(-n // 20_000)
    log = ope.EvaluationLog(
        np.tile(rewards, times), np.full(20_000 * times, 0.5), np.tile(np.where(arm, 0.8, 0.2), times)
    )
    assert ope.lift(log, "snips", interval="none").verdict == "trusted"
    less = ope.EvaluationLog(
        *(column[: 20_000 * (times // 2)] for column in (log.rewards, log.propensities, log.target_propensities))
    )
    assert ope.lift(less, "snips", interval="none").verdict != "trusted"


def test_the_advised_number_of_rows_shows_the_lift_in_four_cases_of_five(report_on):
    rng = np.random.default_rng(5)

    def log(n):
        arm = rng.random(n) < 0.5
        return (rng.random(n) < 0.2 + 0.02 * arm).astype(float), np.full(n, 0.5), np.where(arm, 0.9, 0.1)

    found = report_on(*log(2_000))
    while found.decision.outcome != "not-shown" or found.reward.scores[0].lift.value < 0.002:
        found = report_on(*log(2_000))
    n = number(told(found), r"about ([\d,]+) decisions of this kind")
    lift = found.reward.scores[0].lift
    # Two-sided 95 % and power 80 %: (1.96 + 0.84)^2 variances of one row over the squared lift.
    assert n == pytest.approx((2.8 * lift.std_error / lift.value) ** 2 * 2_000, rel=0.1)


def test_doubts_about_the_propensities(clicks, report_on):
    rewards, propensities, target = clicks
    assert "Check the propensities: the mean weight is" in told(report_on(rewards, propensities / 2, target))
    assert "columns swapped" in told(report_on(rewards, target, propensities))
    assert "same probability" in told(report_on(rewards, propensities, propensities))
    ones = np.ones(len(rewards))
    assert "Every propensity is 1" in told(report_on(rewards, ones, target))
    guessed = told(report_on(*clicks, propensity_source="estimated", calibration_error=0.021))
    assert "calibration error 2.1%" in guessed and "Log them from now on" in guessed


def test_the_estimator_to_use(clicks, report_on):
    assert "put `snips` or `dr` first" in told(report_on(*clicks, estimators=["ips-clip:2"]))
    few = report_on(*(column[:300] for column in clicks))
    assert few.decision.outcome == "not-shown" and "q_logged" in told(few)


def test_long_sessions(report_on):
    rng = np.random.default_rng(0)
    arm = rng.random(15_000) < 0.5
    found = report_on(arm * 1.0, np.full(15_000, 0.5), np.where(arm, 0.9, 0.1), episode_starts=np.arange(0, 15_000, 30))
    text = told(found)
    assert "product over up to 30 decisions" in text and "Check the propensities" not in text


@pytest.mark.parametrize("target", [[0.0, 1.0], [1.0, 1.0], [0.4, 0.6]])
def test_propensities_of_1_are_no_comfort(report_on, target):
    rng = np.random.default_rng(0)
    rewards = (rng.random(3_000) < 0.1).astype(float)
    report = report_on(rewards, np.ones(3_000), rng.choice(target, 3_000))
    shown = scorecard_text(report, advice(report))
    assert report.bands == () and np.isnan(report.breaking_factor)
    assert "no band where every propensity is 1; nothing bounds it" in shown
    assert not re.search(r"no factor|explains?|leave a lift", shown)


def test_some_propensities_of_1_are_named(clicks, report_on):
    rewards, propensities, target = (column.copy() for column in clicks)
    propensities[:3_000], target[:3_000] = 1.0, 1.0
    assert "50.0% of decisions have propensity 1; the band treats them as certain" in scorecard_text(
        report_on(rewards, propensities, target)
    )


def test_a_shown_lift_always_says_what_could_hide_behind_it(clicks, report_on):
    found = report_on(*clicks)
    assert found.decision.outcome == "better" and found.breaking_factor > 1.25
    told = scorecard_text(found).split("Overlap of the two policies")[0]
    assert "no check sees it" in told and f"a factor of {found.breaking_factor:.3g}" in " ".join(told.split())
    # Whatever is rewarded is what the target policy prefers: no factor that is looked at explains it.
    sure = np.where(clicks[1] == 0.2, 1.0, 0.0)
    wide = report_on(sure, *clicks[1:])
    told = " ".join(scorecard_text(wide).split())
    assert np.isinf(wide.breaking_factor) == ("factors up to 100 leave a lift; larger ones are not looked at" in told)
    weak = report_on(*(column[:40] for column in clicks))
    assert "no band around an estimate that the log does not support" in scorecard_text(weak)


def test_a_constant_added_to_the_rewards_changes_no_word_of_advice(report_on):
    rng = np.random.default_rng(3)
    arm = rng.random(6_000) < 0.5
    rewards = (rng.random(6_000) < 0.002).astype(float)
    plain, moved = (
        told(report_on(rewards + offset, np.full(6_000, 0.5), np.where(arm, 0.8, 0.2))) for offset in (0.0, -1.0)
    )
    assert "other than the usual 0." in plain and plain.replace("usual 0.", "usual -1.") == moved


def test_rewards_of_very_different_sizes(report_on):
    rng = np.random.default_rng(0)
    arm = rng.random(12_000) < 0.5
    bought = rng.random(12_000) < 0.02
    found = report_on(bought * rng.lognormal(3, 1.5, 12_000), np.full(12_000, 0.5), np.where(arm, 0.8, 0.2))
    assert found.reward.scores[0].lift.verdict != "trusted" and "the largest may not have been seen" in told(found)
    alike = report_on(bought * 20.0, np.full(12_000, 0.5), np.where(arm, 0.8, 0.2))
    assert "the largest may not have been seen" not in told(alike)


def test_users_are_counted_as_such(report_on):
    """Arms fixed by user, propensities right: the mean weight is off by row, and not by user."""
    rng = np.random.default_rng(0)
    for _ in range(5):
        arm = np.repeat(rng.random(200) < 0.2, 30)
        rewards = (rng.random(6_000) < 0.25 + 0.1 * arm).astype(float)
        found = report_on(rewards, np.where(arm, 0.2, 0.8), np.full(6_000, 0.5), clusters=np.repeat(np.arange(200), 30))
        text = scorecard_text(found, advice(found))
        assert "Check the propensities" not in text and " of 200 users (" in text and "of one user" in text
