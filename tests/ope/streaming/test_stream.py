"""Batches and merged states give what the whole log gives."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rlbench_rec import ope
from rlbench_rec.errors import InputError
from rlbench_rec.ope.reliability.effective_sizes import events_of, largest_size, spread_of_sizes
from rlbench_rec.ope.streaming.reward_counts import DISTINCT, RewardCounts

ONE_STEP = [
    *("on-policy", "ips", "snips", "sntis", "tis", "dm", "dr", "sndr", "mips", "snmips", "mis", "pi", "wpi", "sniips"),
    ope.estimator("ips-clip", clip=2),
    ope.estimator("dr-clip", clip=2),
    ope.estimator("switch-dr", threshold=2),
    ope.estimator("dros", shrinkage=4),
    ope.estimator("sg-ips", strength=0.3),
    ope.estimator("sg-dr", strength=0.3),
]
LONGER = ["on-policy", "ips", "tis", "snips", "sntis", "dm", "dr", "sndr", "mis", "drl", "iips", "sniips", "pi", "wpi"]


def fields_of(seed: int, lengths: np.ndarray) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    n = lengths.sum()
    return {
        "rewards": np.where(rng.random(n) < 0.15, rng.normal(3, 1, n).round(1), 2.0),
        "propensities": rng.uniform(0.2, 0.9, n),
        "target_propensities": rng.uniform(0.0, 0.9, n),
        "q_logged": rng.normal(3, 1, n),
        "v_target": rng.normal(3, 1, n),
        "unsupported_mass": rng.uniform(0, 0.02, n),
        "state_ratios": rng.uniform(0, 2, n),
        "category_propensities": rng.uniform(0.2, 0.9, n),
        "target_category_propensities": rng.uniform(0.2, 0.9, n),
    }


def log_of(fields, lengths, first=0, last=None, users=None, sequential=True, gamma=0.9) -> ope.EvaluationLog:
    starts = np.cumsum(lengths) - lengths
    own = lengths[first:last]
    rows = slice(starts[first], starts[first] + own.sum())
    return ope.EvaluationLog(
        **{name: column[rows] for name, column in fields.items()},
        episode_starts=np.cumsum(own) - own if sequential else None,
        gamma=gamma,
        clusters=None if users is None else users[first:last],
    )


def assert_same_words(reasons: tuple[str, ...], expected: tuple[str, ...]) -> None:
    """Alike but for the last digit: 4.125 is shown as 4.13, and 4.12499, the same sum in another order, as 4.12."""
    number = r"\d+(?:\.\d+)?"
    assert [re.sub(number, "#", reason) for reason in reasons] == [re.sub(number, "#", reason) for reason in expected]
    figures, wanted = ([float(x) for x in re.findall(number, " ".join(texts))] for texts in (reasons, expected))
    assert figures == pytest.approx(wanted, rel=5e-3)


def assert_same(stream: ope.Stream, log: ope.EvaluationLog, names) -> None:
    whole = ope.estimate_all(log, names, interval="normal", confidence=0.9)
    for one, two in zip(stream.estimates(confidence=0.9), whole, strict=True):
        for field in ("value", "std_error", "ci_low", "ci_high"):
            assert getattr(one, field) == pytest.approx(getattr(two, field), rel=1e-12), (one.estimator, field)
        for field in ("estimator", "interval", "interval_kind", "n_rows", "n_episodes", "verdict"):
            assert getattr(one, field) == getattr(two, field), (one.estimator, field)
        # The median at a position that a batch has in an episode or two is not that of the whole.
        if log.horizon == 1 or one.estimator not in ("iips", "sniips"):
            assert_same_words(one.reasons, two.reasons)
    found, expected = stream.diagnose().to_dict(), ope.diagnose(log).to_dict()
    assert_same_words(found.pop("reasons"), expected.pop("reasons"))
    assert found.pop("verdict") == expected.pop("verdict")
    np.testing.assert_allclose(found.pop("step_ess"), expected.pop("step_ess"), rtol=1e-12)
    assert found.pop("calibration_error") is expected.pop("calibration_error") is None
    assert found == pytest.approx(expected, rel=1e-10, abs=1e-12)


@given(st.integers(0, 10_000), st.lists(st.integers(20, 99), max_size=4, unique=True))
@example(895, [])
@settings(max_examples=15, deadline=None)
def test_one_step_logs_in_any_batches(seed, cuts):
    lengths = np.ones(100, dtype=int)
    fields = fields_of(seed, lengths)
    stream = ope.Stream(ONE_STEP)
    for first, last in zip([0, *sorted(cuts)], [*sorted(cuts), 100], strict=True):
        stream.add(log_of(fields, lengths, first, last, sequential=False))
    assert_same(stream, log_of(fields, lengths, sequential=False), ONE_STEP)


@given(st.integers(0, 10_000))
@settings(max_examples=10, deadline=None)
def test_episodes_of_any_length_in_merged_states(seed):
    """The longest episodes stand in one batch, another has one-step episodes only; merged in another order."""
    lengths = np.concatenate([np.random.default_rng(seed).integers(1, 4, 30), np.ones(20, int), [5, 2, 4, 5, 1]])
    fields = fields_of(seed, lengths)
    states = []
    for first, last in ((0, 30), (30, 50), (50, 55)):
        states.append(ope.Stream(LONGER))
        states[-1].add(log_of(fields, lengths, first, last))
    a, b, c = (ope.Stream.from_dict(json.loads(json.dumps(one.to_dict(), allow_nan=False))) for one in states)
    c.merge(a)
    b.merge(c)
    assert_same(b, log_of(fields, lengths), LONGER)


def test_reward_counts_of_many_different_rewards():
    """Neighbours are put together; the median and the spread stay those of all."""
    rewards = np.random.default_rng(0).lognormal(0, 1, 30_000)
    counts = RewardCounts.of(rewards[:10])
    for batch in np.split(rewards[10:], [5_000, 20_000]):
        counts = counts.merged(RewardCounts.of(batch))
    assert len(counts.values) <= DISTINCT and counts.counts.sum() == 30_000
    assert counts.median == pytest.approx(np.median(rewards), rel=0.01)
    events = events_of(rewards)
    for known in (None, (0.0, 1_000.0)):
        limit = largest_size(known, events.median)
        found, exact = counts.sizes(known), spread_of_sizes(events.sizes, limit)
        assert found.evenness == pytest.approx(exact.evenness, rel=0.05)
        assert (found.effective, found.known) == pytest.approx((exact.effective, exact.known), rel=0.01)
        assert found.largest == exact.largest


def test_continuous_rewards_have_nearly_the_same_verdict_in_batches():
    rng = np.random.default_rng(0)
    n = 6_000
    log = ope.EvaluationLog(rng.gamma(4, 1, n), np.full(n, 0.5), rng.uniform(0.2, 0.8, n))
    stream = ope.Stream(["ips", "snips"])
    for first in range(0, n, 7):
        stream.add(
            ope.EvaluationLog(
                log.rewards[first : first + 7],
                np.full(n, 0.5)[first : first + 7],
                log.target_propensities[first : first + 7],
            )
        )
    found, expected = stream.diagnose(), ope.diagnose(log)
    assert found.verdict == expected.verdict == "trusted"
    for name in ("effective_events", "balanced_events", "size_evenness"):
        assert getattr(found, name) == pytest.approx(getattr(expected, name), rel=0.05)


def test_estimates_over_more_steps_than_their_skewness_is_kept_for_are_not_trusted():
    rng = np.random.default_rng(0)
    n, steps = 4_000, 12
    rewards, target = (rng.random(n * steps) < 0.2).astype(float), rng.uniform(0.45, 0.55, n * steps)
    log = ope.EvaluationLog(rewards, np.full(n * steps, 0.5), target, episode_starts=np.arange(0, n * steps, steps))
    stream = ope.Stream(["ips", "snips"])
    stream.add(log)
    ips, snips = stream.estimates()
    assert ope.estimate(log, "snips", interval="none").verdict == ips.verdict == "trusted"
    assert snips.verdict == "weak" and "does not tell how skewed" in snips.reasons[0]


def test_a_shift_of_all_rewards_does_not_move_a_streams_skewness():
    rng = np.random.default_rng(0)
    rewards, target = (rng.random(4_000) < 0.1).astype(float), rng.uniform(0.1, 0.9, 4_000)
    skewness = []
    for shift in (0.0, 1e4):
        stream = ope.Stream(["snips"])
        for rows in np.split(np.arange(4_000), 4):
            stream.add(ope.EvaluationLog(rewards[rows] + shift, np.full(1_000, 0.5), target[rows]))
        skewness.append(stream.moments[0].skewness(4_000))
    assert skewness[1] == pytest.approx(skewness[0], rel=1e-3)


def test_users_in_batches_of_their_own():
    lengths = np.random.default_rng(0).integers(1, 4, 60)
    fields, users = fields_of(0, lengths), np.repeat(np.arange(12), 5)
    stream = ope.Stream(LONGER)
    for first, last in ((0, 25), (25, 40), (40, 60)):
        stream.add(log_of(fields, lengths, first, last, users=users))
    assert_same(stream, log_of(fields, lengths, users=users), LONGER)


def test_rewards_that_are_all_alike_have_no_standard_error():
    """Second moments kept as squares would leave a part in 1e8 of the rewards' size."""
    rng = np.random.default_rng(0)
    stream = ope.Stream(["snips"])
    for _ in range(5):
        stream.add(ope.EvaluationLog(np.full(200, 1e3), np.full(200, 0.5), rng.uniform(0, 0.5, 200)))
    (estimate,) = stream.estimates()
    assert estimate.value == pytest.approx(1e3, rel=1e-14) and estimate.std_error < 1e-10


def test_blocks_of_large_batches_and_a_metric():
    rng = np.random.default_rng(1)
    n = 40_000
    log = ope.EvaluationLog(
        np.zeros(n), np.full(n, 0.5), rng.uniform(0, 1, n), metrics=rng.normal(size=(n, 2)), reward_range=(0, 1)
    )
    stream = ope.Stream(["ips", "snips"], metric=1)
    stream.add(log)
    for one, two in zip(
        stream.estimates(), ope.estimate_all(log, ["ips", "snips"], interval="normal", metric=1), strict=True
    ):
        assert (one.value, one.std_error) == pytest.approx((two.value, two.std_error), rel=1e-12)
        assert one.verdict == two.verdict == "trusted"


def test_sources_kernels_and_unknown_mass():
    def batch(source, **fields):
        return ope.EvaluationLog([1.0, 2.0], [0.5, 0.5], [0.5, 0.25], propensity_source=source, **fields)

    stream = ope.Stream(["ips"])
    for source in ("uniform", "logged", "estimated", "logged"):
        stream.add(batch(source))
    assert stream.estimates()[0].propensity_source == "estimated"
    assert np.isnan(stream.diagnose().unsupported_mass)
    kernel = ope.Stream(["ips"])
    kernel.add(batch("logged", bandwidth=0.25))
    estimate = kernel.estimates()[0]
    assert estimate.estimator == "kernel0.25-ips" and estimate.interval_kind == "sampling-only"
    with pytest.raises(InputError, match=r"bandwidth: 0.25 after batches with None"):
        stream.merge(kernel)


def test_calibration_errors_of_batches():
    columns = ([1.0, 2.0], [0.5, 0.5], [0.5, 0.25])
    fitted = {"propensity_source": "estimated", "calibration_error": 0.03}
    stream = ope.Stream(["ips"])
    stream.add(ope.EvaluationLog(*columns))
    assert stream.diagnose().calibration_error is None
    alone = ope.Stream(["ips"])
    for batch in (columns, columns, [column[:1] for column in columns]):
        alone.add(ope.EvaluationLog(*batch, **fitted))
    alone = ope.Stream.from_dict(json.loads(json.dumps(alone.to_dict())))
    assert alone.diagnose().calibration_error == pytest.approx(0.03, rel=1e-12)
    # Five rows at .03, two at .1, two whose propensities were logged.
    alone.add(ope.EvaluationLog(*columns, propensity_source="estimated", calibration_error=0.1))
    stream.merge(alone)
    assert stream.diagnose().calibration_error == pytest.approx((5 * 0.03 + 2 * 0.1) / 7, rel=1e-12)


def test_undefined_values_keep_their_reason():
    stream = ope.Stream(["snips", "ips"])
    stream.add(ope.EvaluationLog([1.0, 2.0], [0.5, 0.5], [0.0, 0.0]))
    snips, ips = stream.estimates()
    assert np.isnan(snips.value) and snips.verdict == "unreliable" and snips.reasons
    assert ips.value == 0
    one = ope.Stream(["ips"])
    one.add(ope.EvaluationLog([1.0], [0.5], [0.5]))
    assert np.isnan(one.estimates()[0].std_error)


def test_refusals():
    log = ope.EvaluationLog([1.0, 2.0], [0.5, 0.5], [0.5, 0.25])
    with pytest.raises(InputError, match="'magic' needs the whole log"):
        ope.Stream(["magic"])
    with pytest.raises(InputError, match="Nothing was added"):
        ope.Stream(["ips"]).estimates()
    stream = ope.Stream(["ips"])
    stream.add(log)
    with pytest.raises(InputError, match=r"gamma: 0.5 after batches with 1.0"):
        stream.add(ope.EvaluationLog([1.0], [0.5], [0.5], gamma=0.5))
    with pytest.raises(InputError, match="sequential: True after"):
        stream.add(ope.EvaluationLog([1.0, 1.0], [0.5, 0.5], [0.5, 0.5], episode_starts=[0]))
    with pytest.raises(InputError, match="different estimators"):
        stream.merge(ope.Stream(["snips"]))
    with pytest.raises(InputError, match="different metrics"):
        stream.merge(ope.Stream(["ips"], metric=0))
    with pytest.raises(InputError, match="confidence is 2"):
        stream.estimates(confidence=2)
    with pytest.raises(InputError, match=r"target_propensities: The weight e\^345 at row 74"):
        ope.Stream(["ips"]).add(ope.EvaluationLog(np.ones(100), np.full(100, 0.01), np.ones(100), episode_starts=[0]))
    assert stream.estimates()[0].n_rows == 2
    for bad in ({}, {"schema": 1}, {"schema": 3, "estimators": 3}, [], {**stream.to_dict(), "steps": [{"a": 1}]}):
        with pytest.raises(InputError):
            ope.Stream.from_dict(bad)
    for form in ({"gamma": 1.0}, {**stream.to_dict()["settings"], "delta": 1}, 3):
        with pytest.raises(InputError, match="state: This is not the state of a stream"):
            ope.Stream.from_dict({**stream.to_dict(), "settings": form})
    assert stream.to_dict()["settings"]["by_user"] is False
