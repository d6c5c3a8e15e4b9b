"""Logs of several behaviour policies."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from rlbench_rec import ope
from rlbench_rec.errors import InputError, UnknownNameError

# Three items; the control hardly shows the third, the explorer shows all; the target policy likes the third.
POLICIES = {"control": np.array([0.7, 0.28, 0.02]), "explorer": np.array([0.3, 0.3, 0.4])}
EVALUATED = np.array([0.1, 0.3, 0.6])
CHANCES = np.array([0.2, 0.4, 0.6])
TRUTH = float(EVALUATED @ CHANCES)
NAMES = np.array(["control"] * 300 + ["explorer"] * 100)


def sample(seed: int):
    rng = np.random.default_rng(seed)
    items = np.concatenate([rng.choice(3, (name == NAMES).sum(), p=POLICIES[name]) for name in POLICIES])
    return items, (rng.random(400) < CHANCES[items]).astype(float)


def logs_of(items: np.ndarray, rewards: np.ndarray) -> dict[str, ope.EvaluationLog]:
    """Naive and balanced weights; q is a poor model."""
    q = np.array([0.3, 0.3, 0.5])
    model = {"q_logged": q[items], "v_target": np.full(400, EVALUATED @ q)}
    own = np.where(NAMES == "control", POLICIES["control"][items], POLICIES["explorer"][items])
    chances = {name: policy[items] for name, policy in POLICIES.items()}
    return {
        "naive": ope.EvaluationLog(rewards, own, EVALUATED[items], strata=NAMES, **model),
        "balanced": ope.analysis.mixture_log(rewards, NAMES, chances, EVALUATED[items], **model),
    }


def test_balanced_propensities_by_hand():
    log = ope.analysis.mixture_log([1, 2, 3, 4], ["b", "a", "a", "a"], {"a": [0.4] * 4, "b": [0.8] * 4}, [0.5] * 4)
    assert log.propensities.tolist() == pytest.approx([0.5] * 4, rel=1e-15) and log.strata.tolist() == [1, 0, 0, 0]


def test_naive_balanced_and_weighted_are_unbiased_and_balanced_varies_less():
    found = {(kind, name): [] for kind in ("naive", "balanced", "weighted") for name in ("ips", "dr")}
    for seed in range(150):
        items, rewards = sample(seed)
        logs = logs_of(items, rewards)
        apart = {name: ope.analysis.subset(logs["naive"], name == NAMES) for name in POLICIES}
        apart = {name: replace(log, strata=None) for name, log in apart.items()}
        for name in ("ips", "dr"):
            for kind, log in logs.items():
                found[kind, name].append(ope.estimate(log, name, interval="none").value)
            found["weighted", name].append(ope.analysis.estimate_weighted(apart, name, interval="none").value)
    for values in found.values():
        assert abs(np.mean(values) - TRUTH) < 4 * np.std(values) / np.sqrt(150)
    for name in ("ips", "dr"):
        naive, balanced, weighted = (np.std(found[kind, name]) for kind in ("naive", "balanced", "weighted"))
        assert balanced < 0.7 * naive and weighted < 0.8 * naive


@pytest.mark.parametrize("kind", ["naive", "balanced"])
def test_intervals_by_logger_have_the_right_width(kind):
    values, errors, widths = [], [], []
    for seed in range(120):
        found = ope.estimate(logs_of(*sample(seed))[kind], "snips", n_resamples=100, seed=seed)
        values.append(found.value)
        errors.append(found.std_error)
        widths.append((found.ci_high - found.ci_low) / 3.92)
    # Three standard errors of a standard deviation of 120 values are 20 %.
    if kind == "balanced":
        assert np.mean(errors) == pytest.approx(np.std(values), rel=0.2)
        assert np.mean(widths) == pytest.approx(np.std(values), rel=0.2)
    else:
        assert np.mean(widths) == pytest.approx(np.mean(errors), rel=0.1)


def test_the_size_of_each_arm_is_not_left_to_chance():
    """Rewards that depend on the arm alone: with as many rows of each in every resample, their mean is certain."""
    rewards = np.repeat([1.0, 5.0], [300, 100])
    log = ope.EvaluationLog(rewards, np.full(400, 0.5), np.full(400, 0.5), strata=NAMES)
    for interval in ("bootstrap", "normal", "simultaneous"):
        found = ope.estimate(log, "ips", interval=interval)
        assert (found.ci_low, found.value, found.ci_high) == pytest.approx((2, 2, 2), rel=1e-12)
        assert found.std_error == pytest.approx(0, abs=1e-12)
    assert ope.estimate(replace(log, strata=None), "ips").std_error > 0.05
    users = replace(log, clusters=np.arange(400) // 2)
    assert ope.estimate(users, "ips").std_error == pytest.approx(0, abs=1e-12)


def test_standard_errors_by_arm_by_hand():
    items, rewards = sample(3)
    log = logs_of(items, rewards)["balanced"]
    terms = log.importance_weights * rewards
    square = sum((name == NAMES).sum() * terms[name == NAMES].var(ddof=1) for name in POLICIES)
    assert ope.estimate(log, "ips", interval="none").std_error == pytest.approx(np.sqrt(square) / 400, rel=1e-12)


def test_a_sequence_is_weighed_by_the_mixture_of_whole_sequences():
    """Every sequence of two actions as often as it should be: the value is exact, W_T a ratio to a mixture."""
    one, two = np.array([0.75, 0.25]), np.array([0.25, 0.75])
    rows, loggers = [], []
    for logger, policy in (("one", one), ("two", two)):
        for first, second in itertools.product(range(2), repeat=2):
            for _ in range(int(16 * policy[first] * policy[second])):
                rows += [first, second]
                loggers.append(logger)
    actions = np.array(rows)
    target, rewards = np.array([0.5, 0.5]), np.array([1.0, 3.0])
    starts = np.arange(0, len(actions), 2)
    log = ope.analysis.mixture_log(
        rewards[actions], loggers, {"one": one[actions], "two": two[actions]}, target[actions], episode_starts=starts
    )
    a, b = actions[::2], actions[1::2]
    expected = 0.25 / (0.5 * one[a] * one[b] + 0.5 * two[a] * two[b])
    assert log.final_weights.tolist() == pytest.approx(expected.tolist(), rel=1e-12)
    assert ope.estimate(log, "ips", interval="none").value == pytest.approx(4.0, rel=1e-12)
    assert ope.estimate(log, "tis", interval="none").value == pytest.approx(4.0, rel=1e-12)


def test_against_one_arm():
    """The lift over the control, from rows of both arms."""
    lifts, covered = [], 0
    for seed in range(150):
        items, rewards = sample(seed)
        log = logs_of(items, rewards)["balanced"]
        control = replace(log, target_propensities=POLICIES["control"][items])
        found = ope.lift(log, "snips", against=control, interval="normal")
        truth = TRUTH - POLICIES["control"] @ CHANCES
        covered += found.ci_low < truth < found.ci_high
        lifts.append(found.value)
    values = [ope.estimate(one, "snips", interval="none").value for one in (log, control)]
    assert found.value == pytest.approx(values[0] - values[1], rel=1e-12) and found.estimator == "snips-lift"
    assert abs(np.mean(lifts) - truth) < 4 * np.std(lifts) / np.sqrt(150) + 0.005 and covered / 150 > 0.89
    same = ope.lift(log, "snips", against=log)
    assert (same.value, same.ci_low, same.ci_high) == (0, 0, 0)


def test_the_worst_verdict_of_both_policies_counts():
    rng = np.random.default_rng(0)
    items = rng.choice(3, 10_000, p=POLICIES["control"])
    rewards = (rng.random(10_000) < CHANCES[items]).astype(float)
    fine = ope.EvaluationLog(rewards, POLICIES["control"][items], np.array([0.6, 0.38, 0.02])[items])
    rare = replace(fine, target_propensities=np.array([0.0, 0.0, 1.0])[items])
    assert ope.lift(fine).verdict == "trusted" and ope.lift(fine, against=fine).verdict == "trusted"
    assert ope.lift(fine, against=rare).verdict == ope.estimate(rare, "snips").verdict == "weak"
    with pytest.raises(InputError, match="against: Its decisions differ"):
        ope.lift(fine, against=replace(fine, rewards=1 - rewards))


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"propensities": {"a": [0.5, 0.5]}}, UnknownNameError, "Unknown logger 'b'"),
        ({"propensities": {"a": [0.5, 0.5], "b": [0.5]}}, InputError, "'b': 1 entries for 2 rewards"),
        ({"propensities": {"a": [0.0, 0.5], "b": [0.5, 0.5]}}, InputError, "'a': 1 values are 0 where it took"),
        ({"propensities": {"a": [0.5, 0.5], "b": [0.5, 1.5]}}, InputError, "'b': 1 values are outside"),
        ({"propensities": {"a": [1, 1], "b": [1, 1], "c": [1, 1]}}, InputError, "No row was logged by c"),
        ({"loggers": ["a"]}, InputError, "loggers: 1 entries for 2 episodes"),
    ],
)
def test_bad_mixtures(change, error, words):
    given = {"loggers": ["a", "b"], "propensities": {"a": [0.5, 0.5], "b": [0.5, 0.5]}} | change
    with pytest.raises(error, match=words):
        ope.analysis.mixture_log([1, 2], target_propensities=[0.5, 0.5], **given)


def test_strata_are_refused_where_they_are_not_known():
    log = ope.EvaluationLog([1, 2, 3, 4], [0.5] * 4, [0.5] * 4, strata=[0, 0, 1, 1], reward_range=(0, 5))
    with pytest.raises(InputError, match="strata: Finite-sample"):
        ope.inference.confidence_sequence(log, "on-policy")
    for interval in ("bca", "studentised", "betting"):
        with pytest.raises(InputError, match="not by strata"):
            ope.estimate(log, "on-policy", interval=interval)
    with pytest.raises(InputError, match="clusters: 1 values are in several strata"):
        replace(log, clusters=[0, 1, 1, 2])
    with pytest.raises(InputError, match="no strata"):
        ope.Stream(["ips"]).add(log)
