"""evaluate: the bridge from datasets and policies to estimates."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import rlbench_rec as rb
from rlbench_rec.errors import InputError, UnknownNameError
from rlbench_rec.evaluation.bridge import evaluation_log
from rlbench_rec.evaluation.linear_q import linear_q
from rlbench_rec.evaluation.next_item import imitation_metrics
from rlbench_rec.evaluation.q_models import q_of
from rlbench_rec.evaluation.session_actions import SessionActions


@pytest.fixture(scope="module")
def task():
    return rb.tasks.make("recommend-v1", seed=0)


@pytest.fixture(scope="module")
def data(task):
    return task.log(episodes=400, policy=task.behaviour, seed=3)


def test_the_behaviour_policy_on_its_own_log_is_the_mean_return(task, data):
    _, test = data.split()
    discounts = test.gamma ** (np.arange(len(test)) - test.row_starts)
    expected = float((discounts * test.rewards).sum()) / test.n_episodes
    for estimate in rb.evaluate(test, task.behaviour, ["ips", "snips", "tis"]):
        assert estimate.value == pytest.approx(expected, rel=1e-9)
        assert estimate.n_episodes == test.n_episodes


def test_q_is_fitted_only_where_an_estimator_reads_it(data):
    policy = rb.policies.Uniform(data.action_count)
    assert evaluation_log(data, policy, ["ips", "snips"]).q_logged is None
    assert evaluation_log(data, policy, ["dr"], fqe_steps=5).q_logged is not None


def one_step(data: rb.mdp.TransitionDataset) -> rb.mdp.TransitionDataset:
    """The same decisions, each an episode."""
    return replace(data, episode_starts=np.arange(len(data)), clusters=None)


@pytest.mark.parametrize(
    ("q", "sessions", "decisions"), [("auto", "fqe", "reward-model"), ("linear",) * 3, ("fqe",) * 3]
)
def test_q_is_the_one_asked_for(data, q, sessions, decisions):
    policy = rb.policies.Uniform(data.action_count)
    for log, model in ((data, sessions), (one_step(data), decisions)):
        made = evaluation_log(log, policy, ["dr"], q=q, seed=2, fqe_steps=5)
        if model == "linear":
            wanted = linear_q(log, log.states(), policy.probabilities(log.states()))
        else:
            wanted = rb.training.cross_fitted_q(log, policy, model=model, seed=2, steps=5)
        assert np.array_equal(made.q_logged, wanted[0]) and np.array_equal(made.v_target, wanted[1])
        assert [q_of(estimator, log, q) for estimator in ("snips", "dr", "dm")] == ["", model, model]


def test_weights_do_not_depend_on_q(data):
    policy = rb.policies.make("popularity", data)
    logs = [evaluation_log(data, policy, ["dr"], q=q, fqe_steps=5) for q in ("linear", "fqe")]
    assert np.array_equal(*(log.target_propensities for log in logs))
    snips, other = (rb.evaluate(data, policy, ["snips"], q=q, n_resamples=200) for q in ("linear", "auto"))
    assert snips == other


def test_a_q_that_cannot_be_had_is_refused(data):
    policy = rb.policies.Uniform(data.action_count)
    with pytest.raises(UnknownNameError, match="Did you mean 'linear'"):
        rb.evaluate(data, policy, ["dr"], q="linea")
    with pytest.raises(InputError, match=r"reward of one decision.*fitted Q evaluation"):
        rb.evaluate(data, policy, ["dr"], q="reward-model")


def test_one_name_is_not_read_letter_by_letter(data):
    with pytest.raises(InputError, match=r"estimators: 'snips' is one name; a list is needed. Write \['snips'\]"):
        rb.evaluate(data, rb.policies.Uniform(data.action_count), "snips")


def test_same_seed_same_estimates(data):
    policy = rb.policies.make("popularity", data)
    one, two = (rb.evaluate(data, policy, ["snips", "dr"], seed=4, fqe_steps=10, n_resamples=200) for _ in range(2))
    assert one == two


def sticky_users(seed: int, users: int = 60, visits: int = 15) -> rb.mdp.TransitionDataset:
    """A context that names the user, who sees one of two banners for good: .2 + .6 a of the visits end in a click."""
    rng = np.random.default_rng(seed)
    who = rng.permutation(np.repeat(np.arange(users), visits))
    actions = (rng.random(users) < 0.25).astype(np.int64)[who]
    return rb.mdp.TransitionDataset(
        observations=np.eye(users, dtype=np.float32)[who],
        actions=actions,
        rewards=(rng.random(len(who)) < 0.2 + 0.6 * actions).astype(np.float32),
        episode_starts=np.arange(len(who)),
        action_count=2,
        gamma=0.0,
        propensities=np.where(actions == 1, 0.25, 0.75),
        clusters=who,
    )


def test_a_model_that_remembers_users_does_not_mislead_the_doubly_robust():
    """By session its q would know each user's banner, and dr would give the behaviour policy's value, .35."""
    target = rb.policies.Stateless("target", np.array([0.25, 0.75]))
    found = [rb.evaluate(sticky_users(seed), target, ["dr"], n_resamples=200)[0] for seed in range(40)]
    values = np.array([one.value for one in found])
    assert abs(values.mean() - 0.65) < 4 * values.std() / np.sqrt(40) < 0.1
    assert np.mean([one.ci_low <= 0.65 <= one.ci_high for one in found]) > 0.8
    by_session = [evaluation_log(replace(sticky_users(seed), clusters=None), target, ["dr"]) for seed in range(5)]
    assert np.mean([rb.ope.estimate(log, "dr", interval="none").value for log in by_session]) < 0.45


def test_known_behaviour_tells_the_unsupported_mass(data):
    never = np.zeros(data.action_count)
    never[0] = 1.0
    only_first = rb.policies.Stateless("only-first", never)
    log = evaluation_log(data, rb.policies.Uniform(data.action_count), ["ips"], behaviour=only_first)
    np.testing.assert_allclose(log.unsupported_mass, 1 - 1 / data.action_count)


def test_probabilities_in_the_log_tell_the_unsupported_mass(data):
    rows, count = np.arange(len(data)), data.action_count
    shares = np.zeros((len(data), count), dtype=np.float32)
    shares[rows, data.actions], shares[rows, (data.actions + 1) % count] = 0.6, 0.4
    known = replace(data, behaviour_probabilities=shares, propensities=np.full(len(data), 0.6))
    log = evaluation_log(known, rb.policies.Uniform(count), ["ips"])
    np.testing.assert_allclose(log.unsupported_mass, 1 - 2 / count)


@pytest.mark.parametrize("known", [True, False])
def test_mass_on_items_outside_the_vocabulary_is_unsupported(data, known):
    shop, uniform = replace(data, other_action=4), rb.policies.Uniform(data.action_count)
    behaviour = uniform if known else None
    log = evaluation_log(shop, uniform, ["ips"], behaviour=behaviour)
    np.testing.assert_allclose(log.unsupported_mass, 1 / data.action_count)
    # The baseline of the same log keeps clear of them. Without a model of the behaviour policy nothing else is known.
    log = evaluation_log(shop, rb.policies.make("random", shop), ["ips"], behaviour=behaviour)
    assert log.target_propensities[shop.actions == 4].max() == 0.0
    assert (log.unsupported_mass.max() == 0.0) if known else log.unsupported_mass is None


def test_imitation_over_candidates_misses_what_is_outside_the_vocabulary():
    """Three decisions among three slots; in the second the logged item is outside the vocabulary (item 9)."""
    data = rb.mdp.TransitionDataset(
        observations=np.zeros((3, 1), dtype=np.float32),
        actions=np.array([0, 1, 2]),
        rewards=np.zeros(3, dtype=np.float32),
        episode_starts=np.arange(3),
        action_count=3,
        item_count=9,
        other_item=9,
        items=np.array([1, 9, 3], dtype=np.int32),
        candidates=np.array([[1, 2, 0], [4, 9, 3], [9, 2, 3]], dtype=np.int32),
    )
    policy = rb.policies.Stateless("middle", np.array([0.3, 0.5, 0.2]))
    found = {row.metric: row.value for row in imitation_metrics(data, policy, k=2)}
    assert found["HR@2"] == pytest.approx(2 / 3)


def test_a_log_without_propensities_needs_a_behaviour_policy(data):
    bare = replace(data, propensities=None)
    policy = rb.policies.Uniform(data.action_count)
    with pytest.raises(InputError, match=r"no propensities.*behaviour="):
        rb.evaluate(bare, policy, ["ips"])
    estimate = rb.evaluate(bare, policy, ["snips"], behaviour=policy)[0]
    assert estimate.propensity_source == "estimated"


def test_imitation_by_hand():
    """Two sessions over actions a, b and <other>; the policy prefers a (.5), then other (.3), then b (.2)."""
    data = rb.mdp.TransitionDataset(
        observations=np.zeros((4, 1), dtype=np.float32),
        actions=np.array([0, 1, 0, 2]),
        rewards=np.zeros(4, dtype=np.float32),
        episode_starts=np.array([0, 3]),
        action_count=3,
        action_names=("a", "b", "<other>"),
        other_action=2,
    )
    policy = rb.policies.Stateless("fixed", np.array([0.5, 0.2, 0.3]))
    assert SessionActions.of(data).new.tolist() == [True, True, False, True]
    found = {row.metric: row.value for row in imitation_metrics(data, policy, k=1)}
    # All rows: a hit, b miss (a is above it), a hit, other is never a hit. New rows: hit, miss, miss.
    assert found["HR@1"] == pytest.approx(2 / 4) and found["HR@1-new"] == pytest.approx(1 / 3)
    found = {row.metric: row.value for row in imitation_metrics(data, policy, k=2)}
    # b is second: <other> is not an item to recommend, so it does not stand above b.
    assert found["HR@2"] == pytest.approx(3 / 4)
    assert found["NDCG@2"] == pytest.approx((1 + 1 / np.log2(3) + 1) / 4)
