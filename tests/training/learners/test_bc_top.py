"""Cloning of the best episodes: which they are."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from rlbench_rec.mdp import TransitionDataset
from rlbench_rec.policies import on_log
from rlbench_rec.testing.algorithms import OPTIMAL, toy_shop
from rlbench_rec.training import fit
from rlbench_rec.training.learners.bc_top import BCTop


def log_of(*sessions: list[float], gamma: float = 0.5) -> TransitionDataset:
    """Sessions with these rewards."""
    rewards = np.concatenate([np.array(session, dtype=np.float32) for session in sessions])
    lengths = np.array([len(session) for session in sessions])
    return TransitionDataset(
        observations=np.arange(len(rewards), dtype=np.float32)[:, None],
        actions=np.arange(len(rewards)) % 2,
        rewards=rewards,
        episode_starts=np.cumsum(lengths) - lengths,
        action_count=2,
        gamma=gamma,
    )


def first_rows(data: TransitionDataset) -> list[float]:
    return data.observations[data.episode_starts, 0].tolist()


# Returns 4, 3 (= 1 + .5 x 4), 2, 1, 0.
LOG = log_of([4], [1, 4], [2], [1], [0])


@pytest.mark.parametrize(
    ("share", "kept"), [(0.2, [0]), (0.21, [0, 1]), (0.4, [0, 1]), (0.6, [0, 1, 3]), (1.0, [0, 1, 3, 4, 5])]
)
def test_the_best_share_by_discounted_return(share, kept):
    assert first_rows(BCTop(share=share).episodes(LOG, None)[0]) == kept


def test_ties_at_the_cut_all_count():
    clicks = log_of([0], [1], [0], [1], [1], [0], [0], [0], [0], [0])
    assert first_rows(BCTop(share=0.1).episodes(clicks, None)[0]) == [1, 3, 4]
    assert first_rows(BCTop(share=0.3).episodes(clicks, None)[0]) == [1, 3, 4]
    assert first_rows(BCTop(share=0.31).episodes(clicks, None)[0]) == list(range(10)), "more than that earned nothing"


def test_what_is_held_out_is_cut_alike():
    config = BCTop(share=0.4)
    held = log_of([3.5], [2.5], [1, 4])
    assert first_rows(config.episodes(LOG, held)[1]) == [0, 2]
    poor = log_of([1], [0])
    assert config.episodes(LOG, poor)[1] is poor, "none is so good"


def test_a_session_counts_by_itself_where_the_user_comes_back():
    chained = replace(LOG, next_episodes=np.array([-1, -1, -1, -1, -1]))
    returns = replace(LOG, next_episodes=np.array([-1, -1, 3, 4, -1]))
    for data in (chained, returns):
        assert first_rows(BCTop(share=0.4).episodes(data, None)[0]) == [0, 1]


def test_it_clones_them_alone():
    """One session in 27 of the toy shop takes the best way, and none is worth as much."""
    data = toy_shop()
    assert math.isclose(data.returns_to_go()[data.episode_starts].max(), 0.81 * 3, rel_tol=1e-6)
    run = fit(data, "bc-top", loop="lean", steps=100, batch_size=32, config={"share": 0.03, "learning_rate": 1e-2})
    best = OPTIMAL[data.observations.argmax(axis=1)]
    assert (on_log(run.policy("stochastic"), data)[np.arange(len(data)), best] > 0.95).all()


def test_it_is_no_clone_of_the_behaviour_policy():
    run = fit(LOG_FOR_FIT, "bc-top", steps=1, batch_size=4)
    with pytest.raises(Exception, match="does not clone"):
        run.clone()


LOG_FOR_FIT = toy_shop(episodes=60)
