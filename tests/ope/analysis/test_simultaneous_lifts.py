"""Lifts of several policies with limits that hold for all of them, without a bootstrap."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rlbench_rec import ope
from rlbench_rec.ope.analysis.simultaneous_lifts import lift_on_log, with_limits


def logs(rows: int = 3_000, policies: int = 3, seed: int = 0, **fields) -> list[ope.EvaluationLog]:
    """The same decisions with several policies' weights."""
    rng = np.random.default_rng(seed)
    propensities, rewards = rng.uniform(0.02, 0.1, rows), (rng.random(rows) < 0.3).astype(float)
    return [
        ope.EvaluationLog(rewards, propensities, propensities * rng.lognormal(-0.045, 0.3, rows), **fields)
        for _ in range(policies)
    ]


def test_limits_are_those_of_a_simultaneous_selection():
    several = logs()
    limits, factor = with_limits([lift_on_log(log) for log in several])
    selected = ope.analysis.select(dict(zip("abc", several, strict=True)), interval="simultaneous", n_resamples=4_000)
    for candidate in selected:
        estimate = limits["abc".index(candidate.policy)]
        assert estimate.value == pytest.approx(candidate.lift, rel=1e-9)
        width = candidate.lift_high - candidate.lift_low
        assert estimate.ci_high - estimate.ci_low == pytest.approx(width, rel=0.05)
        assert estimate.interval == "simultaneous" and estimate.verdict == candidate.lift_verdict
    assert 2.3 < factor < 2.5, "Sidak's factor of three independent ones is 2.39"


def test_one_policy_alone_has_student_s_limits():
    (log,) = logs(policies=1)
    (estimate,), _ = with_limits([lift_on_log(log)])
    alone = ope.lift(log, interval="normal")
    assert (estimate.ci_low, estimate.ci_high) == pytest.approx((alone.ci_low, alone.ci_high), rel=1e-9)


def test_users_and_strata_have_their_say():
    users = np.repeat(np.arange(30), 100)
    (by_user,) = [lift_on_log(log) for log in logs(policies=1, clusters=users)]
    assert len(by_user.influences) == 30
    strata = np.repeat([0, 1], 1_500)
    stratified = [lift_on_log(log) for log in logs(strata=strata)]
    assert stratified[0].strata is not None and len(stratified[0].strata) == 3_000
    limits, factor = with_limits(stratified)
    assert np.isfinite(factor) and all(estimate.ci_low < estimate.value for estimate in limits)


def test_what_is_not_defined_has_no_limits_and_takes_none_away():
    good = [lift_on_log(log) for log in logs(policies=2)]
    nothing = logs(policies=1)[0]
    nothing = lift_on_log(replace(nothing, target_propensities=np.zeros(3_000)))
    limits, factor = with_limits([good[0], nothing, good[1]])
    assert np.isnan(limits[1].value) and np.isnan(limits[1].ci_low)
    assert factor == with_limits(good)[1]
    assert np.isnan(with_limits([nothing])[1])


def test_a_policy_that_is_the_behaviour_policy_has_a_lift_of_0_for_certain():
    log = logs(policies=1)[0]
    same = lift_on_log(replace(log, target_propensities=log.propensities))
    (estimate, _), _ = with_limits([same, lift_on_log(log)])
    assert (estimate.value, estimate.ci_low, estimate.ci_high) == (0, 0, 0)


def test_a_stricter_gate_is_asked_beside_the_ordinary_one():
    log = logs(policies=1)[0]
    strict = ope.Gate(trusted_ess=1e6)
    lift = lift_on_log(log, stricter=strict)
    assert lift.estimate.verdict == "trusted" and lift.stricter[0] == "weak"
    # Weights less 1 count for fewer rows than the weights themselves.
    assert lift.times_needed > 1e6 / ope.diagnose(log).ess > 300
    assert lift.balanced_weights == pytest.approx(ope.diagnose(log).balanced_weights)
