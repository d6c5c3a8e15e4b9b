"""Finite-sample intervals of episodes and of metrics: from what must be known beforehand, and no further."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlbench_rec import ope
from rlbench_rec.errors import InputError
from rlbench_rec.ope.inference.influence import LogParts
from rlbench_rec.ope.inference.value_ranges import LARGEST_WEIGHT, term_range

BOUNDS = ("hoeffding", "bernstein", "betting", "betting-sequence", "cressie-read")
GIVEN = {"clip": 1.5, "threshold": 1.5, "shrinkage": 2.0, "strength": 0.5}


def episodes(**fields) -> ope.EvaluationLog:
    """Two episodes of two rows, rewards in [0, 1], weights up to 2."""
    options = {"reward_range": (0, 1), "weight_bound": 2.0, "episode_starts": [0, 2]} | fields
    return ope.EvaluationLog([0, 1, 1, 0], np.full(4, 0.5), [0.5, 0.25, 1.0, 0.5], **options)


@pytest.mark.parametrize(
    ("name", "fields", "expected"),
    [
        # 1 + 1 + 1 rewards of up to 1, each times up to 2.
        ("ips", {"step_bound": 3}, (0, 6)),
        ("tis", {"step_bound": 3}, (0, 6)),
        ("on-policy", {"step_bound": 3}, (0, 3)),
        ("ips", {"step_bound": 3, "reward_range": (-1, 2)}, (-6, 12)),
        # 1 + 1/2 + 1/4, and 2 where there is no last step.
        ("ips", {"step_bound": 3, "gamma": 0.5}, (0, 3.5)),
        ("ips", {"gamma": 0.5}, (0, 4)),
        ("ips", {"step_bound": 2, "gamma": 0}, (0, 2)),
        # What can be earned from steps 0, 1, 2 on is 3, 2, 1: 3 + 2 (3 + 2 + 1).
        ("dr", {"step_bound": 3}, (-12, 15)),
        ("dm", {"step_bound": 3}, (0, 3)),
        # 7/4, 3/2, 1: 7/4 + 2 (7/4 + 3/4 + 1/4).
        ("dr", {"step_bound": 3, "gamma": 0.5}, (-5.5, 7.25)),
        # 2 + 2 * 2 * (1 + 1/2 + ...).
        ("dr", {"gamma": 0.5}, (-8, 10)),
    ],
)
def test_ranges_of_episodes_on_paper(name, fields, expected):
    log = episodes(q_logged=np.full(4, 0.5), v_target=np.full(4, 0.5), **fields)
    assert term_range(ope.estimator(name), log) == pytest.approx(expected, rel=1e-12)


def test_an_undiscounted_hoeffding_interval_on_paper():
    n = 500
    log = ope.EvaluationLog(
        np.tile([1.0, 0, 1, 1], n // 2),
        np.full(2 * n, 0.5),
        np.tile([0.5, 0.5, 0.25, 0.5], n // 2),
        episode_starts=np.arange(0, 2 * n, 2),
        reward_range=(0, 1),
        weight_bound=1.0,
        step_bound=2,
    )
    # Terms 1 and .5 + .5 in [0, 2].
    estimate = ope.estimate(log, "ips", interval="hoeffding")
    half = 2 * math.sqrt(math.log(40) / (2 * n))
    assert (estimate.ci_low, estimate.ci_high) == pytest.approx((1 - half, 1 + half), rel=1e-12)


@given(
    seed=st.integers(0, 10_000),
    gamma=st.sampled_from([0.0, 0.5, 0.9, 1.0]),
    known=st.booleans(),
    low=st.sampled_from([-1.0, 0.0, 0.5]),
)
@settings(max_examples=60, deadline=None)
def test_no_term_leaves_its_range(seed, gamma, known, low):
    """Rewards at the ends of their range, weights up to their bound, any model within what can be earned."""
    rng = np.random.default_rng(seed)
    lengths, high, bound, most = rng.integers(1, 5, 30), 2.0, 8.0, 4
    n = int(lengths.sum())
    starts = np.cumsum(lengths) - lengths
    steps = np.arange(n) - np.repeat(starts, lengths)
    left = np.array([sum(gamma**u for u in range(most - t)) for t in range(most)])[steps]
    q, v = (np.where(rng.random(n) < 0.5, min(low, 0.0), high) * left * rng.choice([0, 1], n) for _ in range(2))
    log = ope.EvaluationLog(
        rng.choice([low, high], n),
        np.full(n, 0.1),
        # Products of up to three factors of 2, and then no more: 8 at most.
        0.1 * np.where(steps < 3, rng.choice([0.0, 0.5, 1.0, 2.0], n), rng.choice([0.0, 1.0], n)),
        q,
        v,
        starts,
        gamma=gamma,
        reward_range=(low, high),
        weight_bound=bound,
        step_bound=most if known or gamma == 1 else None,
    )
    for name in LARGEST_WEIGHT:
        one = ope.ESTIMATORS[name]
        if one.one_step_only:
            continue
        one = ope.estimator(name, **{key: GIVEN[key] for key in one.required})
        least, largest = term_range(one, log)
        terms = LogParts(log, [one]).tables()[0][0][:, 0]
        assert (terms >= least - 1e-9).all() and (terms <= largest + 1e-9).all(), name


@pytest.mark.parametrize("interval", ["hoeffding", "bernstein", "betting", "betting-sequence"])
def test_undiscounted_episodes_are_covered(interval):
    """Sessions of one to three steps; the true value is known exactly."""
    hits, stay = 0, 0.6
    means, target = np.array([0.2, 0.7]), 0.8
    # An episode has a step t with probability .6^t.
    truth = (0.2 * means[0] + 0.8 * means[1]) * (1 + stay + stay**2)
    widths = []
    for seed in range(30):
        rng = np.random.default_rng(seed)
        lengths = 1 + (rng.random(2_000) < stay) * (1 + (rng.random(2_000) < stay))
        n = int(lengths.sum())
        actions = (rng.random(n) < 0.5).astype(int)
        log = ope.EvaluationLog(
            (rng.random(n) < means[actions]).astype(float),
            np.full(n, 0.5),
            np.where(actions, target, 1 - target),
            episode_starts=np.cumsum(lengths) - lengths,
            reward_range=(0, 1),
            weight_bound=1.6**3,
            step_bound=3,
        )
        estimate = ope.estimate(log, "ips", interval=interval)
        hits += estimate.ci_low <= truth <= estimate.ci_high
        widths.append(estimate.ci_high - estimate.ci_low)
    assert hits >= 28 and np.mean(widths) < 1.2


# --- metrics ---
def with_metrics(ranges, **fields) -> ope.EvaluationLog:
    rng = np.random.default_rng(0)
    n = 400
    metrics = np.column_stack([rng.integers(0, 2, n), rng.uniform(0, 5, n)])
    target = rng.uniform(0.25, 0.75, n)
    options = {"reward_range": (0, 1), "weight_bound": 2.0, "metrics": metrics, "metric_ranges": ranges} | fields
    return ope.EvaluationLog(np.ones(n), np.full(n, 0.5), target, **options)


@pytest.mark.parametrize("interval", BOUNDS)
def test_a_metric_has_the_interval_of_a_reward(interval):
    log = with_metrics([(0, 1), (0, 5)])
    for at, known in enumerate(log.metric_ranges):
        as_reward = ope.EvaluationLog(
            log.metrics[:, at], log.propensities, log.target_propensities, reward_range=known, weight_bound=2.0
        )
        one = ope.estimate(log, "ips", interval=interval, metric=at)
        two = ope.estimate(as_reward, "ips", interval=interval)
        assert (one.value, one.ci_low, one.ci_high) == (two.value, two.ci_low, two.ci_high)
        sequences = (ope.inference.confidence_sequence(log, metric=at), ope.inference.confidence_sequence(as_reward))
        np.testing.assert_array_equal(*(one.low for one in sequences))
    with pytest.raises(InputError, match=r"interval: '.*' needs the known range of what it covers"):
        ope.estimate(log, "ips", interval=interval, metric=(0, 1))


@pytest.mark.parametrize("interval", BOUNDS)
def test_the_range_of_the_reward_is_not_that_of_a_metric(interval):
    for ranges in (None, [(0, 1), None]):
        with pytest.raises(InputError, match=r"metric_ranges: .* of metric 1 needs its known range.* Give a \(small"):
            ope.estimate(with_metrics(ranges), "ips", interval=interval, metric=1)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"metric_ranges": [(0, 1)]}, r"metric_ranges: .* for each of 2 metrics"),
        ({"metric_ranges": (0, 1, 2)}, "metric_ranges: .* for each of 2 metrics"),
        ({"metric_ranges": [(0, 1), (0, 1)]}, r"metrics \(column 1\): .*outside metric_ranges \(0, 1\); the first is"),
        ({"metric_ranges": [(1, 0), None]}, r"metric_ranges: \(1, 0\) is not a range"),
        ({"metrics": None, "metric_ranges": [(0, 1)]}, "metric_ranges: .* of 0 metrics"),
        ({"step_bound": 0}, "step_bound: step_bound is 0; a whole number"),
        ({"step_bound": 2.5}, "step_bound: step_bound is 2.5"),
        ({"step_bound": 3, "episode_starts": [0, 2, 6]}, "step_bound: Episode 2 has 394 rows, not 3"),
    ],
)
def test_limits_that_are_none(fields, message):
    with pytest.raises(InputError, match=message):
        with_metrics(None, **fields)


def test_that_no_session_of_a_log_has_a_second_step_is_no_known_length():
    one_row_each = replace(episodes(), episode_starts=np.arange(4))
    with pytest.raises(InputError, match="step_bound: Undiscounted"):
        ope.estimate(one_row_each, "ips", interval="hoeffding")
    said = replace(one_row_each, step_bound=1)
    assert term_range(ope.estimator("ips"), said) == (0, 2)
    assert term_range(ope.estimator("ips"), replace(one_row_each, gamma=0.5)) == (0, 4)
