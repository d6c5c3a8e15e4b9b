"""Sessions whose users return: the last state of one leads to the first of the next."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from rlbench_rec.errors import InputError
from rlbench_rec.evaluation.bridge import evaluate
from rlbench_rec.mdp import TransitionDataset
from rlbench_rec.policies import Uniform
from rlbench_rec.training import fit
from rlbench_rec.training.transitions import Transitions
from rlbench_rec.training.value_models.fitted_q_evaluation import fqe


@pytest.fixture
def data() -> TransitionDataset:
    """Sessions of 2, 1, 2 and 1 rows; the user of the first returns in the third, and nobody else."""
    return TransitionDataset(
        observations=np.eye(6, dtype=np.float32),
        actions=np.array([0, 1, 0, 1, 0, 1]),
        rewards=np.array([1, 2, 4, 8, 16, 32], dtype=np.float32),
        episode_starts=np.array([0, 2, 3, 5]),
        action_count=2,
        gamma=0.5,
        propensities=np.full(6, 0.5),
        clusters=np.array([0, 1, 0, 2]),
        next_episodes=np.array([2, -1, -1, -1]),
        train_episodes=4,
    )


def test_rows_lead_to_the_next_session_and_returns_go_on(data):
    assert data.terminals.tolist() == [False, False, True, False, True, True]
    assert data.next_rows(np.arange(6)).tolist() == [1, 3, 2, 4, 4, 5]
    assert data.returns_to_go().tolist() == [1 + 1 + 2 + 2, 2 + 4 + 4, 4, 16, 16, 32]
    ended = replace(data, next_episodes=None)
    assert ended.returns_to_go().tolist() == [2, 2, 4, 16, 16, 32]
    np.testing.assert_allclose(replace(data, next_episodes=np.full(4, -1)).returns_to_go(), ended.returns_to_go())


def test_transitions_are_the_datasets_own(data):
    transitions, rows = Transitions(data, "cpu"), np.arange(6)
    expected = np.where(data.terminals[:, None], 0.0, data.states(data.next_rows(rows)))
    np.testing.assert_array_equal(transitions.next_states(torch.arange(6)), expected)
    buffer = data.d3rlpy_buffer().batch(rows)
    np.testing.assert_array_equal(buffer.next_observations, expected)
    np.testing.assert_array_equal(buffer.terminals[:, 0], data.terminals)


def test_several_steps_stop_at_the_sessions_end(data):
    transitions = Transitions(data, "cpu", n_steps=3, gamma=0.5)
    assert transitions.rewards.tolist() == [1 + 1, 2, 4, 8 + 8, 16, 32]
    assert transitions.discounts.tolist() == [0.25, 0.5, 0, 0, 0, 0]
    assert transitions.following(torch.arange(2)).tolist() == [3, 3]


@pytest.mark.parametrize("loop", ["tensor", "lean"])
def test_training_values_what_comes_after_the_session(data, loop):
    config = {"learning_rate": 1e-2, "target_update_interval": 20}
    runs = [
        fit(log, "dqn", config=config, steps=600, batch_size=6, seed=0, validation=0.0, loop=loop)
        for log in (data, replace(data, next_episodes=None))
    ]
    later, ended = (run.q_values(data.states())[1, 1] for run in runs)
    # Q of row 1 is 2 + gamma max Q(row 3), which is worth more than its reward of 8.
    assert later > ended + 3 and ended == pytest.approx(2.0, abs=0.5)


def test_fitted_q_evaluation_goes_on(data):
    later, ended = (
        fqe(log, Uniform(2), steps=600, batch_size=6)(data.states())[1, 1]
        for log in (data, replace(data, next_episodes=None))
    )
    assert later > ended + 2


def test_what_values_sessions_refuses(data):
    with pytest.raises(InputError, match=r"that of a session.*next_episodes=None"):
        evaluate(data, Uniform(2))
    assert evaluate(replace(data, next_episodes=None), Uniform(2), ["ips"], n_resamples=19)
    with pytest.raises(InputError, match="cannot lead from one episode to another"):
        data.to_d3rlpy()
