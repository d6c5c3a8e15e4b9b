"""How long to log and to test: textbook numbers, guardrails together, and what the log knows of the chances."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from rlbench_rec import ope
from rlbench_rec.errors import InputError
from rlbench_rec.ope.analysis import Guardrail, ab_test, claims_of, log_length
from rlbench_rec.ope.analysis.belief import belief

LOGGING, EVALUATED = np.array([0.6, 0.4]), np.array([0.4, 0.6])
Z = stats.norm.ppf(0.8) + stats.norm.ppf(0.975)


def log_of(n: int = 10_000, seed: int = 0, cost: bool = False) -> ope.EvaluationLog:
    rng = np.random.default_rng(seed)
    items = rng.choice(2, n, p=LOGGING)
    rewards = np.zeros(n)
    # Exactly a tenth of the decisions earn 1.
    rewards[:: 10 if n >= 10 else 1] = 1.0
    metrics = (rng.random((n, 1)) < 0.2).astype(float) if cost else None
    return ope.EvaluationLog(rewards, LOGGING[items], EVALUATED[items], metrics=metrics)


def test_two_proportions_as_in_the_textbook():
    test = ab_test(claims_of(log_of(), 0.01))
    # 0.10 against 0.11, both variances in the arms: 14,751 each.
    by_hand = Z**2 * (0.10 * 0.90 + 0.11 * 0.89) / 0.01**2
    assert test.units == pytest.approx(2 * by_hand, rel=5e-4) and test.unit == "decisions"
    assert test.episodes == test.units
    quarter = ab_test(claims_of(log_of(), 0.01), treated=0.25)
    by_hand = Z**2 * (0.11 * 0.89 / 0.25 + 0.10 * 0.90 / 0.75) / 0.01**2
    # A little less: of clicks in a smaller arm, the difference and its standard error rise together.
    assert by_hand * 0.985 < quarter.units < by_hand


def test_a_small_test_goes_by_student():
    rng = np.random.default_rng(1)
    items = rng.choice(2, 4_000, p=LOGGING)
    log = ope.EvaluationLog(5 + rng.normal(size=4_000), LOGGING[items], EVALUATED[items])
    test = ab_test(claims_of(log, 1.5))
    by_normal = 4 * Z**2 * log.rewards.var() / 1.5**2
    degrees = test.units - 2
    power = stats.nct.sf(stats.t.ppf(0.975, degrees), degrees, 1.5 / np.sqrt(4 * log.rewards.var() / test.units))
    assert power == pytest.approx(0.8, abs=0.01) and test.units > by_normal + 1.5


def test_users_are_what_is_counted():
    log = log_of(2_000)
    twice = {name: np.repeat(getattr(log, name), 2) for name in ("rewards", "propensities", "target_propensities")}
    by_user = ope.EvaluationLog(**twice, clusters=np.arange(4_000) // 2)
    alone, test = ab_test(claims_of(log, 0.01)), ab_test(claims_of(by_user, 0.01))
    assert test.unit == "users" and test.units == pytest.approx(alone.units, rel=1e-3)
    assert test.episodes == pytest.approx(2 * test.units)
    assert log_length(claims_of(by_user, 0.01)).times == pytest.approx(log_length(claims_of(log, 0.01)).times, rel=1e-3)


def test_a_log_is_as_long_as_ope_plan_says_but_for_skewness():
    rng = np.random.default_rng(2)
    items = rng.choice(2, 5_000, p=LOGGING)
    # Estimates of rewards around 0 are not skewed.
    log = ope.EvaluationLog(rng.normal(size=5_000), LOGGING[items], EVALUATED[items])
    found, plan = log_length(claims_of(log, 0.02)), ope.plan(log, 0.02)
    assert found.times == pytest.approx(plan.times, rel=2e-3)
    assert found.power_now == pytest.approx(plan.power_now, abs=1e-3)
    stricter = log_length(claims_of(log, 0.02), threshold=2.5)
    assert stricter.times == pytest.approx(found.times * ((stats.norm.ppf(0.8) + 2.5) / Z) ** 2, rel=1e-2)
    clicks = log_of(5_000)
    gain, loss = (log_length(claims_of(clicks, 0.02, lower_is_better=lower)) for lower in (False, True))
    assert gain.times < ope.plan(clicks, 0.02).times < loss.times


def test_skewness_as_it_came_out():
    """Few clicks and large weights: the plain formula promises .806 on average, and .824 of 4,000 logs showed it."""
    rng = np.random.default_rng(3)
    logging, evaluated, chances = np.array([0.7, 0.2, 0.1]), np.array([0.3, 0.3, 0.4]), np.array([0.10, 0.12, 0.15])

    def draw(n: int) -> ope.EvaluationLog:
        items = rng.choice(3, n, p=logging)
        return ope.EvaluationLog((rng.random(n) < chances[items]).astype(float), logging[items], evaluated[items])

    claims = claims_of(draw(60_000), 0.017)
    shorter = replace(claims, errors=claims.errors * np.sqrt(60_000 / 3_840), units=3_840)
    plain = stats.norm.cdf(0.017 / shorter.errors[0] - 1.96)
    assert log_length(shorter).power_now - plain == pytest.approx(0.018, abs=0.004)


def test_a_guardrail_asks_for_more_and_one_that_is_the_headline_for_nothing():
    log = log_of(cost=True)
    rails = {"costs": Guardrail(0, 0.012, lower_is_better=True)}
    alone, both = ab_test(claims_of(log, 0.01)), ab_test(claims_of(log, 0.01, rails))
    assert both.alone[0] == pytest.approx(alone.units) and both.units > max(both.alone)
    # Independent claims: each needs more power, so that both have .8 together.
    claims = claims_of(log, 0.01, rails)
    spreads = np.sqrt(2 * (1 + np.array([0.11 * 0.89 / 0.09, 1.0]))) * claims.spreads
    shifts = np.array([0.01, 0.012]) * np.sqrt(both.units) / spreads
    assert stats.norm.cdf(shifts - 1.96).prod() == pytest.approx(0.8, abs=0.01)
    same = claims_of(log, 0.01, {"again": Guardrail(None, 0.01)})
    assert ab_test(same).units == pytest.approx(max(ab_test(same).alone), rel=0.01)


def test_a_guardrail_without_a_tolerance_can_never_be_shown():
    claims = claims_of(log_of(cost=True), 0.01, {"costs": Guardrail(0, 0.0)})
    assert ab_test(claims).units == np.inf and log_length(claims).times == np.inf
    assert np.isfinite(ab_test(claims).alone[0]) and np.isnan(ab_test(claims).assurance)


def test_a_relative_guardrail_is_a_share_of_the_value():
    log = log_of(cost=True)
    claims = claims_of(log, 0.01, {"costs": Guardrail(0, 0.05, lower_is_better=True, relative=True)})
    assert claims.distances[1] == pytest.approx(0.05 * log.metrics[:, 0].mean()) and claims.shares[1] == 1.05


def test_assurance_by_hand():
    log = log_of()
    claims = claims_of(log, 0.01)
    test = ab_test(claims)
    error = np.sqrt(2 * claims.spreads[0] ** 2 * (1 + claims.growth[0]) / test.units)
    by_hand = stats.norm.cdf((claims.seen[0] - 1.96 * error) / np.hypot(error, claims.errors[0]))
    assert test.assurance == pytest.approx(by_hand, abs=1e-3)
    # What is known to be so has the promised power.
    sure = replace(claims, seen=claims.distances, errors=claims.errors * 1e-9)
    assert ab_test(sure).assurance == pytest.approx(0.8, abs=1e-3)


def test_a_guardrail_is_believed_as_far_as_chance_does_not_explain_it():
    claims = claims_of(log_of(cost=True), 0.01, {"costs": Guardrail(0, 0.05, lower_is_better=True)})
    apart = replace(claims, correlation=np.eye(2), errors=np.array([0.01, 0.02]))
    # Three standard errors below no change: 8/9 of it are believed. Half a one: nothing is.
    for deviation, share in ((-0.06, 8 / 9), (-0.01, 0.0)):
        mean, covariance = belief(replace(apart, seen=np.array([0.03, 0.05 + deviation])))
        np.testing.assert_allclose(mean, [0.03, 0.05 + share * deviation], rtol=1e-6)
        np.testing.assert_allclose(covariance, np.diag([1e-4, share * 4e-4]), rtol=1e-6, atol=1e-12)
    # A deviation that is chance was chance of the headline too, as far as they go together.
    together = replace(apart, correlation=np.array([[1.0, 0.5], [0.5, 1.0]]), seen=np.array([0.03, 0.04]))
    mean, covariance = belief(together)
    np.testing.assert_allclose(mean, [0.03 - 0.5 * 0.01 / 0.02 * -0.01, 0.05], rtol=1e-5)
    np.testing.assert_allclose(covariance, np.diag([0.75e-4, 0.0]), rtol=1e-5, atol=1e-10)


def test_costs_are_planned_as_gains_are():
    log = log_of()
    costs = replace(log, rewards=-log.rewards)
    gain, less = claims_of(log, 0.01), claims_of(costs, 0.01, lower_is_better=True)
    assert less.seen[0] == pytest.approx(gain.seen[0]) and less.errors[0] == pytest.approx(gain.errors[0])


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: claims_of(log_of(), 0.01, min_lift=0.01), "does not exceed"),
        (lambda: claims_of(replace(log_of(), weights=np.ones(10_000)), 0.01), "thinned"),
        (lambda: claims_of(log_of(1), 0.01), "standard error is not defined"),
        (lambda: ab_test(claims_of(log_of(), 0.01), treated=1.0), "treated: 1.0"),
        (lambda: ab_test(claims_of(log_of(), 0.01), power=0.0), "power is 0.0"),
        (lambda: log_length(claims_of(log_of(), 0.01), confidence=1.0), "confidence is 1.0"),
    ],
)
def test_what_cannot_be_planned(call, words):
    with pytest.raises(InputError, match=words):
        call()


@pytest.mark.parametrize("reward", [0.0, 1.0])
def test_no_plan_from_outcomes_that_do_not_vary(reward):
    log = replace(log_of(200), rewards=np.full(200, reward))
    with pytest.raises(InputError, match="Every unit of the log has the same outcome"):
        claims_of(log, 0.01)


def test_a_guardrail_that_never_happened_says_nothing_of_how_much_it_varies():
    items = np.random.default_rng(0).choice(2, 500, p=LOGGING)
    rewards = np.arange(500) % 10 == 0
    log = ope.EvaluationLog(rewards * 1.0, LOGGING[items], EVALUATED[items], metrics=np.zeros((500, 1)))
    with pytest.raises(InputError, match=r"guardrail 'returns': Every unit of the log has the same outcome.* 3 / n"):
        claims_of(log, 0.01, {"returns": Guardrail(0, 0.01, lower_is_better=True)})
