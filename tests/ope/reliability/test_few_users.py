"""What is resampled must be many: one unit tells nothing of chance, and a handful of users next to nothing."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from rlbench_rec import ope
from rlbench_rec.errors import InputError

RESAMPLED = ("bootstrap", "bca", "studentised", "simultaneous")


def log_of(users: int | None, n: int = 3_000, **fields) -> ope.EvaluationLog:
    rng = np.random.default_rng(0)
    propensities = rng.uniform(0.3, 0.6, n)
    target = propensities * rng.uniform(0.5, 1.5, n)
    clusters = None if users is None else np.arange(n) % users
    return ope.EvaluationLog(rng.normal(1, 1, n), propensities, target, clusters=clusters, **fields)


@pytest.mark.parametrize("interval", [*RESAMPLED, "normal"])
@pytest.mark.parametrize(
    "log",
    [log_of(1), log_of(None, episode_starts=[0], gamma=0.9), log_of(None, n=1)],
    ids=["one user", "one episode", "one row"],
)
def test_one_unit_has_a_value_and_no_interval(log, interval):
    estimate = ope.estimate(log, "snips", interval=interval, n_resamples=99)
    assert np.isfinite(estimate.value) and estimate.verdict == "unreliable"
    assert np.isnan([estimate.ci_low, estimate.ci_high, estimate.std_error]).all()


def test_questions_about_one_unit():
    log = log_of(1)
    (candidate,) = ope.analysis.select({"new": log}, "snips", n_resamples=50)
    assert np.isnan([candidate.p_better, candidate.p_best, candidate.lift_low]).all()
    tail = ope.analysis.estimate_return(log, "cvar", 0.1)
    assert np.isfinite(tail.value) and np.isnan(tail.ci_low) and tail.verdict == "unreliable"
    with pytest.raises(InputError, match="does not show how the estimators vary"):
        ope.inference.combined(log, ["ips", "snips"])


@pytest.mark.parametrize(("users", "verdict"), [(2, "unreliable"), (4, "unreliable"), (9, "weak"), (400, "trusted")])
def test_few_users_are_said_to_be_few(users, verdict):
    log, reason = log_of(users), f"{users} users (clusters) hardly tell how users differ; 10 are needed"
    estimate = ope.estimate(log, "snips", n_resamples=99)
    stream = ope.Stream(["snips"])
    stream.add(log)
    again = ope.Stream.from_dict(json.loads(json.dumps(stream.to_dict()))).estimates()[0]
    for found in (estimate, again, ope.analysis.estimate_return(log, "mean", n_resamples=99)):
        assert (found.verdict, found.reasons[:1]) == (verdict, () if verdict == "trusted" else (reason,))
    # What a user's weights sum to beyond 1 differs more from user to user.
    lift = ope.lift(log, n_resamples=99)
    assert (lift.verdict == "trusted") == (verdict == "trusted") and (users > 9 or lift.reasons[0] == reason)
    gate = ope.Gate(unreliable_users=500, trusted_users=600)
    assert ope.estimate(log, "snips", n_resamples=99, gate=gate).verdict == "unreliable"


def test_one_large_user_beside_many_small_ones_is_one_user():
    """Thirty users by name: what one of 6,000 rows does is nearly all that is seen."""
    users = np.repeat(np.arange(30), [6_000, *[20] * 29])
    log = replace(log_of(None, len(users)), clusters=users)
    found = ope.estimate(log, "snips", interval="none")
    assert found.verdict == "unreliable" and "1.2 users (clusters) hardly tell" in " ".join(found.reasons)
    assert ope.diagnose(log).effective_users == pytest.approx(6_580**2 / (6_000**2 + 29 * 400))
    assert "one user is 91% of the sum" in " ".join(found.reasons)


def test_arms_that_are_fixed_for_a_user_are_one_draw_a_user():
    """Right propensities; by row the mean weight would be many standard errors from 1, since 50 rows share a draw."""
    rng = np.random.default_rng(2)
    z = {"user": [], "row": []}
    for _ in range(40):
        arm = np.repeat(rng.random(200) < 0.2, 50)
        propensities, target = np.where(arm, 0.2, 0.8), np.where(arm, 0.6, 0.4)
        rewards = (rng.random(10_000) < 0.1).astype(float)
        by_row = ope.EvaluationLog(rewards, propensities, target)
        by_user = replace(by_row, clusters=np.repeat(np.arange(200), 50))
        for name, log in {"user": by_user, "row": by_row}.items():
            z[name].append(ope.diagnose(log).mean_weight_z)
    assert np.std(z["user"]) == pytest.approx(1, abs=0.35) and np.std(z["row"]) > 4


def test_draws_without_spread_are_infinitely_far():
    """Two rows, and two users: half of the resamples hold one of them twice, and would be divided by nothing."""
    two = ope.EvaluationLog([1.0, 0.0], np.full(2, 0.5), np.full(2, 0.5))
    for log in (two, log_of(2)):
        estimate = ope.estimate(log, "ips", interval="studentised")
        assert np.isfinite(estimate.std_error) and np.isnan([estimate.ci_low, estimate.ci_high]).all()
    # Of six clicks one resample in 400 holds none: the tail is known, if not its end.
    clicks = np.zeros(2_000)
    clicks[:6] = 1.0
    log = ope.EvaluationLog(clicks, np.full(2_000, 0.5), np.full(2_000, 0.5))
    studentised, plain = (ope.estimate(log, "ips", interval=kind) for kind in ("studentised", "bootstrap"))
    assert 0 < studentised.ci_low < 0.003 and plain.ci_high < studentised.ci_high < 0.02
