"""Policies: probabilities, samples, and what they refuse."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from rlbench_rec import policies
from rlbench_rec.errors import InputError, UnknownNameError
from rlbench_rec.mdp import TransitionDataset

Q = np.array([[0.0, 1.0, 2.0], [3.0, 3.0, 0.0]])


def q(states: np.ndarray) -> np.ndarray:
    return Q[states[:, 0].astype(int)]


STATES = np.array([[0.0], [1.0], [0.0], [1.0]], dtype=np.float32)


@pytest.fixture
def log() -> TransitionDataset:
    positions = np.array([1, 1, 1, 2, 2], dtype=np.float32)
    return TransitionDataset(
        observations=np.stack([positions == 1, positions == 2, [0.3, 0.1, 0.2, 0.5, 0.4]], axis=1).astype(np.float32),
        actions=np.array([0, 0, 1, 2, 1]),
        rewards=np.array([1, 0, 1, 0, 0], dtype=np.float32),
        episode_starts=np.arange(5),
        action_count=3,
        propensities=np.array([0.5, 0.5, 0.25, 0.25, 0.25]),
        observation_names=("position=1", "position=2", "affinity"),
    )


ALL = [
    policies.Greedy(q, 3),
    policies.Softmax(q, 3, tau=0.3),
    policies.EpsilonGreedy(q, 3, epsilon=0.1),
    policies.Uniform(3),
]


@pytest.mark.parametrize("policy", ALL, ids=lambda policy: policy.name)
def test_contract(policy):
    matrix = policy.probabilities(STATES)
    assert matrix.shape == (4, 3) and (matrix >= 0).all()
    np.testing.assert_allclose(matrix.sum(axis=1), 1.0, atol=1e-12)
    actions = np.array([2, 0, 1, 1])
    np.testing.assert_allclose(policy.probability_of(STATES, actions), matrix[np.arange(4), actions], atol=1e-15)
    drawn = policy.act(STATES, np.random.default_rng(0))
    assert drawn.dtype == np.int64 and (matrix[np.arange(4), drawn] > 0).all()
    np.testing.assert_array_equal(drawn, policy.act(STATES, np.random.default_rng(0)))


def test_softmax_by_hand():
    expected = np.exp(Q[0] / 0.5) / np.exp(Q[0] / 0.5).sum()
    np.testing.assert_allclose(policies.Softmax(q, 3, tau=0.5).probabilities(STATES[:1])[0], expected, rtol=1e-14)


def test_softmax_does_not_overflow():
    huge = policies.Softmax(lambda states: np.array([[1e6, -1e6, 0.0]]), 3, tau=1e-3)
    assert huge.probabilities(STATES[:1]).tolist() == [[1.0, 0.0, 0.0]]


def test_greedy_ties_go_to_the_lowest_action():
    assert policies.Greedy(q, 3).act(STATES).tolist() == [2, 0, 2, 0]


def test_samples_follow_the_probabilities():
    policy = policies.Softmax(q, 3, tau=1.0)
    states = np.zeros((30_000, 1), dtype=np.float32)
    drawn = np.bincount(policy.act(states, np.random.default_rng(1)), minlength=3)
    assert stats.chisquare(drawn, policy.probabilities(states[:1])[0] * 30_000).pvalue > 1e-4


def test_an_action_of_probability_zero_is_never_drawn():
    matrix = np.tile([0.0, 1.0, 0.0], (10_000, 1))
    assert set(policies.sample(matrix, np.random.default_rng(0))) == {1}


def test_popularity_weighs_rewards_by_propensity(log):
    # Earned: action 0: 1/.5 = 2, action 1: 1/.25 = 4, action 2: 0; smoothing adds the mean, 2, to each.
    np.testing.assert_allclose(policies.make("popularity", log).distribution, np.array([4, 6, 2]) / 12)


def test_empirical_frequencies_by_position(log):
    policy = policies.Empirical(log, by="position")
    expected = np.array([[2 / 3, 1 / 3, 0], [2 / 3, 1 / 3, 0], [2 / 3, 1 / 3, 0], [0, 0.5, 0.5], [0, 0.5, 0.5]])
    np.testing.assert_allclose(policy.probabilities(log.states()), expected)
    np.testing.assert_allclose(policy.probability_of(log.states(), log.actions), [2 / 3, 2 / 3, 1 / 3, 0.5, 0.5])


def test_empirical_refuses_what_it_never_saw(log):
    with pytest.raises(InputError, match="No observation column starts with 'slot'"):
        policies.Empirical(log, by="slot")
    with pytest.raises(InputError, match="Row 0 has a context"):
        policies.Empirical(log, by="position").probabilities(np.array([[1, 1, 0]], dtype=np.float32))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: policies.Softmax(q, 3, tau=0.0), "tau"),
        (lambda: policies.Softmax(q, 3, tau=float("nan")), "tau"),
        (lambda: policies.EpsilonGreedy(q, 3, epsilon=1.5), "epsilon"),
        (lambda: policies.Stateless("x", np.array([0.5, 0.6])), "sum to 1.1"),
    ],
)
def test_bad_parameters_are_refused(make, message):
    with pytest.raises(InputError, match=message):
        make()


def test_unknown_policy_suggests(log):
    with pytest.raises(UnknownNameError, match="Did you mean 'popularity'"):
        policies.make("popularty", log)
