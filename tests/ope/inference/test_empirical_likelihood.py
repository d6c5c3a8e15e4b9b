"""Empirical-likelihood intervals."""

from __future__ import annotations

import math

import numpy as np
import pytest

from rlbench_rec import ope

T_40 = 2.021075390306273
"""Student's t of 40 degrees of freedom at .975."""


def test_no_weights_on_paper():
    """20 ones among 40 rows in [0, 1], and an unseen row of 0 for the lower limit, of 1 for the upper one."""
    log = ope.EvaluationLog(np.tile([0.0, 1.0], 20), np.ones(40), np.ones(40), reward_range=(0, 1))
    estimate = ope.estimate(log, "on-policy", interval="cressie-read")
    low, high = 20 / 41, 21 / 41
    half = T_40 * math.sqrt(low * (1 - low) / 41)
    assert (estimate.ci_low, estimate.ci_high) == pytest.approx((low - half, high + half), rel=1e-12)


def small(seed: int, **fields) -> ope.EvaluationLog:
    rng = np.random.default_rng(seed)
    rewards, target = rng.random(8).round(2), rng.uniform(0.1, 0.9, 8).round(2)
    return ope.EvaluationLog(rewards, np.full(8, 0.5), target, reward_range=(0, 1), weight_bound=2.0, **fields)


@pytest.mark.parametrize("seed", range(3))
def test_the_limits_are_those_of_an_optimiser(seed):
    """Shares of 8 rows and an unseen one, as a constrained minimisation."""
    from scipy.optimize import minimize
    from scipy.special import stdtrit

    log = small(seed)
    found = ope.estimate(log, "ips", interval="cressie-read", confidence=0.5)

    def optimum(unseen, sign, budget):
        w = np.append(log.importance_weights, unseen[0])
        x = np.append(log.importance_weights * log.rewards, unseen[1])
        rules = [
            {"type": "eq", "fun": lambda q: q.sum() - 1},
            {"type": "eq", "fun": lambda q: q @ w - 1},
        ]
        shares = np.full(9, 1 / 9)
        cost = minimize(lambda q: ((9 * q - 1) ** 2).sum(), shares, constraints=rules, tol=1e-12).fun
        if budget is None:
            return cost
        if budget < cost:
            return np.inf
        rules.append({"type": "ineq", "fun": lambda q: budget - ((9 * q - 1) ** 2).sum()})
        return minimize(lambda q: -sign * (q @ x), shares, constraints=rules, tol=1e-12).fun

    quantile = stdtrit(8, 0.75) ** 2
    for sign, limit, reward in ((-1, found.ci_low, 0.0), (1, found.ci_high, 1.0)):
        rows = [(0.0, 0.0), (2.0, 2.0 * reward)]
        budget = quantile + min(optimum(row, sign, None) for row in rows)
        best = min(optimum(row, sign, budget) for row in rows)
        assert limit == pytest.approx(float(np.clip(-sign * best, 0, 1)), abs=1e-5)


def test_rewards_at_the_top_of_their_range_leave_no_room_above():
    """All rewards 1 and weights of mean 1: the value is 1 whatever was not seen, and ips may lie outside."""
    rng = np.random.default_rng(0)
    log = ope.EvaluationLog(
        np.ones(300), np.full(300, 0.5), rng.uniform(0, 1, 300), reward_range=(0, 1), weight_bound=2
    )
    estimate = ope.estimate(log, "ips", interval="cressie-read")
    assert estimate.ci_high == pytest.approx(1, abs=1e-12) and 0.97 < estimate.ci_low < 1


def test_a_larger_weight_bound_is_paid_for():
    rng = np.random.default_rng(1)
    n = 2_000
    clicks, target = (rng.random(n) < 0.1).astype(float), rng.uniform(0.2, 0.8, n)
    widths = []
    for bound in (2, 20, 200):
        log = ope.EvaluationLog(clicks, np.full(n, 0.5), target, reward_range=(0, 1), weight_bound=bound)
        estimate = ope.estimate(log, "ips", interval="cressie-read")
        widths.append(estimate.ci_high - estimate.ci_low)
    assert widths == sorted(widths)
    plain = ope.estimate(log, "ips", interval="normal")
    assert widths[0] < 1.3 * (plain.ci_high - plain.ci_low)


@pytest.mark.parametrize("name", ["ips", "tis", "dr", "ips-clip"])
def test_coverage(name):
    """Weights .4 and 1.6, click rates .1 and .2: the true value is .18, and .9 times as much again in a second step."""
    missed, parameters = 0, {"clip": 2} if name == "ips-clip" else {}
    for seed in range(200):
        rng = np.random.default_rng(seed)
        often = rng.random(800) < 0.5
        rewards = (rng.random(800) < np.where(often, 0.2, 0.1)).astype(float)
        q = np.where(often, 0.3, 0.1)
        starts = None if name == "dr" else np.arange(0, 800, 2)
        log = ope.EvaluationLog(
            rewards,
            np.full(800, 0.5),
            np.where(often, 0.8, 0.2),
            q,
            np.full(800, 0.26),
            starts,
            gamma=0.9,
            reward_range=(0, 1),
            weight_bound=1.6 if starts is None else 2.56,
        )
        estimate = ope.estimate(log, name, interval="cressie-read", **parameters)
        truth = 0.18 if starts is None else 0.18 * 1.9
        # A clip at 2 only lowers the value: its interval may miss from below.
        missed += estimate.ci_low > truth or (estimate.ci_high < truth and name != "ips-clip")
    # 10 expected; 19 or more of 200 at 5 % has a probability below .005.
    assert missed < 19


def test_an_estimator_that_bounds_its_weights_needs_no_bound():
    log = ope.EvaluationLog(np.tile([0.0, 1.0], 50), np.full(100, 0.5), np.full(100, 0.4), reward_range=(0, 1))
    estimate = ope.estimate(log, "ips-clip", clip=3, interval="cressie-read")
    # Without a known bound, weights do not enter: terms of 0 and .8, and an unseen one of 0 or 3.
    assert estimate.ci_low < 0.4 < estimate.ci_high < 0.7


def test_weights_that_are_all_alike_leave_the_unseen_row_its_say():
    """All 0: the log knows nothing of the policy. All 1: a mean of a few rewards is not certain."""
    known = {"reward_range": (0, 1), "weight_bound": 2.0}
    for n in (1, 50):
        log = ope.EvaluationLog(np.full(n, 0.5), np.full(n, 0.5), np.zeros(n), **known)
        estimate = ope.estimate(log, "ips", interval="cressie-read")
        assert (estimate.ci_low, estimate.ci_high) == (0, 1)
    log = ope.EvaluationLog(np.full(5, 0.5), np.full(5, 0.5), np.full(5, 0.5), **known)
    estimates = [ope.estimate(log, name, interval="cressie-read") for name in ("ips", "on-policy")]
    assert 0 < estimates[0].ci_low < 0.4 and 0.6 < estimates[0].ci_high < 1.2
    # There, rows of the largest weight cannot have been.
    assert estimates[1].ci_low == estimates[0].ci_low and estimates[1].ci_high <= estimates[0].ci_high
