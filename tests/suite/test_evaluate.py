"""evaluate: the bridge from datasets and policies to estimates."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import rlbench_rec as rb
from rlbench_rec.errors import InputError
from rlbench_rec.suite.evaluate import evaluation_log
from rlbench_rec.suite.imitation import first_time, imitation_metrics


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


def test_same_seed_same_estimates(data):
    policy = rb.policies.make("popularity", data)
    one, two = (rb.evaluate(data, policy, ["snips", "dr"], seed=4, fqe_steps=10, n_resamples=200) for _ in range(2))
    assert one == two


def test_known_behaviour_tells_the_unsupported_mass(data):
    never = np.zeros(data.action_count)
    never[0] = 1.0
    only_first = rb.policies.Stateless("only-first", never)
    log = evaluation_log(data, rb.policies.Uniform(data.action_count), ["ips"], behaviour=only_first)
    np.testing.assert_allclose(log.unsupported_mass, 1 - 1 / data.action_count)


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
    )
    policy = rb.policies.Stateless("fixed", np.array([0.5, 0.2, 0.3]))
    assert first_time(data).tolist() == [True, True, False, True]
    found = {row.metric: row.value for row in imitation_metrics(data, policy, k=1)}
    # All rows: a hit, b miss (a is above it), a hit, other is never a hit. New rows: hit, miss, miss.
    assert found["HR@1"] == pytest.approx(2 / 4) and found["HR@1-new"] == pytest.approx(1 / 3)
    found = {row.metric: row.value for row in imitation_metrics(data, policy, k=2)}
    # b is second: <other> is no item to recommend, so it does not stand above b.
    assert found["HR@2"] == pytest.approx(3 / 4)
    assert found["NDCG@2"] == pytest.approx((1 + 1 / np.log2(3) + 1) / 4)
