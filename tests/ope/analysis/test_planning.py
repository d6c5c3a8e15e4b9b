"""Promised power is what comes out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from rlbench_rec import ope
from rlbench_rec.errors import InputError

LOGGING, EVALUATED, CHANCES = np.array([0.8, 0.15, 0.05]), np.array([0.3, 0.2, 0.5]), np.array([0.10, 0.12, 0.14])
TRUE_LIFT = float((EVALUATED - LOGGING) @ CHANCES)
LOGS = 400


def log_of(n: int, rng: np.random.Generator, policy: np.ndarray = LOGGING) -> tuple[ope.EvaluationLog, np.ndarray]:
    items = rng.choice(3, n, p=policy)
    rewards = (rng.random(n) < CHANCES[items]).astype(float)
    return ope.EvaluationLog(rewards, policy[items], EVALUATED[items]), items


def shown(found: ope.Estimate) -> bool:
    return found.ci_low > 0


# Three standard errors of a power of .8 from 400 logs, and what one pilot log of 40,000 does not know of its own.
SLACK = 3 * np.sqrt(0.8 * 0.2 / LOGS) + 0.02


@pytest.mark.parametrize("name", ["snips", "ips"])
def test_the_promised_power_comes_out(name):
    rng = np.random.default_rng(0)
    pilot, _ = log_of(40_000, rng)
    plan = ope.plan(pilot, TRUE_LIFT, name)
    n = int(np.ceil(plan.episodes))
    assert plan.times == pytest.approx(plan.episodes / 40_000, rel=1e-12)
    came_out = np.mean([shown(ope.lift(log_of(n, rng)[0], name, interval="normal")) for _ in range(LOGS)])
    assert came_out == pytest.approx(0.8, abs=SLACK)


def test_exploration_has_the_promised_power_too():
    rng = np.random.default_rng(1)
    pilot, _ = log_of(40_000, rng)
    for towards, share in (("target", 0.2), (3, 0.3)):
        (planned,) = ope.explore(pilot, TRUE_LIFT, towards, shares=[share])
        mixed = (1 - share) * LOGGING + share * (EVALUATED if towards == "target" else np.full(3, 1 / 3))
        n, came_out = int(np.ceil(planned.episodes)), 0
        for _ in range(LOGS):
            log, items = log_of(n, rng, mixed)
            now = replace(log, target_propensities=LOGGING[items])
            came_out += shown(ope.lift(log, "snips", against=now, interval="normal"))
        assert came_out / LOGS == pytest.approx(0.8, abs=SLACK)
        assert planned.reward == pytest.approx(mixed @ CHANCES, abs=0.01)
        assert planned.ess_ratio == pytest.approx(1 / (EVALUATED**2 / mixed).sum(), rel=0.05)


def test_without_exploration_it_is_the_plan():
    pilot, _ = log_of(5_000, np.random.default_rng(2))
    plan, (none, most) = ope.plan(pilot, 0.01), ope.explore(pilot, 0.01, shares=[0.0, 1.0])
    assert none.episodes == pytest.approx(plan.episodes, rel=1e-3)
    # All decisions by the target policy: the weights are 1, and the behaviour policy is the one that must be weighed.
    assert most.ess_ratio == pytest.approx(1, rel=0.1) and most.episodes < none.episodes
    uniform = ope.explore(pilot, 0.01, np.full(5_000, 1 / 3), shares=[0.1])
    assert uniform == ope.explore(pilot, 0.01, 3, shares=[0.1])


def test_the_formulas_by_hand():
    pilot, _ = log_of(5_000, np.random.default_rng(3))
    error = ope.lift(pilot, interval="none").std_error
    plan = ope.plan(pilot, 0.02, power=0.9, confidence=0.99, days=10)
    threshold = stats.t.ppf(0.995, 4_999)
    assert stats.nct.sf(threshold, 4_999, plan.smallest_lift / error) == pytest.approx(0.9, rel=1e-6)
    shift, degrees = np.sqrt(plan.times) * 0.02 / error, plan.times * 5_000 - 1
    assert stats.nct.sf(stats.t.ppf(0.995, degrees), degrees, shift) == pytest.approx(0.9, abs=1e-6)
    assert plan.days == pytest.approx(10 * plan.times, rel=1e-12)
    assert plan.power_now == pytest.approx(stats.nct.sf(threshold, 4_999, 0.02 / error), rel=1e-9)
    reach = stats.norm.ppf(0.9) + stats.norm.ppf(0.995)
    assert plan.episodes == pytest.approx(5_000 * (reach * error / 0.02) ** 2, rel=1e-3)
    share = ope.plan(pilot, 0.1, relative=True)
    assert share.lift == pytest.approx(0.1 * pilot.rewards.mean(), rel=1e-12) and np.isnan(share.days)
    assert ope.plan(pilot, -0.02).episodes == ope.plan(pilot, 0.02).episodes
    same = replace(pilot, target_propensities=pilot.propensities)
    assert ope.plan(same, 0.01, "ips").power_now == 1


def test_a_plan_for_few_rows_is_longer_than_the_normal_one():
    pilot, _ = log_of(300, np.random.default_rng(7))
    error = ope.lift(pilot, interval="none").std_error
    plan = ope.plan(pilot, 6 * error)
    by_normal = 300 * ((stats.norm.ppf(0.8) + stats.norm.ppf(0.975)) / 6) ** 2
    assert plan.episodes > by_normal + 1.5
    degrees = plan.episodes - 1
    power = stats.nct.sf(stats.t.ppf(0.975, degrees), degrees, 6 * np.sqrt(plan.times))
    assert power == pytest.approx(0.8, abs=1e-6)


def test_users_need_more_rows():
    pilot, _ = log_of(1_000, np.random.default_rng(4))
    twins = {name: np.repeat(getattr(pilot, name), 2) for name in ("rewards", "propensities", "target_propensities")}
    by_row = ope.EvaluationLog(**twins)
    by_user = replace(by_row, clusters=np.arange(2_000) // 2)
    assert ope.plan(by_user, 0.01).episodes == pytest.approx(2 * ope.plan(by_row, 0.01).episodes, rel=1e-2)
    one, two = (ope.explore(log, 0.01, shares=[0.1])[0].episodes for log in (by_user, by_row))
    assert one == pytest.approx(2 * two, rel=1e-2)


def test_a_log_that_tells_nothing_says_so():
    few, _ = log_of(60, np.random.default_rng(5))
    assert ope.plan(few, 0.01).verdict != "trusted" and ope.plan(few, 0.01).reasons


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda log: ope.plan(log, 0.0), "lift: 0.0; a number other than 0"),
        (lambda log: ope.plan(log, 0.1, power=1.0), "power is 1.0"),
        (lambda log: ope.plan(replace(log, rewards=0 * log.rewards), 0.1, relative=True), "A share of 0 means nothing"),
        (lambda log: ope.plan(replace(log, target_propensities=np.zeros(200)), 0.1), "standard error is not defined"),
        (lambda log: ope.explore(log, 0.1, "uniform"), "towards: 'uniform'"),
        (lambda log: ope.explore(log, 0.1, np.ones(3)), "towards: 3 entries for 200"),
        (lambda log: ope.explore(log, 0.1, shares=[1.5]), "A share is 1.5"),
        (lambda log: ope.explore(replace(log, episode_starts=[0, 5]), 0.1), "one-step logs"),
        (lambda log: ope.explore(replace(log, target_propensities=np.zeros(200)), 0.1), "not defined"),
    ],
)
def test_what_cannot_be_planned(call, words):
    with pytest.raises(InputError, match=words):
        call(log_of(200, np.random.default_rng(6))[0])
