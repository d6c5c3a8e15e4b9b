"""The best single action, by hand and with luck."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rlbench_rec import policies, tasks
from rlbench_rec.baselines.constant import values_of_actions
from rlbench_rec.mdp import TransitionDataset
from rlbench_rec.testing.toy_logs import toy_logs


@pytest.fixture
def log() -> TransitionDataset:
    """Two sessions; discounted rewards to go are 1 + .5 (0 + .5 x 4) = 2, 2, 4 and 3."""
    return TransitionDataset(
        observations=np.zeros((4, 1), np.float32),
        actions=np.array([0, 1, 1, 0]),
        rewards=np.array([1, 0, 4, 3], np.float32),
        episode_starts=np.array([0, 3]),
        action_count=3,
        gamma=0.5,
        propensities=np.array([0.5, 0.25, 0.5, 0.1]),
    )


def test_values_by_hand(log):
    values, rows = values_of_actions(log)
    # Action 0: (2 x 2 + 10 x 3) / 12; action 1: (4 x 2 + 2 x 4) / 6. Nobody took action 2.
    np.testing.assert_allclose(values, [0.0, 34 / 12, 16 / 6, 0.0])
    np.testing.assert_allclose(rows, [0.0, 12**2 / 104, 6**2 / 20, 0.0])
    unknown = values_of_actions(replace(log, propensities=None))
    np.testing.assert_allclose(unknown, [[0.0, 2.5, 3.0, 0.0], [0.0, 2.0, 2.0, 0.0]])


def test_caution_decides_between_a_high_value_and_many_rows(log):
    # At standard deviation .829 the limits cross at caution 1.92: 2.833 - .705 c and 2.667 - .618 c.
    chosen = [int(policies.make("constant", log, caution=c).act(log.states())[0]) for c in (0.0, 1.9, 2.0)]
    assert chosen == [0, 0, 1]


def test_an_action_that_was_never_taken_is_ranked_last(log):
    for rewards in (log.rewards, np.zeros(4, np.float32), -log.rewards):
        scores = policies.make("constant", replace(log, rewards=rewards)).q(log.states())
        assert scores.argmin(axis=1).tolist() == [2] * 4 and np.isfinite(scores).all()


def test_luck_does_not_win():
    rng = np.random.default_rng(0)
    actions = np.concatenate([np.zeros(1_000, int), np.ones(1_000, int), np.full(2, 2)])
    rewards = np.concatenate([rng.random(1_000) < 0.3, rng.random(1_000) < 0.2, [True, False]]).astype(np.float32)
    data = TransitionDataset(
        observations=np.zeros((2_002, 1), np.float32),
        actions=actions,
        rewards=rewards,
        episode_starts=np.arange(2_002),
        action_count=3,
    )
    assert policies.make("constant", data).act(data.states(slice(1))).tolist() == [0]
    assert policies.make("constant", data, caution=0.0).act(data.states(slice(1))).tolist() == [2]


def test_where_the_best_may_not_be_taken_the_next_one_is():
    logs = toy_logs()
    forbidden = policies.make("constant", logs["forbidden actions"])
    ranked = forbidden.policy.q.scores[1:].argsort()[::-1]
    states, banned = logs["forbidden actions"].states(), logs["forbidden actions"].forbidden
    expected = np.where(banned[:, ranked[0]], ranked[1], ranked[0])
    np.testing.assert_array_equal(forbidden.act(states, np.random.default_rng(0)), expected)
    candidates = logs["candidates"]
    shown = policies.make("constant", candidates).act(candidates.states(), np.random.default_rng(0))
    # Items are valued, not slots: an item is taken wherever it stands.
    assert len(np.unique(shown)) == 3


def test_a_constant_beats_the_behaviour_policy_where_prices_should_stay():
    task = tasks.make("pricing-v1", 0, variant="judge")
    policy = policies.make("constant", task.log(10_000, seed=1))
    value = task.true_value(policy, relative_error=0.02, seed=2).value
    assert value > 1.1 * task.true_value(task.behaviour, relative_error=0.02, seed=2).value


def test_propensities_near_nothing_fit_a_float(log):
    tiny = replace(log, propensities=np.array([0.5, 0.25, 0.5, 0.1]) * 1e-300)
    np.testing.assert_allclose(values_of_actions(tiny), values_of_actions(log))
