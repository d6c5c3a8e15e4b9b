"""What must hold on any log: of every registered estimator that the property speaks of."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlbench_rec import ope
from rlbench_rec.errors import InputError
from rlbench_rec.ope.data.evaluation_log import ROW_FIELDS

PARAMETERS = {"clip": 2.0, "threshold": 2.0, "shrinkage": 3.0, "strength": 0.3}
SEEDS = st.integers(0, 10_000)
BY_EPISODE = ("slate_weights", "clusters")


def full_log(seed: int, episodes: int = 30, longest: int = 5, gamma: float = 0.9) -> ope.EvaluationLog:
    """A log that carries whatever any estimator needs; some of its weights are 0."""
    rng = np.random.default_rng(seed)
    lengths = np.append(longest, rng.integers(1, longest + 1, episodes - 1))
    n = int(lengths.sum())
    target = rng.uniform(0.05, 0.9, n)
    # The first episode keeps its weights, so that no step is without any.
    target[longest:][rng.random(n - longest) < 0.1] = 0.0
    return ope.EvaluationLog(
        rng.normal(size=n),
        rng.uniform(0.2, 0.9, n),
        target,
        rng.normal(size=n),
        rng.normal(size=n),
        None if longest == 1 else np.cumsum(lengths) - lengths,
        gamma=gamma,
        state_ratios=rng.uniform(0.2, 2, n),
        category_propensities=rng.uniform(0.2, 0.9, n),
        target_category_propensities=rng.uniform(0.05, 0.9, n),
        slate_weights=rng.normal(1, 1, episodes),
    )


def suited(log: ope.EvaluationLog, *without: str) -> list[ope.Estimator]:
    """Every registered estimator that is made for such a log."""
    found = []
    for name in ope.ESTIMATORS:
        one = ope.ESTIMATORS[name]
        if name in without or (one.one_step_only and not log.one_step):
            continue
        found.append(ope.estimator(one, **{key: PARAMETERS[key] for key in one.required if key in PARAMETERS}))
    return found


def values(log: ope.EvaluationLog, estimators: list[ope.Estimator]) -> np.ndarray:
    found = np.array([one.value for one in ope.estimate_all(log, estimators, interval="none")])
    assert np.isfinite(found).all()
    return found


def rearranged(log: ope.EvaluationLog, order: np.ndarray) -> ope.EvaluationLog:
    """The same episodes in another order, or some of them more than once."""
    rows = np.concatenate([np.arange(log.starts[e], log.starts[e] + log.lengths[e]) for e in order])
    changed = {}
    for field in fields(log):
        column = getattr(log, field.name)
        if column is not None and field.name in ROW_FIELDS:
            changed[field.name] = column[rows]
        elif column is not None and field.name in BY_EPISODE:
            changed[field.name] = column[order]
    if log.episode_starts is not None:
        changed["episode_starts"] = np.cumsum(log.lengths[order]) - log.lengths[order]
    return replace(log, **changed)


@pytest.mark.parametrize("longest", [1, 5])
@given(seed=SEEDS)
@settings(max_examples=15, deadline=None)
def test_the_order_of_episodes_does_not_matter(longest, seed):
    log = full_log(seed, longest=longest)
    # magic draws episodes by number to see how sure it is.
    estimators = suited(log, "magic")
    order = np.random.default_rng(seed).permutation(log.n_episodes)
    np.testing.assert_allclose(
        values(log, estimators), values(rearranged(log, order), estimators), rtol=1e-9, atol=1e-11
    )


@pytest.mark.parametrize("longest", [1, 5])
@given(seed=SEEDS)
@settings(max_examples=15, deadline=None)
def test_a_log_twice_leaves_every_value_unchanged(longest, seed):
    log = full_log(seed, longest=longest)
    # magic blends by how many episodes there are.
    estimators = suited(log, "magic")
    twice = rearranged(log, np.tile(np.arange(log.n_episodes), 2))
    np.testing.assert_allclose(values(log, estimators), values(twice, estimators), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("longest", [1, 5])
@given(seed=SEEDS, scale=st.floats(0.01, 1_000.0))
@settings(max_examples=15, deadline=None)
def test_scaling_rewards_and_the_model_scales_values(longest, seed, scale):
    log = full_log(seed, longest=longest)
    scaled = replace(log, rewards=log.rewards * scale, q_logged=log.q_logged * scale, v_target=log.v_target * scale)
    estimators = suited(log)
    np.testing.assert_allclose(
        scale * values(log, estimators), values(scaled, estimators), rtol=1e-7, atol=1e-9 * scale
    )


@given(seed=SEEDS, cents=st.floats(-100, 100))
@settings(max_examples=15, deadline=None)
def test_self_normalised_values_move_with_the_rewards(seed, cents):
    """At one step c more on every reward is c more in value; plain importance sampling has it times the mean weight."""
    log = full_log(seed, longest=1)
    moved = replace(log, rewards=log.rewards + cents)
    names = ["snips", "sntis", "snmips", "sniips", "sn-pseudo-inverse", "on-policy"]
    np.testing.assert_allclose(values(moved, names), values(log, names) + cents, rtol=1e-6, atol=1e-6)
    apart = values(moved, ["ips"]) - values(log, ["ips"])
    assert apart[0] == pytest.approx(cents * log.importance_weights.mean(), rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("longest", [1, 5])
@given(seed=SEEDS)
@settings(max_examples=15, deadline=None)
def test_the_behaviour_policy_is_worth_its_mean_return(longest, seed):
    log = full_log(seed, longest=longest)
    ones = np.ones(log.n_rows)
    own = replace(
        log,
        target_propensities=log.propensities,
        target_category_propensities=log.category_propensities,
        slate_weights=np.ones(log.n_episodes),
        state_ratios=ones,
    )
    weighted = [one for one in suited(own) if not one.needs_q]
    mean = log.per_episode(log.discounts * log.rewards).mean()
    np.testing.assert_allclose(values(own, weighted), mean, rtol=1e-9, atol=1e-12)


@given(seed=SEEDS)
@settings(max_examples=15, deadline=None)
def test_at_one_step_names_of_one_idea_agree(seed):
    log = full_log(seed, longest=1)
    for names in (["ips", "pdis", "tis", "iips", "sips", "rips"], ["snips", "snpdis", "sntis", "sniips"]):
        found = values(log, names)
        np.testing.assert_allclose(found, found[0], rtol=1e-12)
    found = values(
        log, ["dr", "cascade-dr", ope.estimator("dros", shrinkage=np.inf), ope.estimator("sg-dr", strength=0)]
    )
    np.testing.assert_allclose(found, found[0], rtol=1e-10)
    assert values(log, [ope.estimator("dros", shrinkage=0)])[0] == values(log, ["dm"])[0]


@pytest.mark.parametrize("longest", [1, 5])
@given(seed=SEEDS)
@settings(max_examples=15, deadline=None)
def test_dr_is_dm_where_the_model_is_exact_on_every_row(longest, seed):
    log = full_log(seed, longest=longest)
    # q_t = r_t + gamma v_{t+1}.
    following = np.append(log.v_target[1:], 0.0)
    following[log.starts + log.lengths - 1] = 0.0
    exact = replace(log, q_logged=log.rewards + log.gamma * following)
    found = values(exact, ["dm", "dr"])
    assert found[1] == pytest.approx(found[0], rel=1e-9, abs=1e-11)


@pytest.mark.parametrize("seed", range(3))
def test_values_of_a_sampled_mdp_are_within_four_standard_errors(population, seed):
    """Episodes of a tabular MDP drawn at random, with a wrong model; the value is known by dynamic programming."""
    whole, rng = population.log, np.random.default_rng(seed)
    model = rng.uniform(0, 5, population.target.shape)
    whole = replace(
        whole,
        q_logged=model[population.states, population.actions],
        v_target=(population.target * model).sum(axis=1)[population.states],
        state_ratios=population.state_ratios,
    )
    log = rearranged(whole, rng.integers(0, whole.n_episodes, 6_000))
    consistent = [one for one in suited(log) if not one.biased and one.events in ("reward", "trajectory")]
    # Its ratios of states are the true ones here.
    consistent += [ope.estimator("mis"), ope.estimator("drl")]
    assert {one.id for one in consistent} >= {"ips", "tis", "snips", "sntis", "dr", "sndr", "mis", "drl"}
    consistent.append(ope.inference.combined(log, ["ips", "snips", "dr", "sndr"], n_resamples=200))
    for one in ope.estimate_all(log, consistent, interval="none"):
        assert abs(one.value - population.value) < 4 * one.std_error, one.estimator
        # The behaviour policy's value is far enough for this to tell.
        assert one.std_error < 0.15
    logged = ope.estimate(log, "on-policy", interval="none")
    assert abs(logged.value - population.value) > 4 * logged.std_error


def test_one_name_is_not_read_letter_by_letter():
    log = full_log(0)
    for ask in (
        lambda: ope.estimate_all(log, "snips"),
        lambda: ope.inference.combined(log, "snips"),
        lambda: ope.Stream("snips"),
    ):
        with pytest.raises(InputError, match="names: 'snips' is one name; a list is needed"):
            ask()
