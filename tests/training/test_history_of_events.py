"""Training on logs where some events are no decisions: the tensors show the histories of the dataset."""

from __future__ import annotations

import numpy as np
import torch

from rlbench_rec.mdp import TransitionDataset
from rlbench_rec.training import fit
from rlbench_rec.training.transitions import Transitions


def log() -> TransitionDataset:
    """Two sessions of 2 and 3 decisions among 3 and 6 events; an event stands before the first of each."""
    rng = np.random.default_rng(0)
    return TransitionDataset(
        observations=rng.normal(size=(5, 2)).astype(np.float32),
        actions=np.array([0, 1, 0, 1, 1]),
        rewards=rng.normal(size=5).astype(np.float32),
        episode_starts=np.array([0, 2]),
        action_count=2,
        gamma=0.5,
        items=np.array([1, 2, 3, 1, 2, 3, 1, 2, 3], dtype=np.int32),
        events=np.arange(1, 10, dtype=np.int8),
        gaps=np.arange(9, dtype=np.float32),
        event_rows=np.array([1, 2, 4, 5, 7]),
        event_starts=np.array([0, 3]),
        history=3,
        item_count=3,
        event_count=9,
    )


def test_states_on_the_device_are_those_of_the_dataset():
    data = log()
    transitions, rows = Transitions(data, "cpu"), torch.arange(5)
    states = data.states()
    assert states[0, 2:5].tolist() == [0, 0, 1] and states[4, 2:5].tolist() == [2, 3, 1]
    np.testing.assert_array_equal(transitions.states(rows), states)
    following = np.where(data.terminals[:, None], 0.0, states[data.next_rows(np.arange(5))])
    np.testing.assert_array_equal(transitions.next_states(rows), following)
    np.testing.assert_array_equal(data.d3rlpy_buffer().batch(np.arange(5)).next_observations, following)


def test_an_encoder_of_histories_trains_on_them():
    data = log()
    run = fit(data, "dqn", encoder="gru", steps=3, batch_size=4, seed=0, validation=0.0)
    assert np.isfinite(run.q_values(data.states())).all()
