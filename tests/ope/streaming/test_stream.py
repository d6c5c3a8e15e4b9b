"""Batches and merged states give what the whole log gives."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlbench_rec import ope
from rlbench_rec.errors import InputError

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
        "rewards": rng.normal(3, 1, n),
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


def assert_same(stream: ope.Stream, log: ope.EvaluationLog, names) -> None:
    whole = ope.estimate_all(log, names, interval="normal", confidence=0.9)
    for one, two in zip(stream.estimates(confidence=0.9), whole, strict=True):
        for field in ("value", "std_error", "ci_low", "ci_high"):
            assert getattr(one, field) == pytest.approx(getattr(two, field), rel=1e-12), (one.estimator, field)
        for field in ("estimator", "interval", "interval_kind", "n_rows", "n_episodes", "verdict", "reasons"):
            assert getattr(one, field) == getattr(two, field), (one.estimator, field)
    found, expected = stream.diagnose().to_dict(), ope.diagnose(log).to_dict()
    assert found.pop("reasons") == expected.pop("reasons") and found.pop("verdict") == expected.pop("verdict")
    np.testing.assert_allclose(found.pop("step_ess"), expected.pop("step_ess"), rtol=1e-12)
    assert found.pop("calibration_error") is expected.pop("calibration_error") is None
    assert found == pytest.approx(expected, rel=1e-10, abs=1e-12)


@given(st.integers(0, 10_000), st.lists(st.integers(1, 99), max_size=4, unique=True))
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
    lengths = np.concatenate([np.random.default_rng(seed).integers(1, 4, 30), np.ones(20, int), [7, 2, 5, 7, 1]])
    fields = fields_of(seed, lengths)
    states = []
    for first, last in ((0, 30), (30, 50), (50, 55)):
        states.append(ope.Stream(LONGER))
        states[-1].add(log_of(fields, lengths, first, last))
    a, b, c = (ope.Stream.from_dict(json.loads(json.dumps(one.to_dict(), allow_nan=False))) for one in states)
    c.merge(a)
    b.merge(c)
    assert_same(b, log_of(fields, lengths), LONGER)


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
