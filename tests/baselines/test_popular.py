"""Popular items by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rlbench_rec import policies
from rlbench_rec.baselines.popular import popular
from rlbench_rec.errors import InputError
from rlbench_rec.mdp import TransitionDataset
from rlbench_rec.testing.toy_logs import toy_logs

DAY = 86_400_000


@pytest.fixture
def log() -> TransitionDataset:
    """Action 0 earned 3 a fortnight ago, 1 earned 1 twice, 2 was chosen once today for nothing."""
    return TransitionDataset(
        observations=np.zeros((4, 1), np.float32),
        actions=np.array([0, 1, 1, 2]),
        rewards=np.array([3, 1, 1, 0], np.float32),
        episode_starts=np.arange(4),
        action_count=3,
        timestamps=np.array([0, 7, 7, 14]) * DAY,
    )


def scores(name: str, data: TransitionDataset, **parameters: object) -> list[float]:
    return policies.make(name, data, **parameters).q(data.states(slice(1)))[0].tolist()


def test_rewards_are_counted_by_propensity(log):
    assert scores("popular-greedy", log) == [3.0, 2.0, 0.0]
    weighed = replace(log, propensities=np.array([0.5, 0.25, 0.25, 0.5]))
    assert scores("popular-greedy", weighed) == [6.0, 8.0, 0.0]
    assert scores("popular-greedy", weighed, counted="choices") == [2.0, 8.0, 2.0]


def test_choices_are_counted_where_nothing_was_earned(log):
    assert scores("popular-greedy", replace(log, rewards=np.zeros(4, np.float32))) == [1.0, 2.0, 1.0]


def test_what_is_long_ago_counts_less(log):
    assert scores("popular-recent", log) == pytest.approx([3 / 4, 1.0, 0.0])
    assert scores("popular-recent", log, half_life=14.0) == pytest.approx([1.5, 2 * 2**-0.5, 0.0])


def test_where_time_is_an_order_a_half_life_is_a_share_of_the_log(log):
    data = replace(log, timestamps=None)
    # A quarter of four decisions: each halves.
    assert scores("popular-recent", data, half_life_share=0.25) == pytest.approx([3 / 8, 1 / 4 + 1 / 2, 0.0])


def test_it_agrees_with_popularity():
    for name in ("sessions", "items outside the vocabulary", "forbidden actions"):
        data = toy_logs()[name]
        shares = policies.popularity(data, smoothing=0.0).distribution
        counts = popular(data)[1:]
        if data.other_action is not None:
            counts[data.other_action] = 0.0
        np.testing.assert_allclose(counts / counts.sum(), shares)


def test_a_half_life_of_nothing_is_refused(log):
    with pytest.raises(InputError, match="config of popular-recent: half_life: must be greater than 0"):
        policies.make("popular-recent", log, half_life=0)
    with pytest.raises(InputError, match="config of popular-greedy: counted"):
        policies.make("popular-greedy", log, counted="clicks")


def test_what_was_never_chosen_is_not_popular_where_rewards_are_costs(log):
    costs = replace(log, rewards=-log.rewards, action_count=4)
    assert scores("popular-greedy", costs) == [-3.0, -2.0, 0.0, -3.0]
    assert scores("popular-greedy", replace(log, action_count=4)) == [3.0, 2.0, 0.0, 0.0]


def test_where_nothing_was_earned_popularity_is_uniform_without_smoothing(log):
    for rewards in (np.zeros(4, np.float32), -log.rewards):
        policy = policies.make("popularity", replace(log, rewards=rewards), smoothing=0.0)
        assert policy.distribution.tolist() == [1 / 3] * 3
