"""Choosing among policies."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import spearmanr

from rlbench_rec import ope
from rlbench_rec.errors import InputError, UnknownNameError
from rlbench_rec.ope.analysis import policy_selection

TRUE = np.array([1.0, 5.0, 3.0, 4.0, 2.0])
ESTIMATED = np.array([2.0, 3.0, 4.0, 1.0, 0.0])
# Chosen in this order: policies 2, 1, 0, 3, 4 with true values 3, 5, 1, 4, 2.


def test_regret_by_hand():
    assert [policy_selection.regret(TRUE, ESTIMATED, k) for k in (1, 2, 5)] == [2, 0, 0]
    assert [policy_selection.summed_regret(TRUE, ESTIMATED, k) for k in (1, 2, 3, 5)] == [2, 1, 3, 0]


def test_errors_at_a_threshold_by_hand():
    # Truly safe (>= 3): 1, 2, 3; of these 3 is estimated at 1. Truly unsafe: 0 and 4; none is estimated >= 3.
    assert policy_selection.type_one_error(TRUE, ESTIMATED, 3) == pytest.approx(1 / 3)
    assert policy_selection.type_two_error(TRUE, ESTIMATED, 3) == 0
    # At 2: unsafe is 0 alone, estimated at 2.
    assert policy_selection.type_two_error(TRUE, ESTIMATED, 2) == 1
    assert np.isnan(policy_selection.type_one_error(TRUE, ESTIMATED, 9)) and np.isnan(
        policy_selection.type_two_error(TRUE, ESTIMATED, 0)
    )


def test_sharpe_ratio_by_hand():
    # Top 3: 3, 5, 1: best 5, population variance 8/3.
    assert policy_selection.sharpe_ratio(TRUE, ESTIMATED, 2.0, k=3) == pytest.approx(3 / np.sqrt(8 / 3))
    assert np.isnan(policy_selection.sharpe_ratio(TRUE, ESTIMATED, 2.0, k=1))


@pytest.mark.parametrize("seed", range(3))
def test_rank_correlation_is_spearmans(seed):
    rng = np.random.default_rng(seed)
    one, two = rng.integers(0, 5, 12).astype(float), rng.normal(size=12)
    assert policy_selection.rank_correlation(one, two) == pytest.approx(spearmanr(one, two).statistic, rel=1e-12)
    assert np.isnan(policy_selection.rank_correlation(one, np.ones(12)))


def test_policies_without_an_estimate_are_chosen_last_and_count_as_unsafe():
    estimated = np.array([np.nan, 1.0])
    assert policy_selection.regret([5, 1], estimated, 1) == 4 and policy_selection.regret([5, 1], estimated, 2) == 0
    assert policy_selection.type_one_error([5, 1], estimated, 1) == 0.5


def test_bad_input():
    with pytest.raises(InputError, match="k: 6 of 5"):
        policy_selection.regret(TRUE, ESTIMATED, 6)
    with pytest.raises(InputError, match="Shapes"):
        policy_selection.regret(TRUE, ESTIMATED[:3])
    with pytest.raises(InputError, match="true: Policy 1"):
        policy_selection.regret([1, np.nan], [1, 2])


def candidates(n: int = 4_000, seed: int = 0) -> dict[str, ope.EvaluationLog]:
    """Two actions of value .2 and .4, logged evenly."""
    rng = np.random.default_rng(seed)
    actions = rng.integers(0, 2, n)
    rewards = (rng.random(n) < np.array([0.2, 0.4])[actions]).astype(float)
    shares = {"bad": 0.1, "same": 0.5, "good": 0.9, "nearly": 0.89}
    return {
        name: ope.EvaluationLog(rewards, np.full(n, 0.5), np.where(actions == 1, share, 1 - share))
        for name, share in shares.items()
    }


@pytest.mark.parametrize("n", [4_000, 60_000])
def test_select_on_shared_resamples(n):
    found = ope.analysis.select(candidates(n), n_resamples=500)
    by_name = {one.policy: one for one in found}
    assert [one.policy for one in found] == ["good", "nearly", "same", "bad"]
    assert found[0].p_better == 1 and by_name["bad"].p_better == 0
    # On the same rows, .9 beats .89 whenever the better action is seen to be better: always.
    assert found[0].p_best == 1
    assert sum(one.p_best for one in found) == pytest.approx(1)
    # The behaviour policy itself: every row has weight 1, so nothing is left to chance.
    same = by_name["same"]
    assert (same.lift, same.lift_low, same.lift_high) == pytest.approx((0, 0, 0), abs=1e-12)
    assert found[0].lift_low < 0.08 < found[0].lift_high
    assert found[0].estimate.interval == "bootstrap" and found[0].estimate.ci_low < 0.38 < found[0].estimate.ci_high


def test_select_agrees_with_estimate_and_lift():
    logs = candidates()
    good = next(one for one in ope.analysis.select(logs, seed=3) if one.policy == "good")
    alone = ope.estimate(logs["good"], "snips", seed=3)
    assert (good.estimate.ci_low, good.estimate.ci_high) == pytest.approx((alone.ci_low, alone.ci_high), rel=1e-12)
    lift = ope.lift(logs["good"], "snips", seed=3)
    assert (good.lift, good.lift_low) == pytest.approx((lift.value, lift.ci_low), rel=1e-9)


def test_the_verdict_on_a_lift_is_the_stricter_one():
    """Two policies that differ on forty rows have a trusted value each, and a lift of those forty rows."""
    rng = np.random.default_rng(0)
    target = np.full(5_000, 0.5)
    target[:40] = np.tile([0.9, 0.1], 20)
    log = ope.EvaluationLog((rng.random(5_000) < 0.4).astype(float), np.full(5_000, 0.5), target)
    (found,) = ope.analysis.select({"nearly": log}, "ips")
    alone = ope.lift(log, "ips")
    assert found.estimate.verdict == "trusted" and found.lift_verdict == alone.verdict == "unreliable"
    assert found.lift_reasons == alone.reasons and "where the policies differ" in found.lift_reasons[0]


def test_simultaneous_intervals_hold_for_whichever_is_chosen():
    """Eight policies that are all as good as the logging one: the best of them looks better than it is."""
    wrong = {"bootstrap": 0, "simultaneous": 0}
    for seed in range(80):
        rng = np.random.default_rng(seed)
        actions, rewards = rng.integers(0, 8, 500), rng.normal(size=500)
        liked = np.eye(8) * 0.8 + 0.025
        logs = {
            str(at): ope.EvaluationLog(rewards, np.full(500, 0.125), np.minimum(liked[at][actions], 1.0))
            for at in range(8)
        }
        for interval in wrong:
            best = ope.analysis.select(logs, "ips", interval=interval, n_resamples=100, seed=seed)[0]
            wrong[interval] += best.lift_low > 0
    assert wrong["simultaneous"] <= 80 * 0.025 + 3 * np.sqrt(80 * 0.025) and wrong["bootstrap"] > 80 * 0.08
    with pytest.raises(UnknownNameError, match="Unknown interval 'bca'"):
        ope.analysis.select(logs, interval="bca")


def test_select_refuses_logs_of_other_decisions():
    logs = candidates()
    logs["other"] = candidates(seed=1)["bad"]
    with pytest.raises(InputError, match=r"'other'.*decisions differ"):
        ope.analysis.select(logs)
    with pytest.raises(InputError, match="No policies"):
        ope.analysis.select({})


# --- lift ---
def test_lift_on_paper_and_paired():
    log = ope.EvaluationLog([1, 0, 2], [0.25, 0.5, 0.125], [0.5, 0.25, 0.5])
    assert ope.lift(log, "ips", interval="none").value == pytest.approx(10 / 3 - 1, rel=1e-14)
    assert ope.lift(log, interval="none").value == pytest.approx(10 / 6.5 - 1, rel=1e-14)
    assert ope.lift(log, "ips-clip", clip=2, interval="none").estimator == "ips-clip2-lift"


@pytest.mark.parametrize("interval", ["bootstrap", "normal", "bca", "studentised"])
def test_a_policy_that_changes_nothing_has_a_lift_of_nothing(interval):
    lift = ope.lift(candidates()["same"], "ips", interval=interval)
    assert (lift.value, lift.ci_low, lift.ci_high) == pytest.approx((0, 0, 0), abs=1e-12)


def test_pairing_narrows_the_interval_and_keeps_the_verdict():
    rng = np.random.default_rng(0)
    rewards, ones = rng.normal(10, 3, 2_000), np.full(2_000, 0.5)
    log = ope.EvaluationLog(rewards, ones, ones * rng.uniform(0.9, 1.1, 2_000))
    lift, value, own = ope.lift(log), ope.estimate(log, "snips"), ope.estimate(log, "on-policy")
    assert lift.std_error < 0.1 * np.hypot(value.std_error, own.std_error)
    assert lift.verdict == value.verdict == "trusted" and lift.interval_kind == "sampling"
    assert ope.lift(log, "ips-clip", clip=1).interval_kind == "sampling-only"


def test_lift_of_episodes():
    log = ope.EvaluationLog([1, 4, 2], [0.25, 1.0, 0.5], [0.5, 0.5, 0.25], episode_starts=[0, 2], gamma=0.5)
    assert ope.lift(log, "ips", interval="none").value == pytest.approx(5 / 2 - 5 / 2, abs=1e-15)
    assert ope.lift(log, "tis", interval="none").value == pytest.approx(4 / 2 - 5 / 2, rel=1e-14)
