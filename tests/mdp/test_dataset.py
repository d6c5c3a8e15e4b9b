"""TransitionDataset: shapes, states, parts, and what it refuses."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rlbench_rec.errors import InputError
from rlbench_rec.mdp import Provenance, TransitionDataset


@pytest.fixture
def data() -> TransitionDataset:
    """Three episodes of 3, 1 and 2 rows."""
    return TransitionDataset(
        observations=np.arange(6, dtype=np.float32)[:, None] / 10,
        actions=np.array([0, 1, 2, 0, 1, 1], dtype=np.int64),
        rewards=np.array([0, 0, 1, 2, 0, 4], dtype=np.float32),
        episode_starts=np.array([0, 3, 4], dtype=np.int64),
        action_count=3,
        gamma=0.5,
        items=np.array([11, 12, 13, 14, 15, 16], dtype=np.int32),
        events=np.array([1, 2, 3, 1, 2, 3], dtype=np.int8),
        gaps=np.array([0, 5, 6, 0, 0, 9], dtype=np.float32),
        history=2,
        item_count=16,
        event_count=3,
        propensities=np.full(6, 0.5),
        metrics=np.ones((6, 1), dtype=np.float32),
        metric_names=("CTR",),
        clusters=np.array([7, 7, 8], dtype=np.int64),
        train_episodes=2,
        provenance=Provenance("toy"),
    )


def shares(columns: int = 3, row: int = 0, cell: float | None = None) -> np.ndarray:
    """Half on the logged action, a quarter on the others, but for a cell."""
    rows = np.full((6, columns), 0.25, dtype=np.float32)
    rows[np.arange(6), np.array([0, 1, 2, 0, 1, 1]) % columns] = 0.5
    if cell is not None:
        rows[row, 2] = cell
    return rows


def test_states_show_the_last_rows_of_the_same_episode_oldest_first(data):
    states = data.states()
    assert states.dtype == np.float32 and states.shape == (6, data.layout.size) == (6, 7)
    #                     context   items     events  gaps
    assert states[0].tolist() == [np.float32(0.0), 0, 0, 0, 0, 0, 0]
    assert states[1].tolist() == [np.float32(0.1), 0, 11, 0, 1, 0, 0]
    assert states[2].tolist() == [np.float32(0.2), 11, 12, 1, 2, 0, 5]
    assert states[3].tolist() == [np.float32(0.3), 0, 0, 0, 0, 0, 0]
    assert states[5].tolist() == [np.float32(0.5), 0, 15, 0, 2, 0, 0]


def test_states_of_some_rows_equal_those_rows_of_all_states(data):
    rows = np.array([5, 0, 2])
    np.testing.assert_array_equal(data.states(rows), data.states()[rows])
    np.testing.assert_array_equal(data.states(slice(2, 5)), data.states()[2:5])


def test_terminals_mark_the_last_row_of_each_episode(data):
    assert data.terminals.tolist() == [False, False, True, True, False, True]
    assert data.episode_lengths.tolist() == [3, 1, 2]
    assert data.row_starts.tolist() == [0, 0, 0, 3, 4, 4]


def test_split_shares_no_episode_and_loses_no_row(data):
    train, test = data.split()
    assert (len(train), len(test)) == (4, 2)
    assert train.episode_starts.tolist() == [0, 3] and test.episode_starts.tolist() == [0]
    assert test.clusters.tolist() == [8]
    np.testing.assert_array_equal(np.concatenate([train.states(), test.states()]), data.states())


def test_a_split_without_a_side_is_refused(data):
    with pytest.raises(InputError, match="0 of 3 episodes"):
        replace(data, train_episodes=0).split()


def test_describe_counts(data):
    described = data.describe()
    assert described["rows"] == 6 and described["episodes"] == 3 and described["longest_episode"] == 3
    assert described["mean_undiscounted_return"] == pytest.approx(7 / 3)
    assert described["CTR"] == 1.0


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        (
            "actions",
            np.array([0, 1, 2, 0, 1, 3], dtype=np.int64),
            "actions: 1 values are outside 0..2.*row 5",
        ),
        ("rewards", np.array([0, np.nan, 0, 0, 0, 0], dtype=np.float32), "rewards: .*not a finite.*row 1"),
        (
            "propensities",
            np.array([0.5, 0.5, 0.0, 0.5, 0.5, 0.5]),
            r"propensities: .*outside \(0, 1\].*row 2",
        ),
        ("propensities", np.array([0.5, 0.5, np.nan, 0.5, 0.5, 0.5]), r"propensities: .*row 2"),
        ("propensities", np.full(5, 0.5), "propensities: 5 entries; 6 are needed"),
        ("behaviour_probabilities", np.full((6, 3), 0.5), "behaviour_probabilities: dtype float64; float32 is needed"),
        ("behaviour_probabilities", shares(columns=2), r"behaviour_probabilities: Shape \(6, 2\); \(6, 3\) is needed"),
        ("behaviour_probabilities", shares()[:5], "behaviour_probabilities: 5 entries"),
        ("behaviour_probabilities", shares(row=4, cell=0.6), "1 values are not rows of probabilities.*at row 4"),
        ("behaviour_probabilities", shares(row=4, cell=np.nan), "not rows of probabilities.*at row 4"),
        ("behaviour_probabilities", shares(row=3, cell=-0.25), "not rows of probabilities.*at row 3"),
        ("behaviour_probabilities", shares()[:, [1, 0, 2]], "5 values are not the propensity at .*first is at row 0"),
        ("rewards", np.zeros(6), "rewards: dtype float64; float32 is needed"),
        ("episode_starts", np.array([0, 4, 3], dtype=np.int64), "episode_starts: .*not ascending.*row 2"),
        ("episode_starts", np.array([1, 3, 4], dtype=np.int64), "must start at row 0"),
        ("episode_starts", np.array([0, 3, 6], dtype=np.int64), "row 6 of 6"),
        ("gamma", 1.5, "gamma: gamma is 1.5"),
        ("items", None, "history: .*items"),
    ],
)
def test_bad_columns_are_refused_by_name_and_row(data, column, value, message):
    with pytest.raises(InputError, match=message):
        replace(data, **{column: value})


def test_probabilities_of_all_actions_go_with_their_rows(data):
    whole = replace(data, behaviour_probabilities=shares())
    train, test = whole.split()
    np.testing.assert_array_equal(train.behaviour_probabilities, shares()[:4])
    np.testing.assert_array_equal(test.behaviour_probabilities, shares()[4:])
    np.testing.assert_array_equal(whole.select([2, 0]).behaviour_probabilities, shares()[[0, 1, 2, 4, 5]])
    # Within a rounding of the propensity it is the same number.
    replace(whole, propensities=np.full(6, 0.5004))
    with pytest.raises(InputError, match="6 values are not the propensity"):
        replace(whole, propensities=np.full(6, 0.501))
    with pytest.raises(InputError, match="come with the column propensities"):
        replace(whole, propensities=None)


def test_to_d3rlpy_keeps_every_transition(data):
    buffer = data.to_d3rlpy()
    assert buffer.transition_count == len(data)
    assert buffer.dataset_info.action_size == data.action_count
    assert [len(episode) for episode in buffer.episodes] == [3, 1, 2]
    assert all(episode.terminated for episode in buffer.episodes)
