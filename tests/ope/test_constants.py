"""What does not vary has no lift: rounding is taken for a result nowhere."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlbench_rec import ope
from rlbench_rec.cli.render.scorecard import scorecard_text
from rlbench_rec.ope.estimators import valued
from rlbench_rec.ope.scorecard import LoggedTable, advice, score
from rlbench_rec.ope.scorecard.scoring import EstimatorScore, decide
from rlbench_rec.statistics.hypotheses import tail

LOGGING, EVALUATED = np.array([0.5, 0.3, 0.2]), np.array([0.2, 0.3, 0.5])
INTERVALS = ("bootstrap", "bca", "studentised", "normal", "simultaneous")


def constant(n: int, reward: float, seed: int = 0, *, steps: int = 1, users: bool = False) -> ope.EvaluationLog:
    """A log of which every row earned the same; both metrics are another constant."""
    rng = np.random.default_rng(seed)
    items = rng.choice(3, n * steps, p=LOGGING)
    rewards = np.full(n * steps, reward)
    return ope.EvaluationLog(
        rewards,
        LOGGING[items],
        EVALUATED[items],
        q_logged=rewards,
        v_target=rewards,
        episode_starts=None if steps == 1 else np.arange(n) * steps,
        clusters=rng.integers(0, n // 5, n) if users else None,
        metrics=np.stack([rewards / 7, rewards / 3], axis=1),
    )


def check(found: ope.Estimate, value: float = 0.0) -> None:
    assert (found.value, found.ci_low, found.ci_high, found.std_error) == (value, value, value, 0.0)


@settings(deadline=None, max_examples=60)
@given(
    st.floats(-1e9, 1e9).filter(lambda x: abs(x) > 1e-9),
    st.integers(0, 10_000),
    st.sampled_from([1, 3]),
    st.booleans(),
    st.sampled_from(INTERVALS),
)
def test_a_constant_has_no_lift(reward, seed, steps, users, interval):
    log = constant(60, reward, seed, steps=steps, users=users)
    # On longer sessions the q of a constant is what is still to come.
    for name in ("snips", "sntis", "sndr", "dr") if steps == 1 else ("snips", "sntis"):
        check(ope.lift(log, name, interval=interval, n_resamples=50))
    check(ope.lift(log, "snips", metric=1, interval=interval, n_resamples=50))
    check(ope.lift(log, "snips", metric=(0, 1), interval=interval, n_resamples=50))


@pytest.mark.parametrize("interval", INTERVALS)
def test_its_value_is_certain(interval):
    found = ope.estimate(constant(500, 7.3), "snips", interval=interval, n_resamples=100)
    assert found.value == pytest.approx(7.3, rel=1e-14) and found.ci_low == found.value == found.ci_high


def test_a_long_log_whose_resamples_are_partly_gaussian():
    check(ope.lift(constant(60_000, 7.3), "snips", n_resamples=50))
    check(ope.lift(constant(60_000, 0.1, steps=3), "snips", n_resamples=50))


def test_rewards_that_cancel_within_every_session():
    rng = np.random.default_rng(0)
    items = rng.choice(3, 900, p=LOGGING)
    rewards = np.tile([0.1, 0.2, -0.3], 300)
    log = ope.EvaluationLog(rewards, LOGGING[items], EVALUATED[items], episode_starts=np.arange(300) * 3)
    check(ope.estimate(log, "on-policy", n_resamples=50))
    check(ope.lift(log, "sntis", n_resamples=50))


def test_policies_that_are_the_same_but_for_the_last_digit():
    rng = np.random.default_rng(0)
    rewards, chances = rng.random(500), np.full(500, 0.3)
    log = ope.EvaluationLog(rewards, chances, np.full(500, 0.1 + 0.2))
    for name in ("ips", "snips"):
        check(ope.lift(log, name, n_resamples=50))


@pytest.mark.parametrize("factor", [1e-6, 1.0, 1e9])
@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_what_varies_keeps_its_interval(factor, offset):
    rng = np.random.default_rng(0)
    items = rng.choice(3, 4_000, p=LOGGING)
    rewards = (rng.random(4_000) < 0.001) * 1.0
    plain, moved = (
        ope.lift(ope.EvaluationLog(each, LOGGING[items], EVALUATED[items]), n_resamples=200)
        for each in (rewards, factor * (rewards + offset))
    )
    assert plain.std_error > 0 and moved.std_error == pytest.approx(factor * plain.std_error, rel=1e-6)
    # A float near the offset is known to its own last digit and no better.
    resolution = 10 * np.spacing(max(offset, 1.0)) * factor
    assert moved.ci_high == pytest.approx(factor * plain.ci_high, rel=1e-6, abs=resolution)


@pytest.mark.parametrize("factor", [1e-300, 1e-170, 1e170, 1e290])
@pytest.mark.parametrize("clusters", [None, np.arange(4_000) // 4])
def test_squares_beyond_the_range_of_a_float(factor, clusters):
    rng = np.random.default_rng(0)
    items = rng.choice(3, 4_000, p=LOGGING)
    rewards = rng.random(4_000)
    plain, moved = (
        ope.lift(ope.EvaluationLog(each, LOGGING[items], EVALUATED[items], clusters=clusters), "ips", interval="normal")
        for each in (rewards, factor * rewards)
    )
    assert moved.std_error / factor == pytest.approx(plain.std_error, rel=1e-12)
    assert moved.ci_low / factor == pytest.approx(plain.ci_low, rel=1e-9)
    assert moved.verdict == plain.verdict


def test_slices_guardrails_and_shipping():
    log = constant(600, 7.3)
    segments = np.arange(600) % 3
    for one in ope.analysis.by_slice(log, segments, n_resamples=50):
        check(one.lift)
        # A log of one reward has no event that could tell.
        assert one.verdict == "unreliable" and np.isnan([one.p_value, one.p_adjusted]).all()
    for one in ope.analysis.by_slice(log, segments, against="rest", n_resamples=50):
        assert one.difference == 0.0 and np.isnan(one.p_value)
    answer = ope.analysis.ship(
        log, {"fee": ope.analysis.Guardrail(0), "slack": ope.analysis.Guardrail(1, 0.01)}, n_resamples=50
    )
    assert answer.decision == "cannot-tell"
    states = {one.name: one.state for one in (answer.headline, *answer.guardrails)}
    assert states["headline"] != "holds" and states["headline"] != "broken" and states["fee"] == states["headline"]
    for one in ope.analysis.kpis(log, {"a": 0, "b": (0, 1)}, interval="simultaneous", n_resamples=50):
        check(one.lift)


@pytest.mark.parametrize(("value", "own"), [(0.3, 0.1), (0.4, 0.1), (0.8, 0.1), (1.1, 0.9), (1e6 + 0.3, 1e6)])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_limit_that_is_just_met_is_neither_exceeded_nor_broken(value, own, sign):
    gain, limit, lower = sign * (value - own), float(f"{value - own:.6g}"), sign < 0
    settled = ope.estimate(constant(300, 1.0), "on-policy", n_resamples=50)
    of_value = replace(settled, value=sign * value)
    lift = replace(settled, value=gain, ci_low=gain, ci_high=gain, verdict="trusted")
    for share, outcome in ((0.999, "better"), (1.0, "not-shown"), (1.001, "not-shown")):
        assert decide(EstimatorScore(of_value, lift), share * limit, lower).outcome == outcome
    for apart in (value - own - limit, limit - (value - own)):
        assert tail(apart, 0.0, 300, scale=value + own) == 1.0
    assert tail(value - own, 0.0, 300, 0.999 * limit, scale=value + own) == 0.0


@pytest.mark.parametrize(("least", "lower"), [(0.0, False), (0.0, True), (0.1, False)])
def test_no_difference_is_said_to_be_none(least, lower):
    report = score(
        LoggedTable("log.csv", constant(1_500, 7.3), {"reward": "fee"}),
        ["snips"],
        min_lift=least,
        lower_is_better=lower,
        n_resamples=100,
    )
    assert (report.decision.outcome, report.decision.exit_code) == ("not-shown", 3)
    shown = " ".join(scorecard_text(report).split())
    assert "there is no difference at all" in shown and "+0 (+0.0%) [+0, +0]" in shown and "explains" not in shown
    text = " ".join(advice(report))
    assert "every decision" in text and "Log more" not in text


def test_simultaneous_bands_do_not_widen_for_what_is_certain():
    rng = np.random.default_rng(0)
    items = rng.choice(3, 500, p=LOGGING)
    log = ope.EvaluationLog(rng.random(500), LOGGING[items], EVALUATED[items], metrics=np.full((500, 1), 7.3))
    ask = {"interval": "simultaneous", "n_resamples": 200}
    (alone,) = ope.estimate_all(log, [valued(ope.estimator("snips"), None)], **ask)
    first, _ = ope.estimate_all(log, [valued(ope.estimator("snips"), None), valued(ope.estimator("snips"), 0)], **ask)
    assert (first.ci_low, first.ci_high) == pytest.approx((alone.ci_low, alone.ci_high), rel=1e-12)


@pytest.mark.parametrize("reward", [7.3, 0.1, 1e6 + 0.1, -1 / 3])
@pytest.mark.parametrize("interval", ["bootstrap", "simultaneous"])
def test_no_policy_is_chosen_for_a_last_digit(reward, interval):
    log = constant(2_000 if interval == "bootstrap" else 60_000, reward)
    other = replace(log, target_propensities=log.propensities[::-1].copy())
    for found in ope.analysis.select({"a": log, "b": other}, interval=interval, n_resamples=50):
        assert (found.lift, found.lift_low, found.lift_high, found.p_better) == (0, 0, 0, 0) and found.p_best == 0.5
    check(ope.lift(log, "snips", against=other, n_resamples=50))
    check(ope.analysis.over_days(log, np.arange(log.n_rows) % 12))


@pytest.mark.parametrize("written", [0.1667, 0.16667, 0.166667])
def test_propensities_that_were_rounded_tell_nothing(written):
    """A uniform policy over six items, logged with few digits, and valued exactly: the weights miss 1 by rounding."""
    rewards = (np.random.default_rng(0).random(5_000) < 0.2).astype(float)
    log = ope.EvaluationLog(rewards, np.full(5_000, written), np.full(5_000, 1 / 6))
    assert ope.estimate(log, "snips", n_resamples=99).verdict == "trusted"
    lift = ope.lift(log, "ips", n_resamples=99)
    assert lift.verdict == "weak" and "rounded" in " ".join(lift.reasons)


def test_propensities_of_two_digits_are_wrong_ones():
    rewards = (np.random.default_rng(0).random(5_000) < 0.2).astype(float)
    log = ope.EvaluationLog(rewards, np.full(5_000, 0.17), np.full(5_000, 1 / 6))
    assert ope.estimate(log, "snips", n_resamples=99).verdict == "unreliable"
