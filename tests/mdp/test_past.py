"""What a session was before each of its decisions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rlbench_rec.errors import InputError
from rlbench_rec.mdp import Past, TransitionDataset
from rlbench_rec.testing.toy_logs import toy_logs


@pytest.fixture
def log() -> TransitionDataset:
    """Sessions of three decisions, one, and two."""
    return TransitionDataset(
        observations=np.arange(6, dtype=np.float32)[:, None],
        actions=np.array([2, 0, 1, 1, 0, 2]),
        rewards=np.array([1, 2, 4, 8, 16, 32], dtype=np.float32),
        episode_starts=np.array([0, 3, 4]),
        action_count=3,
        gamma=0.5,
    )


def test_by_hand(log):
    past = log.past(None, 2)
    assert past.steps.tolist() == [0, 1, 2, 0, 0, 1]
    # 1, 1 + .5 x 2
    assert past.earned.tolist() == [0, 1, 2, 0, 0, 16]
    assert past.rewards.tolist() == [[0, 0], [0, 1], [1, 2], [0, 0], [0, 0], [0, 16]]
    assert past.actions.tolist() == [[-1, -1], [-1, 2], [2, 0], [-1, -1], [-1, -1], [-1, 0]]
    assert past.states[:, :, 0].tolist() == [[0, 0], [0, 0], [0, 1], [0, 0], [0, 0], [0, 4]]
    assert (past.gamma, past.memory, len(past)) == (0.5, 2, 6)


def test_totals_go_back_to_the_start_whatever_the_memory(log):
    past = log.past(None, 0)
    assert past.rewards.shape == past.actions.shape == (6, 0) and past.states.shape == (6, 0, 1)
    assert past.earned.tolist() == [0, 1, 2, 0, 0, 16]


@pytest.mark.parametrize("title", toy_logs())
def test_some_rows_are_those_of_all(title):
    log = toy_logs()[title]
    every, mask = log.past(None, 3), np.arange(len(log)) % 3 == 1
    backwards = np.array([40, 7, 2, 7])
    for rows in (backwards, slice(5, 9), mask):
        for name in ("rewards", "actions", "states", "earned", "steps"):
            np.testing.assert_array_equal(getattr(log.past(rows, 3), name), getattr(every[rows], name))


def test_states_are_those_of_the_log():
    log = toy_logs()["candidates"]
    past, states = log.past(None, 1), log.states()
    np.testing.assert_array_equal(past.states[1:, 0][past.steps[1:] > 0], states[:-1][past.steps[1:] > 0])


def test_the_reward_of_a_decision_is_not_in_its_own_past(log):
    """Nor anything later: with other rewards and actions from row 2 on, the past of rows 0 to 2 is the same."""
    actions, rewards = log.actions.copy(), log.rewards.copy()
    actions[2:], rewards[2:] = 0, -1
    other = replace(log, actions=actions, rewards=rewards)
    for name in ("rewards", "actions", "states", "earned", "steps"):
        np.testing.assert_array_equal(getattr(log.past(slice(3), 2), name), getattr(other.past(slice(3), 2), name))


def test_a_part_has_the_past_of_its_own_sessions(log):
    assert log.select([2, 0]).past(None, 0).earned.tolist() == [0, 16, 0, 1, 2]
    assert log.episodes(1, 3).earned.tolist() == [0, 0, 16]


def test_the_next_session_of_a_user_begins_anew(log):
    chained = replace(log, next_episodes=np.array([2, -1, -1]))
    assert chained.past(None, 2).steps.tolist() == [0, 1, 2, 0, 0, 1]


def test_the_start_of_sessions_is_the_past_of_first_rows(log):
    start, first = Past.start(3, 2, 1, 0.5), log.past(log.episode_starts, 2)
    for name in ("rewards", "actions", "states", "earned", "steps"):
        np.testing.assert_array_equal(getattr(start, name), getattr(first, name))
        assert getattr(start, name).dtype == getattr(first, name).dtype


def test_a_memory_below_zero_is_refused(log):
    with pytest.raises(InputError, match="at least 0"):
        log.past(None, -1)
