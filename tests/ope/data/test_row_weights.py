"""Rows that stand for several: a log of which a part was thinned out."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlbench_rec import ope
from rlbench_rec.errors import InputError
from rlbench_rec.ope.data.evaluation_log import ROW_FIELDS

ONE_STEP = [
    *("on-policy", "ips", "snips", "tis", "sntis", "dm", "dr", "sndr", "mis", "drl", "mips", "snmips"),
    *("iips", "sniips", "pseudo-inverse", "sn-pseudo-inverse", "magic"),
    ope.estimator("ips-clip", clip=2),
    ope.estimator("switch-dr", threshold=2),
    ope.estimator("dros", shrinkage=4),
    ope.estimator("sg-ips", strength=0.3),
]
LONGER = [one for one in ONE_STEP if not ope.estimator(one).one_step_only]


def log_of(seed: int, episodes: int, longest: int = 1, **fields) -> ope.EvaluationLog:
    rng = np.random.default_rng(seed)
    lengths = np.append(longest, rng.integers(1, longest + 1, episodes - 1))
    n = int(lengths.sum())
    return ope.EvaluationLog(
        rng.uniform(0, 1, n),
        rng.uniform(0.2, 0.9, n),
        rng.uniform(0.05, 0.9, n),
        rng.uniform(0, 1, n),
        rng.uniform(0, 1, n),
        None if longest == 1 else np.cumsum(lengths) - lengths,
        gamma=0.9,
        metrics=rng.uniform(1, 2, (n, 2)),
        unsupported_mass=rng.uniform(0, 0.1, n),
        state_ratios=rng.uniform(0.2, 2, n),
        category_propensities=rng.uniform(0.2, 0.9, n),
        target_category_propensities=rng.uniform(0.05, 0.9, n),
        weights=np.repeat(rng.integers(1, 5, episodes), lengths),
        **fields,
    )


def repeated(log: ope.EvaluationLog) -> ope.EvaluationLog:
    """Every episode as often as its weight says, copies being one unit."""
    times = log.episode_weights.astype(int)
    episodes = np.repeat(np.arange(log.n_episodes), times)
    rows = np.concatenate([log.starts[e] + np.arange(log.lengths[e]) for e in episodes])
    columns = {name: getattr(log, name) for name in ROW_FIELDS}
    changed = {name: None if column is None else column[rows] for name, column in columns.items()}
    units = np.arange(log.n_episodes) if log.clusters is None else log.clusters
    lengths = log.lengths[episodes]
    changed |= {"weights": None, "clusters": units[episodes]}
    changed["strata"] = None if log.strata is None else log.strata[episodes]
    changed["episode_starts"] = None if log.episode_starts is None else np.cumsum(lengths) - lengths
    return replace(log, **changed)


def assert_alike(one: ope.Estimate, other: ope.Estimate) -> None:
    for field in ("value", "std_error", "ci_low", "ci_high"):
        assert getattr(one, field) == pytest.approx(getattr(other, field), rel=1e-8, abs=1e-10, nan_ok=True), field


def assert_same_diagnostics(one: ope.Diagnostics, other: ope.Diagnostics) -> None:
    found, expected = one.to_dict(), other.to_dict()
    np.testing.assert_allclose(found.pop("step_ess"), expected.pop("step_ess"), rtol=1e-9)
    for name in ("verdict", "reasons", "calibration_error"):
        assert found.pop(name) == expected.pop(name)
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("interval", ["bootstrap", "bca", "studentised", "normal"])
@pytest.mark.parametrize("kind", ["rows", "episodes", "users", "strata"])
def test_a_weight_of_three_is_three_copies_of_one_unit(kind, interval):
    """Values, standard errors and intervals of every estimator and its lift."""
    rng = np.random.default_rng(0)
    units = {"users": {"clusters": rng.integers(0, 12, 60)}, "strata": {"strata": rng.integers(0, 2, 60)}}
    log = log_of(0, 60, 4 if kind == "episodes" else 1, **units.get(kind, {}))
    if kind == "strata" and interval in ("bca", "studentised"):
        pytest.skip("not made for strata")
    names = LONGER if kind == "episodes" else ONE_STEP
    settings = {"interval": interval, "n_resamples": 39}
    for one in map(ope.estimator, names):
        assert_alike(ope.estimate(log, one, **settings), ope.estimate(repeated(log), one, **settings))
        if one.id != "on-policy":
            assert_alike(ope.lift(log, one, **settings), ope.lift(repeated(log), one, **settings))
    ratio = {"metric": (0, 1), **settings}
    assert_alike(ope.estimate(log, "snips", **ratio), ope.estimate(repeated(log), "snips", **ratio))


@given(seed=st.integers(0, 10_000), factor=st.floats(1e-3, 1e3), longest=st.sampled_from([1, 4]))
@settings(max_examples=10, deadline=None)
def test_only_ratios_of_weights_matter(seed, factor, longest):
    log = log_of(seed, 40, longest)
    scaled = replace(log, weights=factor * log.weights)
    for one in LONGER:
        first, other = (ope.lift(each, one, n_resamples=19) for each in (log, scaled))
        assert_alike(first, other)
        assert (first.verdict, first.reasons) == (other.verdict, other.reasons)
    assert_same_diagnostics(ope.diagnose(scaled), ope.diagnose(log))


def test_questions_of_repeated_rows():
    log = log_of(1, 900, clusters=np.arange(900) // 2)
    copies, times = repeated(log), log.weights.astype(int)
    labels = np.arange(900) % 3
    for one, other in zip(
        ope.analysis.by_slice(log, labels, against="rest", n_resamples=19),
        ope.analysis.by_slice(copies, np.repeat(labels, times), against="rest", n_resamples=19),
        strict=True,
    ):
        assert_alike(one.value, other.value)
        assert_alike(one.lift, other.lift)
        # The gate sees copies as rows.
        if np.isfinite(one.p_value) and np.isfinite(other.p_value):
            assert one.p_value == pytest.approx(other.p_value)
        assert one.difference == pytest.approx(other.difference)
    outcomes = {"reward": None, "second": 1, "ratio": (0, 1)}
    for interval in ("bootstrap", "simultaneous"):
        for one, other in zip(
            ope.analysis.kpis(log, outcomes, interval=interval, n_resamples=19),
            ope.analysis.kpis(copies, outcomes, interval=interval, n_resamples=19),
            strict=True,
        ):
            assert_alike(one.lift, other.lift)
    rails = {"second": ope.analysis.Guardrail(1, 0.2)}
    one, other = (ope.analysis.ship(each, rails, n_resamples=19).guardrails[0] for each in (log, copies))
    assert (one.distance, one.std_error, one.p_holds) == pytest.approx((other.distance, other.std_error, other.p_holds))
    for statistic in (("cvar", 0.3), ("quantile", 0.5), ("variance",)):
        one, other = (ope.analysis.estimate_return(each, *statistic, n_resamples=19) for each in (log, copies))
        assert_alike(one, other)
    for one, other in zip(ope.analysis.sensitivity(log), ope.analysis.sensitivity(copies), strict=True):
        assert (one.low, one.high) == pytest.approx((other.low, other.high))
    other_target = np.random.default_rng(2).uniform(0.05, 0.9, 900)
    one = ope.lift(log, against=replace(log, target_propensities=other_target), n_resamples=19)
    against = replace(copies, target_propensities=np.repeat(other_target, times))
    assert_alike(one, ope.lift(copies, against=against, n_resamples=19))
    one, other = (ope.inference.combined(each, n_resamples=39).id for each in (log, copies))
    assert one == other


def test_several_logs_weighed_by_precision():
    logs = {"a": log_of(1, 200, clusters=np.arange(200) // 2), "b": log_of(2, 300)}
    copies = {name: repeated(log) for name, log in logs.items()}
    for interval in ("bootstrap", "normal"):
        one, other = (
            ope.analysis.estimate_weighted(each, interval=interval, n_resamples=39) for each in (logs, copies)
        )
        assert one.estimator == other.estimator
        for field in ("value", "std_error", "ci_low"):
            assert getattr(one, field) == pytest.approx(getattr(other, field)), field


def test_several_loggers_count_with_their_weights():
    rng = np.random.default_rng(3)
    a, b, target, rewards = rng.uniform(0.1, 0.9, (4, 50))
    loggers, times = np.repeat(["a", "b"], [10, 40]), np.repeat([4, 1], [10, 40])
    log = ope.analysis.mixture_log(rewards, loggers, {"a": a, "b": b}, target, weights=times)
    rows = np.repeat(np.arange(50), times)
    copies = ope.analysis.mixture_log(rewards[rows], loggers[rows], {"a": a[rows], "b": b[rows]}, target[rows])
    np.testing.assert_allclose(log.propensities, (a + b) / 2)
    assert ope.estimate(log, "ips").value == pytest.approx(ope.estimate(copies, "ips").value)


def test_batches_of_a_stream():
    stream = ope.Stream(LONGER[:-2])
    whole = log_of(4, 60, 4)
    # What most rows earn is the median of every batch, and of every position.
    whole = replace(whole, rewards=np.where(whole.rewards < 0.8, 0.5, whole.rewards))
    keep = np.arange(60) < 25
    for part in (ope.analysis.subset(whole, keep), ope.analysis.subset(whole, ~keep)):
        stream.add(part)
    stream = ope.Stream.from_dict(json.loads(json.dumps(stream.to_dict(), allow_nan=False)))
    expected = ope.estimate_all(whole, LONGER[:-2], interval="normal")
    for one, other in zip(stream.estimates(), expected, strict=True):
        assert_alike(one, other)
        assert (one.verdict, one.reasons) == (other.verdict, other.reasons)
    assert_same_diagnostics(stream.diagnose(), ope.diagnose(whole))
    with pytest.raises(InputError, match="weighted: False after batches with True"):
        stream.add(replace(whole, weights=None))


@pytest.mark.parametrize("users", [False, True])
def test_a_thinned_log_gives_back_the_whole_one(users):
    """Clickless rows kept at 10 %: values near the truth, and standard errors as large as values vary."""
    values, errors, lifts, unweighted = [], [], [], []
    for seed in range(150):
        rng = np.random.default_rng(seed)
        n = 6_000
        user = rng.integers(0, 300, n)
        propensities = rng.uniform(0.2, 0.8, n)
        taken = rng.random(n) < propensities
        chance = 0.02 + 0.03 * taken + (0.02 * rng.random(300)[user] if users else 0.0)
        clicks = (rng.random(n) < chance).astype(float)
        kept = (clicks > 0) | (rng.random(n) < 0.1)
        log = ope.EvaluationLog(
            clicks[kept],
            np.where(taken, propensities, 1 - propensities)[kept],
            np.where(taken, 0.7, 0.3)[kept],
            clusters=user[kept] if users else None,
            weights=np.where(clicks > 0, 1.0, 10.0)[kept],
        )
        found = ope.estimate(log, "snips", interval="none")
        values.append(found.value)
        errors.append(found.std_error)
        lifts.append(ope.lift(log, "snips", interval="none").value)
        unweighted.append(ope.estimate(replace(log, weights=None), "snips", interval="none").value)
    truth = 0.02 + 0.03 * 0.7 + (0.01 if users else 0.0)
    assert np.mean(values) == pytest.approx(truth, abs=4 * np.std(values) / np.sqrt(150))
    assert np.mean(lifts) == pytest.approx(0.03 * 0.2, abs=4 * np.std(lifts) / np.sqrt(150))
    assert np.mean(errors) == pytest.approx(np.std(values), rel=0.2)
    assert np.mean(unweighted) > 5 * truth


def test_the_mean_weight_is_checked_on_weighted_rows():
    """Rows kept by what decides their weight: the mean importance weight is 1 only where they are counted right."""
    rng = np.random.default_rng(5)
    taken = rng.random(40_000) < 0.5
    kept = taken | (rng.random(40_000) < 0.1)
    taken = taken[kept]
    log = ope.EvaluationLog(
        np.ones(len(taken)),
        np.full(len(taken), 0.5),
        np.where(taken, 0.8, 0.2),
        weights=np.where(taken, 1.0, 10.0),
    )
    right, wrong = ope.diagnose(log), ope.diagnose(replace(log, weights=None))
    assert abs(right.mean_weight_z) < 4 and right.mean_weight == pytest.approx(1, abs=0.05)
    assert wrong.mean_weight_z > 50 and wrong.verdict == "unreliable"


def test_one_heavy_row_is_seen():
    weights = np.ones(1_000)
    weights[3] = 1e4
    log = ope.EvaluationLog(np.ones(1_000), np.full(1_000, 0.5), np.full(1_000, 0.5), weights=weights)
    found = ope.diagnose(log)
    assert found.largest_weight_share > 0.9 and found.ess < 2 and found.verdict == "unreliable"


def test_rows_in_any_order_from_matrices():
    rng = np.random.default_rng(6)
    actions, rewards = rng.integers(0, 3, 12), rng.random(12)
    target, weights = rng.dirichlet(np.ones(3), 12), np.repeat([1.0, 2.0, 5.0, 3.0], 3)
    ids, steps = np.repeat([3, 1, 2, 0], 3), np.tile([2, 0, 1], 4)
    log = ope.EvaluationLog.from_arrays(
        actions, rewards, np.full(12, 1 / 3), target, trajectory_ids=ids, steps=steps, weights=weights
    )
    assert log.episode_weights.tolist() == [1, 2, 5, 3] and log.total_weight == 11


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1.0, 0.0, 1.0, 1.0], "not above 0"),
        ([1.0, -2.0, 1.0, 1.0], "not above 0"),
        ([1.0, np.nan, 1.0, 1.0], "not a finite number"),
        ([1.0, 1e101, 1.0, 1.0], "beyond"),
        ([1.0, 1.0, 1.0, 2.0], "first row"),
        ([1.0, 1.0], "2 entries for 4 rewards"),
    ],
)
def test_weights_that_are_none(weights, message):
    with pytest.raises(InputError, match=message) as caught:
        ope.EvaluationLog(np.ones(4), np.ones(4), np.ones(4), episode_starts=np.array([0, 2]), weights=weights)
    assert caught.value.where == "weights"


def test_what_needs_rows_that_count_alike_says_so():
    log = replace(log_of(7, 30), reward_range=(0, 1), weight_bound=100.0, gamma=1.0)
    asked = [
        lambda: ope.inference.lower_bound(log),
        lambda: ope.inference.confidence_sequence(log),
        lambda: ope.explore(log, 0.1),
        lambda: ope.density.state_ratios(log, np.zeros(30, dtype=int)),
        *(
            lambda kind=kind: ope.estimate(log, "ips", interval=kind)
            for kind in ("hoeffding", "bernstein", "betting", "betting-sequence", "cressie-read")
        ),
    ]
    for ask in asked:
        with pytest.raises(InputError) as caught:
            ask()
        assert caught.value.where == "weights"
