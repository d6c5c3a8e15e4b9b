"""By segment and by day."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from rlbench_rec import ope
from rlbench_rec.errors import InputError


def two_segments(n: int, lifts: tuple[float, float], seed: int = 0, **options) -> tuple[ope.EvaluationLog, np.ndarray]:
    """Segments "a" and "b", with these true lifts."""
    rng = np.random.default_rng(seed)
    segment, arm = rng.integers(0, 2, n), rng.integers(0, 2, n)
    gain = np.array(lifts)[segment] / 0.4
    rewards = (rng.random(n) < 0.3 + gain * (arm - 0.5)).astype(float)
    log = ope.EvaluationLog(rewards, np.full(n, 0.5), np.where(arm, 0.9, 0.1), **options)
    return log, np.array(["a", "b"])[segment]


def test_a_slice_is_the_log_of_its_rows():
    log, segment = two_segments(4_000, (0.1, 0.0))
    first, second = ope.analysis.by_slice(log, segment)
    assert (first.label, second.label) == ("a", "b") and first.n_episodes + second.n_episodes == 4_000
    own = segment == "a"
    alone = ope.EvaluationLog(log.rewards[own], log.propensities[own], log.target_propensities[own])
    assert first.value == ope.estimate(alone, "snips") and first.lift == ope.lift(alone, "snips")
    assert first.ess == pytest.approx(ope.diagnose(alone).ess, rel=1e-12) and first.verdict == "trusted"
    assert np.isnan(first.difference)


def test_lifts_against_zero_and_against_the_rest():
    log, segment = two_segments(8_000, (0.12, 0.12))
    zero = ope.analysis.by_slice(log, segment, interval="none")
    rest = ope.analysis.by_slice(log, segment, against="rest", interval="none")
    assert all(one.p_adjusted < 1e-6 for one in zero) and all(one.p_adjusted > 0.05 for one in rest)
    log, segment = two_segments(8_000, (0.12, 0.0))
    first, second = ope.analysis.by_slice(log, segment, against="rest", interval="none")
    assert first.p_adjusted < 1e-6 and first.difference == pytest.approx(-second.difference, rel=1e-9)
    assert first.difference == pytest.approx(first.lift.value - second.lift.value, rel=1e-9)
    expected = np.hypot(first.lift.std_error, second.lift.std_error)
    p = 2 * stats.t.sf(first.difference / expected, 7_999)
    assert np.log(first.p_value) == pytest.approx(np.log(p), rel=1e-2)


def test_holm_over_slices_without_effect():
    wrong = {"p_value": 0, "p_adjusted": 0}
    for seed in range(80):
        log, _ = two_segments(2_000, (0.0, 0.0), seed)
        found = ope.analysis.by_slice(log, np.arange(2_000) % 10, interval="none")
        for name in wrong:
            wrong[name] += any(getattr(one, name) < 0.05 for one in found)
    # Without Holm 1 - .95^10 = 40 % of logs have a slice that "gains" or "loses".
    assert wrong["p_adjusted"] <= 80 * 0.05 + 3 * np.sqrt(80 * 0.05) and wrong["p_value"] > 0.25 * 80


def test_users_in_both_slices_are_not_independent():
    """Users whose every reward is one draw: a difference of slices within users has no noise of users."""
    rng = np.random.default_rng(0)
    users = np.repeat(np.arange(1_000), 4)
    rewards = rng.normal(size=1_000)[users] + 0.01 * rng.normal(size=4_000)
    log = ope.EvaluationLog(rewards, np.full(4_000, 0.5), np.tile([0.9, 0.1], 2_000), clusters=users)
    halves = np.tile([0, 0, 1, 1], 1_000)
    by_user = ope.analysis.by_slice(log, halves, "ips", against="rest", interval="none")[0]
    by_row = ope.analysis.by_slice(replace(log, clusters=None), halves, "ips", against="rest", interval="none")[0]
    assert by_user.difference == pytest.approx(by_row.difference, rel=1e-12)
    assert by_user.p_value != pytest.approx(by_row.p_value, rel=0.1)


def test_slices_that_are_too_small_have_no_p():
    log, _ = two_segments(1_000, (0.1, 0.1))
    small, large = ope.analysis.by_slice(log, np.arange(1_000) >= 3)
    assert small.verdict == "unreliable" and np.isnan(small.p_value) and np.isnan(small.p_adjusted)
    assert large.p_adjusted == large.p_value


def test_slices_of_episodes_and_of_ratios(population):
    log = replace(population.log, metrics=np.ones((population.log.n_rows, 1)))
    halves = np.arange(log.n_episodes) % 2
    for half, one in enumerate(ope.analysis.by_slice(log, halves, metric=(None, 0), interval="none")):
        rows = np.repeat(halves, log.lengths) == half
        starts = np.cumsum(log.lengths[halves == half]) - log.lengths[halves == half]
        alone = ope.EvaluationLog(
            log.rewards[rows],
            log.propensities[rows],
            log.target_propensities[rows],
            episode_starts=starts,
            gamma=log.gamma,
            metrics=log.metrics[rows],
        )
        assert one.value.value == ope.estimate(alone, "snips", metric=(None, 0), interval="none").value


def shop_days(n_days: int, seed: int, spread: float = 0.1) -> tuple[ope.EvaluationLog, np.ndarray]:
    """200 decisions a day; the lift differs from day to day with a standard deviation of .4 x spread around .08."""
    rng = np.random.default_rng(seed)
    day, arm = np.repeat(np.arange(n_days), 200), rng.integers(0, 2, 200 * n_days)
    gain = 0.2 + spread * rng.normal(size=n_days)
    rewards = gain[day] * (arm - 0.5) + 0.3 * rng.normal(size=len(day))
    return ope.EvaluationLog(rewards, np.full(len(day), 0.5), np.where(arm, 0.9, 0.1)), day


def test_an_interval_by_day_holds_where_one_by_row_does_not():
    hit = {"day": 0, "row": 0}
    for seed in range(100):
        log, day = shop_days(10, seed)
        by_day = ope.analysis.over_days(log, day)
        by_row = ope.lift(log, interval="normal")
        hit["day"] += by_day.ci_low < 0.08 < by_day.ci_high
        hit["row"] += by_row.ci_low < 0.08 < by_row.ci_high
        assert by_day.value == pytest.approx(by_row.value, rel=1e-12)
    assert hit["day"] / 100 > 0.88 and hit["row"] / 100 < 0.75


def test_too_few_days_are_said_to_be_so():
    for n_days, verdict in ((3, "unreliable"), (7, "weak"), (12, "trusted")):
        log, day = shop_days(n_days, 0)
        found = ope.analysis.over_days(log, day)
        assert found.verdict == verdict
        assert (f"{n_days} days hardly tell" in " ".join(found.reasons)) == (verdict != "trusted")
    with pytest.raises(InputError, match="All rows lie in one of the days"):
        ope.analysis.over_days(log, np.zeros(log.n_episodes))


def test_blocks_of_days_and_the_value():
    log, day = shop_days(30, 0)
    dates = np.datetime64("2025-03-01") + day
    weeks = ope.analysis.over_days(log, dates, block=7)
    # 30 days are four weeks, the last of nine days.
    by_hand = replace(log, clusters=np.minimum(day // 7, 3))
    assert weeks.std_error == ope.lift(by_hand, interval="none").std_error and "blocks of 7 days" in weeks.reasons[0]
    value = ope.analysis.over_days(log, dates, lift=False)
    assert value.value == ope.estimate(log, "snips", interval="none").value and value.estimator == "snips"


def test_bad_labels():
    log, segment = two_segments(100, (0, 0))
    with pytest.raises(InputError, match="labels: 99 entries for 100 episodes"):
        ope.analysis.by_slice(log, segment[:99])
    with pytest.raises(InputError, match="against: 'all'"):
        ope.analysis.by_slice(log, segment, against="all")
    with pytest.raises(InputError, match="days: 2 rows have none"):
        ope.analysis.over_days(log, [None, None, *range(98)])
    with pytest.raises(InputError, match="Give True or False"):
        ope.analysis.subset(log, np.arange(100))
    with pytest.raises(InputError, match="No episode is kept"):
        ope.analysis.subset(log, np.zeros(100, dtype=bool))
