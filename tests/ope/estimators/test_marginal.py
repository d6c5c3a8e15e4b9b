"""Marginalised weights: of states (`mis`, `drl`) and of categories (`mips`, `snmips`)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlbench_rec import ope
from rlbench_rec.errors import InputError


def value(log, name):
    return ope.estimate(log, name, interval="none").value


def by_hand(**fields) -> ope.EvaluationLog:
    # Two episodes at gamma 1/2: ratios of actions 2, 1/2 | 1/2; of states 1, 3 | 1.
    return ope.EvaluationLog(
        [1, 4, 2],
        [0.25, 1.0, 0.5],
        [0.5, 0.5, 0.25],
        [0.5, 2, 1],
        [1, 3, 2],
        [0, 2],
        gamma=0.5,
        state_ratios=[1, 3, 1],
        **fields,
    )


def test_states_on_paper():
    # A: 2 * 1 + .5 * 3 * .5 * 4 = 5; B: .5 * 2 = 1.
    assert value(by_hand(), "mis") == pytest.approx(6 / 2, rel=1e-15)
    # A: 2 * (1 - .5) + 1 + .5 * [1.5 * (4 - 2) + 2 * 3] = 6.5; B: .5 * (2 - 1) + 2 = 2.5.
    assert value(by_hand(), "drl") == pytest.approx(9 / 2, rel=1e-15)


def test_categories_on_paper():
    log = ope.EvaluationLog(
        [1, 0, 2],
        [0.25, 0.5, 0.125],
        [0.5, 0.25, 0.5],
        category_propensities=[0.5, 0.5, 0.25],
        target_category_propensities=[0.5, 0.25, 0.75],
    )
    # Weights 1, 1/2, 3.
    assert value(log, "mips") == pytest.approx(7 / 3, rel=1e-15)
    assert value(log, "snmips") == pytest.approx(7 / 4.5, rel=1e-15)


def test_every_consistent_estimator_is_exact_on_a_whole_population(population):
    log = replace(population.log, state_ratios=population.state_ratios)
    for name in ("ips", "tis", "snips", "sntis", "mis"):
        assert value(log, name) == pytest.approx(population.value, rel=1e-12), name
    # Doubly robust ones whatever the model says.
    rng = np.random.default_rng(0)
    q = rng.normal(size=(6, 2))
    states = population.states
    log = replace(log, q_logged=q[states, population.actions], v_target=(population.target * q).sum(axis=1)[states])
    for name in ("dr", "sndr", "drl"):
        assert value(log, name) == pytest.approx(population.value, rel=1e-12), name


def test_drl_discounts_and_places_the_next_value_like_dr():
    """Where each history is a state of its own, d_t is W_{t-1}: `mis` is `ips` and `drl` is `dr`."""
    log = by_hand()
    log = replace(log, state_ratios=log.importance_weights_before)
    assert value(log, "mis") == pytest.approx(value(log, "ips"), rel=1e-15)
    assert value(log, "drl") == pytest.approx(value(log, "dr"), rel=1e-15)


@given(st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_the_order_of_episodes_and_the_scale_of_rewards(seed):
    rng = np.random.default_rng(seed)
    n, k = 20, 3
    vectors = {
        "rewards": rng.normal(size=n * k),
        "propensities": rng.uniform(0.2, 0.9, n * k),
        "target_propensities": rng.uniform(0, 0.9, n * k),
        "state_ratios": rng.uniform(0, 3, n * k),
    }
    starts = np.arange(0, n * k, k)
    order = (rng.permutation(n)[:, None] * k + np.arange(k)).ravel()
    plain = ope.EvaluationLog(**vectors, episode_starts=starts, gamma=0.8)
    mixed = {name: vector[order] for name, vector in vectors.items()} | {"rewards": 7 * vectors["rewards"][order]}
    assert value(ope.EvaluationLog(**mixed, episode_starts=starts, gamma=0.8), "mis") == pytest.approx(
        7 * value(plain, "mis"), rel=1e-10, abs=1e-12
    )


def test_mips_needs_no_support_on_single_actions():
    """Reward by category alone: the target policy takes an action that is never logged, of a category that is."""
    rng = np.random.default_rng(0)
    n = 20_000
    categories, worth = np.array([0, 0, 1, 1]), np.array([1.0, 3.0])
    pi_b, pi_e = np.array([0.7, 0.0, 0.1, 0.2]), np.array([0.0, 0.2, 0.8, 0.0])
    actions = rng.choice(4, n, p=pi_b)
    log = ope.EvaluationLog.from_arrays(
        actions,
        worth[categories[actions]] + rng.normal(size=n),
        pi_b[actions],
        np.tile(pi_e, (n, 1)),
        behaviour_policy=np.tile(pi_b, (n, 1)),
        categories=categories,
    )
    mips, snmips, ips = ope.estimate_all(log, ["mips", "snmips", "ips"])
    truth = 0.2 * 1 + 0.8 * 3
    assert abs(mips.value - truth) < 4 * mips.std_error and abs(snmips.value - truth) < 4 * snmips.std_error
    assert mips.ci_low < truth < mips.ci_high and mips.interval_kind == "sampling-only"
    assert mips.verdict == "weak" and mips.reasons == ("the estimator has a bias that its interval does not cover",)
    assert ips.verdict == "unreliable" and abs(ips.value - truth) > 0.15


def test_one_category_is_the_mean_and_one_for_each_action_is_ips():
    rng = np.random.default_rng(1)
    n = 50
    pi_b, pi_e = rng.dirichlet(np.ones(4), n), rng.dirichlet(np.ones(4), n)
    actions, rewards = rng.integers(0, 4, n), rng.normal(size=n)

    def log(categories):
        return ope.EvaluationLog.from_arrays(
            actions, rewards, pi_b[np.arange(n), actions], pi_e, behaviour_policy=pi_b, categories=categories
        )

    assert value(log(["a"] * 4), "mips") == pytest.approx(rewards.mean(), rel=1e-12)
    assert value(log([3, 0, 2, 1]), "mips") == pytest.approx(value(log(None), "ips"), rel=1e-12)


def test_verdicts_look_at_the_weights_that_are_used():
    """Products of 40 ratios leave nothing of a log; ratios of states do."""
    rng = np.random.default_rng(2)
    n, k = 400, 40
    ratios = rng.choice([0.5, 1.5], (n, k))
    log = ope.EvaluationLog(
        rng.integers(0, 3, n * k),
        np.full(n * k, 0.5),
        0.5 * ratios.ravel(),
        episode_starts=np.arange(0, n * k, k),
        gamma=0.9,
    )
    log = replace(log, state_ratios=np.ones(n * k))
    mis, ips = ope.estimate_all(log, ["mis", "ips"])
    assert ips.verdict == "unreliable" and mis.verdict == "weak"
    assert mis.value == pytest.approx((1 - 0.9**40) / 0.1, rel=0.02)
    # A single episode that has all the weight is seen.
    heavy = np.full(n * k, 1e-3)
    heavy[5 * k : 6 * k] = 400.0
    assert ope.estimate(replace(log, state_ratios=heavy), "mis").verdict == "unreliable"


def test_refusals():
    log = by_hand()
    with pytest.raises(InputError, match="'mis' needs state_ratios"):
        value(replace(log, state_ratios=None), "mis")
    with pytest.raises(InputError, match="'mips' needs category_propensities"):
        value(log, "mips")
    with pytest.raises(InputError, match="state_ratios: 1 values are below 0; the first is -1 at row 1"):
        replace(log, state_ratios=[1, -1, 1])
    with pytest.raises(InputError, match="category_propensities and target_category_propensities belong together"):
        replace(log, category_propensities=[1, 1, 1])
    pair = {"category_propensities": [1, 0, 1], "target_category_propensities": [1, 1, 1]}
    with pytest.raises(InputError, match=r"category_propensities: .*outside \(0, 1\]; the first is 0 at row 1"):
        replace(log, **pair)
    pair = {"category_propensities": [1, 1, 1], "target_category_propensities": [1, 1, 1.1]}
    with pytest.raises(InputError, match=r"target_category_propensities: .* row 2"):
        replace(log, **pair)
    with pytest.raises(InputError, match="one-step logs only"):
        value(replace(log, category_propensities=[1, 1, 1], target_category_propensities=[1, 1, 1]), "mips")
    with pytest.raises(InputError, match="not a mean of weighted rewards"):
        ope.inference.lower_bound(log, "mis")
