"""Betting intervals, and their form that holds at every number of episodes."""

from __future__ import annotations

import math

import numpy as np
import pytest

from rlbench_rec import ope
from rlbench_rec.errors import InputError
from rlbench_rec.ope.inference import betting
from rlbench_rec.ope.inference.lower_bounds import STAKES
from rlbench_rec.ope.inference.root_finding import crossing

SHARES = STAKES[::2]


def log_of(rewards, **fields) -> ope.EvaluationLog:
    ones = np.ones(len(rewards))
    return ope.EvaluationLog(rewards, ones, ones, reward_range=(0, 1), weight_bound=1, **fields)


def weighted(n: int, seed: int, rate: float = 0.1) -> ope.EvaluationLog:
    """Weights of .4 or 1.6 and clicks at twice the rate under the latter: the true value is 1.8 `rate`."""
    rng = np.random.default_rng(seed)
    often = rng.random(n) < 0.5
    clicks = (rng.random(n) < np.where(often, 2 * rate, rate)).astype(float)
    target = np.where(often, 0.8, 0.2)
    return ope.EvaluationLog(clicks, np.full(n, 0.5), target, reward_range=(0, 1), weight_bound=1.6)


def test_two_terms_on_paper():
    """Terms 1 and 1. All stakes exceed .75 / m, so four capitals are (1 + .75 g)^2 and those of fixed shares k are
    (1 + k g)^2, g = (1 - m) / m. Their average, 40 at the limit, is a quadratic in g."""
    estimate = ope.estimate(log_of([1.0, 1.0]), "on-policy", interval="betting")
    square = (4 * 0.75**2 + (SHARES**2).mean()) / 5
    slope = 2 * (4 * 0.75 + SHARES.mean()) / 5
    g = (-slope + math.sqrt(slope**2 + 4 * square * 39)) / (2 * square)
    assert estimate.ci_low == pytest.approx(1 / (1 + g), rel=1e-6)
    assert estimate.ci_high == 1


def capital(unit: np.ndarray, mean: float) -> float:
    """What bets on a larger mean have made of 1, one term at a time."""
    wealth, n = 1.0, len(unit)
    for t, x in enumerate(unit, start=1):
        before = unit[: t - 1]
        spread = ((before - before.mean()) ** 2).sum() if t > 1 else 0.0
        stake = math.sqrt(2 * math.log(40) / ((betting.VARIANCE_PRIOR + spread) / t * n))
        wealth *= 1 + min(stake, betting.BOLDEST / mean) * (x - mean)
    return wealth


def capitals(orders: list[np.ndarray], mean: float) -> float:
    """The average capital of bets in several orders, and of fixed shares of 1 / mean."""
    fixed = np.mean([np.prod(1 + stake * (orders[0] / mean - 1)) for stake in SHARES])
    return float(np.mean([*(capital(order, mean) for order in orders), fixed]))


def test_a_plain_loop_over_candidates_finds_the_same_limits():
    rewards = np.random.default_rng(0).beta(0.3, 0.9, 61)
    estimate = ope.estimate(log_of(rewards), "on-policy", interval="betting", seed=7)
    rng = np.random.default_rng(7)
    orders = [rng.permutation(rewards) for _ in range(betting.ORDERS)]
    candidates = np.linspace(0.005, 0.995, 199)
    kept_above = [m for m in candidates if capitals(orders, m) < 40]
    kept_below = [m for m in candidates if capitals([1 - order for order in orders], 1 - m) < 40]
    assert estimate.ci_low == pytest.approx(min(kept_above), abs=5e-3)
    assert estimate.ci_high == pytest.approx(max(kept_below), abs=5e-3)


def test_narrower_than_other_bounds_and_wider_than_what_is_only_nearly_right():
    log = weighted(5_000, 0)
    kinds = ("normal", "betting", "bernstein", "hoeffding")
    widths = [e.ci_high - e.ci_low for e in (ope.estimate(log, "ips", interval=kind) for kind in kinds)]
    assert widths == sorted(widths)
    watched = ope.estimate(log, "ips", interval="betting-sequence")
    assert widths[1] < watched.ci_high - watched.ci_low < widths[3]


@pytest.mark.parametrize("interval", ["betting", "betting-sequence"])
def test_constant_rewards_and_bounds_of_the_value(interval):
    zeros, ones = (ope.estimate(log_of(np.full(500, x)), "on-policy", interval=interval) for x in (0.0, 1.0))
    assert zeros.ci_low == 0 and 0 < zeros.ci_high < 0.02
    assert ones.ci_high == 1 and ones.ci_low == pytest.approx(1 - zeros.ci_high, rel=1e-6)
    assert ope.estimate(weighted(3, 0), "ips", interval=interval).ci_high <= 1


def test_scaling_rewards_scales_the_limits():
    log = weighted(400, 1)
    cents = ope.EvaluationLog(
        100 * log.rewards, log.propensities, log.target_propensities, reward_range=(0, 100), weight_bound=1.6
    )
    one, two = (ope.estimate(x, "ips", interval="betting") for x in (log, cents))
    assert (two.ci_low, two.ci_high) == pytest.approx((100 * one.ci_low, 100 * one.ci_high), rel=1e-6)


def reordered(log: ope.EvaluationLog, order: np.ndarray) -> ope.EvaluationLog:
    columns = (log.rewards[order], log.propensities[order], log.target_propensities[order])
    return ope.EvaluationLog(*columns, reward_range=(0, 1), weight_bound=1.6)


def test_a_sorted_log_does_no_harm():
    """All clicks first: bets in that order would soon refute the truth."""
    log = weighted(2_000, 2)
    in_order = reordered(log, np.argsort(-log.rewards, kind="stable"))
    for interval, slack in {"betting": 0.005, "betting-sequence": 1e-12}.items():
        one, two = (ope.estimate(x, "ips", interval=interval) for x in (log, in_order))
        assert (one.ci_low, one.ci_high) == pytest.approx((two.ci_low, two.ci_high), abs=slack)


def test_the_orders_drawn_hardly_matter():
    log = weighted(2_000, 2)
    limits = [ope.estimate(log, "ips", interval="betting", seed=seed) for seed in range(8)]
    width = np.mean([one.ci_high - one.ci_low for one in limits])
    assert 0 < np.std([one.ci_low for one in limits]) < 0.04 * width


@pytest.mark.parametrize(("n", "rate"), [(50, 0.3), (1_000, 0.02)])
def test_coverage(n, rate):
    missed = 0
    for seed in range(200):
        estimate = ope.estimate(weighted(n, seed, rate), "ips", interval="betting", seed=seed)
        missed += not estimate.ci_low <= 1.8 * rate <= estimate.ci_high
    # 10 expected at most; 19 or more of 200 at 5 % has a probability below .005.
    assert missed < 19


# --- the sequence ---
def test_no_interval_of_a_sequence_misses_in_most_logs():
    """Intervals made anew after every row, each right 95 % of the time, would nearly all fail at some row."""
    missed = {"sequence": 0, "normal": 0}
    for seed in range(60):
        log = weighted(1_000, seed)
        found = ope.inference.confidence_sequence(log, "ips", episodes=np.arange(100, 1_001, 100))
        missed["sequence"] += not ((found.low <= 0.18) & (found.high >= 0.18)).all()
        terms = log.importance_weights * log.rewards
        n = np.arange(1, 1_001)
        means = np.cumsum(terms) / n
        errors = np.sqrt((np.cumsum(terms**2) / n - means**2) / n)
        missed["normal"] += (np.abs(means - 0.18) > 1.96 * errors)[100:].any()
    # 3 expected at most; 9 or more of 60 at 5 % has a probability below .005.
    assert missed["sequence"] < 9 and missed["normal"] > 12


def test_the_sequence_ends_with_the_interval_of_the_whole_log():
    log = weighted(700, 3)
    found = ope.inference.confidence_sequence(log, "ips")
    estimate = ope.estimate(log, "ips", interval="betting-sequence")
    assert found.episodes[0] == 16 and found.episodes[-1] == 700 and (np.diff(found.episodes) > 0).all()
    assert found.values[-1] == pytest.approx(estimate.value, rel=1e-12)
    assert (found.low[-1], found.high[-1]) == (estimate.ci_low, estimate.ci_high)
    assert (found.high - found.low)[-1] < (found.high - found.low)[0]
    assert ope.inference.confidence_sequence(weighted(3, 0), "ips").episodes.tolist() == [3]


def test_the_lower_limit_is_the_bound_that_needs_no_range():
    """Half the capital bets on each side, so the two-sided 90 % interval has the one-sided bound of 95 %."""
    log = weighted(400, 5)
    estimate = ope.estimate(log, "ips", interval="betting-sequence", confidence=0.9)
    assert estimate.ci_low == pytest.approx(ope.inference.lower_bound(log, "ips", confidence=0.95), rel=1e-9)


def test_earlier_limits_do_not_know_what_came_later():
    log = weighted(600, 4)
    early = ope.EvaluationLog(
        log.rewards[:200], log.propensities[:200], log.target_propensities[:200], reward_range=(0, 1), weight_bound=1.6
    )
    found = ope.inference.confidence_sequence(log, "ips", episodes=[200, 600])
    alone = ope.inference.confidence_sequence(early, "ips", episodes=[200])
    assert (found.low[0], found.high[0]) == (alone.low[0], alone.high[0])


def test_refusals():
    log = weighted(20, 0)
    with pytest.raises(InputError, match="confidence"):
        ope.inference.confidence_sequence(log, confidence=95)
    for episodes in ([0], [21], [], [[1]]):
        with pytest.raises(InputError, match="episodes: Numbers of episodes from 1 to 20"):
            ope.inference.confidence_sequence(log, episodes=episodes)
    with pytest.raises(InputError, match="'snips' is not a mean of bounded terms"):
        ope.inference.confidence_sequence(log, "snips")
    with pytest.raises(InputError, match="reward_range"):
        ope.inference.confidence_sequence(ope.EvaluationLog([1.0], [1.0], [1.0]))


@pytest.mark.parametrize("power", [1, 3, 0.2])
def test_the_crossing_of_steep_and_flat_functions(power):
    found = crossing(lambda x: x**power - 0.3**power, 0.0, 1.0)
    assert found == pytest.approx(0.3, rel=1e-6) and found >= 0.3
