"""BCa, studentised and finite-sample intervals."""

from __future__ import annotations

import math

import numpy as np
import pytest

from rlbench_rec import ope
from rlbench_rec.errors import InputError
from rlbench_rec.ope.inference.value_ranges import term_range

BOOTSTRAPS = ("bootstrap", "bca", "studentised")


def log_of(n: int, seed: int = 0, rewards=None, **fields) -> ope.EvaluationLog:
    rng = np.random.default_rng(seed)
    propensities = rng.uniform(0.3, 0.6, n)
    target = propensities * rng.uniform(0.5, 1.5, n)
    rewards = rng.normal(1, 1, n) if rewards is None else rewards
    return ope.EvaluationLog(rewards, propensities, target, **fields)


@pytest.mark.parametrize("interval", BOOTSTRAPS)
@pytest.mark.parametrize("clusters", [None, np.arange(2_000) // 4])
def test_all_agree_on_a_mild_log(interval, clusters):
    log = log_of(2_000, clusters=clusters)
    for name in ("ips", "snips"):
        estimate = ope.estimate(log, name, interval=interval, n_resamples=4_000)
        normal = ope.estimate(log, name, interval="normal")
        width = normal.ci_high - normal.ci_low
        assert estimate.ci_low == pytest.approx(normal.ci_low, abs=0.06 * width)
        assert estimate.ci_high == pytest.approx(normal.ci_high, abs=0.06 * width)


@pytest.mark.parametrize("interval", BOOTSTRAPS)
def test_constant_rewards_have_no_width(interval):
    estimate = ope.estimate(log_of(300, rewards=np.full(300, 2.0)), "snips", interval=interval)
    assert (estimate.value, estimate.ci_low, estimate.ci_high) == pytest.approx((2, 2, 2), abs=1e-12)


def test_skewed_means_move_bca_and_studentised_upwards():
    """A mean of exponential rewards misses its truth mostly from below: both corrections reach further up."""
    rng = np.random.default_rng(0)
    ones = np.ones(30)
    log = ope.EvaluationLog(rng.exponential(size=30), ones, ones)
    plain, bca, studentised = (ope.estimate(log, "ips", interval=kind, n_resamples=8_000) for kind in BOOTSTRAPS)
    assert plain.ci_high < bca.ci_high < studentised.ci_high
    assert plain.ci_low < bca.ci_low


def test_studentised_coverage_on_a_small_skewed_log():
    hits = {kind: 0 for kind in BOOTSTRAPS}
    for seed in range(150):
        rng = np.random.default_rng(seed)
        log = ope.EvaluationLog(rng.exponential(size=20), np.ones(20), np.ones(20))
        for kind in BOOTSTRAPS:
            estimate = ope.estimate(log, "ips", interval=kind, n_resamples=400)
            hits[kind] += estimate.ci_low <= 1 <= estimate.ci_high
    assert hits["studentised"] >= hits["bca"] - 2 >= hits["bootstrap"] - 4
    assert hits["studentised"] >= 0.91 * 150


@pytest.mark.parametrize("steps", [2, 6])
def test_studentised_episodes_of_several_steps(steps):
    n = 500 * steps
    log = log_of(n, q_logged=np.ones(n), v_target=np.ones(n), episode_starts=np.arange(0, n, steps))
    for one, two in zip(
        ope.estimate_all(log, ["snips", "sndr"], interval="studentised"),
        ope.estimate_all(log, ["snips", "sndr"], interval="normal"),
        strict=True,
    ):
        assert one.ci_high - one.ci_low == pytest.approx(two.ci_high - two.ci_low, rel=0.25)


def test_studentised_refuses_long_logs():
    with pytest.raises(InputError, match="up to 50,000 units"):
        ope.estimate(log_of(50_001), "ips", interval="studentised")


# --- finite-sample bounds ---
def bounded(n: int = 4, **fields) -> ope.EvaluationLog:
    rewards = np.tile([0.0, 1.0, 1.0, 0.0], n // 4)
    options = {"reward_range": (0, 1), "weight_bound": 2.0} | fields
    return ope.EvaluationLog(rewards, np.full(n, 0.5), np.tile([0.5, 0.25, 1.0, 0.5], n // 4), **options)


def test_hoeffding_on_paper():
    # Terms 0, .5, 2, 0 in [0, 2]; half width 2 sqrt(log 40 / 800).
    estimate = ope.estimate(bounded(400), "ips", interval="hoeffding")
    half = 2 * math.sqrt(math.log(40) / 800)
    assert (estimate.ci_low, estimate.ci_high) == pytest.approx((0.625 - half, 0.625 + half), rel=1e-12)


def test_bernstein_on_paper():
    n = 4_000
    estimate = ope.estimate(bounded(n), "ips", interval="bernstein")
    # Squares about .625: .390625, .015625, 1.890625, .390625, mean .671875.
    variance = 0.671875 * n / (n - 1)
    half = math.sqrt(2 * variance * math.log(80) / n) + 7 * 2 * math.log(80) / (3 * (n - 1))
    assert (estimate.ci_low, estimate.ci_high) == pytest.approx((0.625 - half, 0.625 + half), rel=1e-12)


def test_the_value_range_limits_the_interval():
    estimate = ope.estimate(bounded(4), "ips", interval="hoeffding")
    assert (estimate.ci_low, estimate.ci_high) == (0, 1)
    alone = ope.EvaluationLog([1.0], [0.5], [0.5], reward_range=(0, 1), weight_bound=2)
    assert ope.estimate(alone, "ips", interval="bernstein").ci_low == 0


@pytest.mark.parametrize(
    ("name", "parameters", "expected"),
    [
        ("on-policy", {}, (0, 1)),
        ("ips", {}, (0, 2)),
        ("tis", {}, (0, 2)),
        ("ips-clip", {"clip": 1.5}, (0, 1.5)),
        ("sg-ips", {"strength": 0.5}, (0, 2 / 1.5)),
        ("dm", {}, (0, 1)),
        ("dr", {}, (-2, 3)),
        ("switch-dr", {"threshold": 0.5}, (-0.5, 1.5)),
        ("dros", {"shrinkage": 1.0}, (-0.5, 1.5)),
        ("dros", {"shrinkage": 100.0}, (-2 / 1.04, 1 + 2 / 1.04)),
        ("sg-dr", {"strength": 1.0}, (-1, 2)),
    ],
)
def test_ranges_of_terms(name, parameters, expected):
    log = bounded(q_logged=np.full(4, 0.5), v_target=np.full(4, 0.5))
    assert term_range(ope.estimator(name, **parameters), log) == pytest.approx(expected)


def test_a_clip_needs_no_bound_and_discounting_bounds_the_return():
    assert term_range(ope.estimator("ips-clip", clip=3), bounded(weight_bound=None)) == (0, 3)
    assert term_range(ope.estimator("sg-ips", strength=0.25), bounded(weight_bound=None)) == (0, 4)
    log = bounded(episode_starts=[0, 2], gamma=0.75, reward_range=(-1, 1))
    assert term_range(ope.estimator("ips"), log) == (-8, 8)


@pytest.mark.parametrize(
    ("name", "fields", "message"),
    [
        ("snips", {}, "'snips' is not a mean of bounded terms"),
        ("ips", {"reward_range": None}, "reward_range: .* needs the known range"),
        ("ips", {"weight_bound": None}, "weight_bound: .*'ips' needs a known bound"),
        ("ips", {"clusters": [0, 0, 1, 1]}, "clusters: .*independent episodes"),
        ("ips", {"episode_starts": [0, 2]}, "step_bound: Undiscounted .* Give step_bound="),
        ("ips", {"reward_range": (0, np.inf)}, "reward_range: .* Give reward_range=.smallest"),
        ("dr", {"q_logged": np.full(4, 2.0), "v_target": np.zeros(4)}, "q_logged: The model is outside .* at row 0: 2"),
    ],
)
@pytest.mark.parametrize("interval", ["hoeffding", "bernstein", "betting", "betting-sequence", "cressie-read"])
def test_what_has_no_finite_sample_interval(interval, name, fields, message):
    with pytest.raises(InputError, match=message):
        ope.estimate(bounded(**fields), name, interval=interval)


def test_coverage_of_bounds_is_conservative_but_not_vacuous():
    misses, widths = 0, []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        actions = rng.random(2_000) < 0.5
        rewards = (rng.random(2_000) < np.where(actions, 0.3, 0.1)).astype(float)
        log = ope.EvaluationLog(
            rewards, np.full(2_000, 0.5), np.where(actions, 0.8, 0.2), reward_range=(0, 1), weight_bound=1.6
        )
        estimate = ope.estimate(log, "ips", interval="bernstein")
        misses += not estimate.ci_low <= 0.26 <= estimate.ci_high
        widths.append(estimate.ci_high - estimate.ci_low)
    assert misses <= 4 and np.mean(widths) < 0.15
