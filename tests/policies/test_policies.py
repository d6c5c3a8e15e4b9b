"""Policies: probabilities, samples, and what they refuse."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from rlbench_rec import policies
from rlbench_rec.errors import InputError, UnknownNameError
from rlbench_rec.mdp import TransitionDataset
from rlbench_rec.mdp.dataset import StateLayout

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


@pytest.mark.parametrize("name", ["random", "popularity"])
@pytest.mark.parametrize("other", [0, 1, 2, None])
def test_a_baseline_never_takes_the_other_action(log, name, other):
    policy = policies.make(name, replace(log, other_action=other))
    shares = policy.probabilities(log.states())[0]
    assert shares.sum() == pytest.approx(1.0) and (shares > 0).sum() == 3 - (other is not None)
    if other is not None:
        assert shares[other] == 0.0
    if name == "random":
        assert shares[shares > 0] == pytest.approx(1 / (3 - (other is not None)))


def test_what_the_other_action_earned_makes_nothing_popular(log):
    rewards = np.where(log.actions == 1, 1_000.0, 0.0).astype(np.float32)
    shares = policies.make("popularity", replace(log, rewards=rewards, other_action=1)).probabilities(log.states())[0]
    assert shares == pytest.approx([0.5, 0.0, 0.5])


def test_baselines_keep_to_real_candidates():
    data = TransitionDataset(
        observations=np.zeros((3, 1), dtype=np.float32),
        actions=np.array([0, 1, 2]),
        rewards=np.ones(3, dtype=np.float32),
        episode_starts=np.arange(3),
        action_count=3,
        item_count=5,
        other_item=5,
        items=np.array([1, 5, 3], dtype=np.int32),
        candidates=np.array([[1, 0, 2], [4, 5, 3], [5, 2, 3]], dtype=np.int32),
    )
    expected = [[0.5, 0, 0.5], [0.5, 0, 0.5], [0, 0.5, 0.5]]
    assert policies.make("random", data).probabilities(data.states()) == pytest.approx(np.array(expected))


def test_allowed_is_what_flags_slots_and_the_vocabulary_leave():
    flags = StateLayout(context=1, forbidden=3)
    states = np.array([[9, 0, 0, 1], [9, 1, 0, 0]], dtype=np.float32)
    assert policies.allowed_actions(states, flags, 3).tolist() == [[True, True, False], [False, True, True]]
    assert policies.allowed_actions(states, flags, 3, 1).tolist() == [[True, False, False], [False, False, True]]
    assert policies.allowed_actions(states[:, :1], StateLayout(context=1), 3) is None
    with pytest.raises(InputError, match="State 1 leaves nothing"):
        policies.allowed_actions(np.array([[9, 0, 0, 1], [9, 1, 0, 1]], dtype=np.float32), flags, 3, 1)


def test_a_policy_prints_as_what_it_is():
    assert repr(policies.Stateless("first", np.array([1.0, 0.0]))) == "<Stateless 'first' over 2 actions>"
