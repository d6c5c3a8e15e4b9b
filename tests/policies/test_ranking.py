"""The order behind a policy's lists."""

from __future__ import annotations

import numpy as np
import pytest

from rlbench_rec.errors import InputError
from rlbench_rec.evaluation import imitation_metrics
from rlbench_rec.mdp.dataset import TransitionDataset
from rlbench_rec.policies import Allowed, EpsilonGreedy, Greedy, Softmax, Stateless, ranking_on_log

SCORES = np.array([0.5, -1.0, 2.0, 1.0])


def q(states):
    return np.tile(SCORES, (len(states), 1))


@pytest.fixture
def log():
    return TransitionDataset(
        observations=np.zeros((3, 1), dtype=np.float32),
        actions=np.array([3, 0, 1]),
        rewards=np.ones(3, dtype=np.float32),
        episode_starts=np.array([0, 1, 2]),
        action_count=4,
    )


@pytest.mark.parametrize("policy", [Greedy(q, 4), Softmax(q, 4, 0.3), EpsilonGreedy(q, 4, 0.1)])
def test_policies_over_scores_rank_by_them(policy, log):
    assert np.array_equal(ranking_on_log(policy, log), np.tile(SCORES, (3, 1)))
    assert np.array_equal(ranking_on_log(policy, log, slice(1, 2)), SCORES[None])


def test_other_policies_rank_by_probability(log):
    shares = np.array([0.1, 0.2, 0.3, 0.4])
    assert np.array_equal(ranking_on_log(Stateless("fixed", shares), log), np.tile(shares, (3, 1)))


def test_what_has_no_probability_is_in_no_list(log):
    ranked = ranking_on_log(Stateless("two", np.array([0.25, 0.0, 0.75, 0.0])), log)
    assert ranked[0].tolist() == [0.25, -np.inf, 0.75, -np.inf]
    # Of the logged actions 3, 0, 1 one is listed, second; the others are misses, not ties.
    policy = Stateless("two", np.array([0.25, 0.0, 0.75, 0.0]))
    found = {row.metric: row.value for row in imitation_metrics(log, policy, k=4, n_resamples=10)}
    assert found["HR@4"] == pytest.approx(1 / 3)


def test_what_may_not_be_recommended_is_ranked_nowhere(log):
    ranked = ranking_on_log(Allowed(Greedy(q, 4), log.layout, other_action=2), log)
    assert np.array_equal(ranked[0], [0.5, -1.0, -np.inf, 1.0])


def test_a_greedy_policy_has_a_whole_list(log):
    # Its order is 2, 3, 0, 1: the logged actions 3, 0, 1 have the ranks 2, 3, 4.
    found = {row.metric: row.value for row in imitation_metrics(log, Greedy(q, 4), k=3, n_resamples=10)}
    assert found["HR@3"] == pytest.approx(2 / 3)
    assert found["NDCG@3"] == pytest.approx((1 / np.log2(3) + 1 / np.log2(4)) / 3)


def test_a_score_that_is_not_a_number_is_refused(log):
    with pytest.raises(InputError, match="row 0 is not a number"):
        imitation_metrics(log, Greedy(lambda states: np.tile([1.0, np.nan, 2.0, 3.0], (len(states), 1)), 4))
