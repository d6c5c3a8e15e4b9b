"""Estimators against numbers worked on paper and a plain loop; edges of logs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlbench_rec import ope

# Two episodes at gamma = 1/2.
#   A: rho 2, 1/2   -> W 2, 1     rewards 1, 4     q 1/2, 2   v 1, 3
#   B: rho 1/2      -> W 1/2      reward 2         q 1        v 2
BY_HAND = {
    # A: 2*1 + .5*1*4 = 4; B: .5*2 = 1
    "ips": 5 / 2,
    # A: W_T 1 * (1 + .5*4) = 3; B: .5*2 = 1
    "tis": 4 / 2,
    # t=0: (2*1 + .5*2) / (2 + .5) = 1.2; t=1: .5*1*4 / (1 + .5), B keeps its last weight
    "snips": 3 / 2.5 + 2 / 1.5,
    # (3 + 1) / (1 + .5)
    "sntis": 4 / 1.5,
    # (1 + 2) / 2
    "dm": 3 / 2,
    # A: 2*(1-.5) + 1*1 + .5*[1*(4-2) + 2*3] = 1 + 1 + 4 = 6; B: .5*(2-1) + 2 = 2.5
    "dr": 8.5 / 2,
    # residuals: (2*.5 + .5*1)/2.5 + .5*(1*2)/1.5; v: (1 + 2)/2 + .5*(2*3)/(2 + .5), B keeps 1/2
    "sndr": 1.5 / 2.5 + 1 / 1.5 + 3 / 2 + 3 / 2.5,
    # A: (1 + .5*4) = 3; B: 2
    "on-policy": 5 / 2,
}


def by_hand() -> ope.EvaluationLog:
    return ope.EvaluationLog(
        rewards=[1, 4, 2],
        propensities=[0.25, 1.0, 0.5],
        target_propensities=[0.5, 0.5, 0.25],
        q_logged=[0.5, 2, 1],
        v_target=[1, 3, 2],
        episode_starts=[0, 2],
        gamma=0.5,
    )


@pytest.mark.parametrize("name", BY_HAND)
def test_two_episodes_on_paper(name):
    assert ope.estimate(by_hand(), name, interval="none").value == pytest.approx(BY_HAND[name], rel=1e-14)


ONE_STEP = {
    # w = 2, 1/2, 4; r = 1, 0, 2; q = .5, .5, 1; v = 1, 0, 1
    ("ips", None): (2 + 0 + 8) / 3,
    ("snips", None): 10 / 6.5,
    ("ips-clip", 2.0): (2 + 0 + 4) / 3,
    ("dr", None): (1 + 2 * 0.5 + 0 - 0.25 + 1 + 4) / 3,
    ("dr-clip", 2.0): (1 + 1 + 0 - 0.25 + 1 + 2) / 3,
    ("switch-dr", 2.0): (1 + 1 + 0 - 0.25 + 1) / 3,
    # L w / (w^2 + L) at L = 4: 8/8, 2/4.25, 16/20
    ("dros", 4.0): (1 + 0.5 * 1 + 0 - 0.5 * (2 / 4.25) + 1 + 0.8) / 3,
    # w / (1/2 + w/2): 4/3, 2/3, 8/5
    ("sg-ips", 0.5): (4 / 3 + 0 + 16 / 5) / 3,
    ("sg-dr", 0.5): (1 + 0.5 * 4 / 3 + 0 - 0.5 * 2 / 3 + 1 + 8 / 5) / 3,
}


@pytest.mark.parametrize(("case", "expected"), ONE_STEP.items(), ids=lambda case: str(case))
def test_one_step_on_paper(case, expected):
    name, parameter = case
    log = ope.EvaluationLog([1, 0, 2], [0.25, 0.5, 0.125], [0.5, 0.25, 0.5], [0.5, 0.5, 1], [1, 0, 1])
    parameters = {} if parameter is None else {ope.ESTIMATORS[name].required[0]: parameter}
    estimate = ope.estimate(log, name, interval="none", **parameters)
    assert estimate.value == pytest.approx(expected, rel=1e-14)
    assert estimate.estimator == (name if parameter is None else f"{name}{parameter:g}")


def random_log(seed: int, episodes: int = 40, longest: int = 6, gamma: float = 0.9) -> ope.EvaluationLog:
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, longest + 1, episodes)
    n = lengths.sum()
    return ope.EvaluationLog(
        rng.normal(size=n),
        rng.uniform(0.2, 0.9, n),
        rng.uniform(0.0, 0.9, n),
        rng.normal(size=n),
        rng.normal(size=n),
        np.cumsum(lengths) - lengths,
        gamma=gamma,
    )


def loop_values(log: ope.EvaluationLog) -> dict[str, float]:
    """snips and sndr straight from their definitions, one episode and one step at a time."""
    horizon, n = log.lengths.max(), log.n_episodes
    sums = np.zeros((5, horizon))
    for start, length in zip(log.starts, log.lengths, strict=True):
        weights = np.cumprod(log.ratios[start : start + length])
        for t in range(horizon):
            before = 1.0 if t == 0 else weights[min(t - 1, length - 1)]
            sums[0, t] += weights[min(t, length - 1)]
            sums[1, t] += before
            if t < length:
                row, discount = start + t, log.gamma**t
                sums[2, t] += discount * weights[t] * log.rewards[row]
                sums[3, t] += discount * weights[t] * (log.rewards[row] - log.q_logged[row])
                sums[4, t] += discount * before * log.v_target[row]
    assert n > 0
    return {"snips": (sums[2] / sums[0]).sum(), "sndr": (sums[3] / sums[0] + sums[4] / sums[1]).sum()}


@pytest.mark.parametrize("seed", range(5))
def test_self_normalised_estimators_equal_a_plain_loop(seed):
    log = random_log(seed)
    for name, expected in loop_values(log).items():
        assert ope.estimate(log, name, interval="none").value == pytest.approx(expected, rel=1e-12)


def test_rescaled_weights_give_the_same_values(monkeypatch):
    from rlbench_rec.ope.data import importance_weights

    log = random_log(7)
    plain = ope.estimate_all(log, ["snips", "sndr"], n_resamples=50)
    monkeypatch.setattr(importance_weights, "LARGEST_LOG", 1e-9)
    log = random_log(7)
    for one, two in zip(plain, ope.estimate_all(log, ["snips", "sndr"], n_resamples=50), strict=True):
        for field in ("value", "std_error", "ci_low", "ci_high"):
            assert getattr(one, field) == pytest.approx(getattr(two, field), rel=1e-10)


@given(st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_row_order_does_not_matter(seed):
    rng = np.random.default_rng(seed)
    n, actions = 60, 4
    ids, users = rng.integers(0, 15, n), None
    steps = np.zeros(n, dtype=int)
    for i in set(ids):
        steps[ids == i] = rng.permutation((ids == i).sum())
    pi_e, pi_b = (rng.dirichlet(np.ones(actions), n) for _ in range(2))
    taken, q, rewards = rng.integers(0, actions, n), rng.normal(size=(n, actions)), rng.normal(size=n)

    def values(order):
        log = ope.EvaluationLog.from_arrays(
            taken[order],
            rewards[order],
            pi_b[np.arange(n), taken][order],
            pi_e[order],
            q[order],
            pi_b[order],
            trajectory_ids=ids[order],
            steps=steps[order],
            clusters=users,
            gamma=0.8,
        )
        return [e.value for e in ope.estimate_all(log, list(BY_HAND), interval="none")]

    np.testing.assert_allclose(values(np.arange(n)), values(rng.permutation(n)), rtol=1e-10, atol=1e-12)


def test_metrics_are_valued_by_the_same_weights():
    log = by_hand()
    with_metrics = ope.EvaluationLog(
        log.rewards * 0,
        log.propensities,
        log.target_propensities,
        episode_starts=log.episode_starts,
        gamma=0.5,
        metrics=np.stack([log.rewards, np.ones(3)], axis=1),
    )
    assert ope.estimate(with_metrics, "snips", metric=0).value == pytest.approx(BY_HAND["snips"], rel=1e-14)


@pytest.mark.parametrize("gamma", [0, 1, 0.0, 1.0])
def test_gamma_zero_and_integer_gamma(gamma):
    log = random_log(2, gamma=gamma)
    for estimate in ope.estimate_all(log, list(BY_HAND), interval="none"):
        assert np.isfinite(estimate.value)
    if gamma == 0:
        first = log.ratios[log.starts] * log.rewards[log.starts]
        assert ope.estimate(log, "ips", interval="none").value == pytest.approx(first.mean(), rel=1e-14)


def test_all_weights_zero_is_undefined_with_a_reason():
    log = ope.EvaluationLog([1, 2], [0.5, 0.5], [0, 0])
    assert ope.estimate(log, "ips").value == 0.0
    snips = ope.estimate(log, "snips")
    assert np.isnan(snips.value) and np.isnan(snips.ci_low) and snips.verdict == "unreliable" and snips.reasons


@pytest.mark.parametrize("starts", [None, [0]])
def test_one_row_or_one_episode(starts):
    log = ope.EvaluationLog([2.0], [0.5], [0.25], [1.0], [1.0], starts)
    for estimate in ope.estimate_all(log, list(BY_HAND)):
        assert np.isfinite(estimate.value) and np.isnan(estimate.std_error)
        assert estimate.verdict == "unreliable"
