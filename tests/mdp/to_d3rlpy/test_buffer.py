"""The buffer over columns gives d3rlpy what its own dataset gives, bit for bit."""

from __future__ import annotations

import time

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from rlbench_rec.errors import InputError
from rlbench_rec.mdp import TransitionDataset
from rlbench_rec.mdp.to_d3rlpy import quiet

FIELDS = ("observations", "actions", "rewards", "next_observations", "next_actions", "terminals", "intervals")


def made(rows: int = 400, history: int = 3) -> TransitionDataset:
    rng = np.random.default_rng(0)
    starts = np.flatnonzero(rng.random(rows) < 0.3)
    return TransitionDataset(
        observations=rng.normal(size=(rows, 2)).astype(np.float32),
        actions=rng.integers(0, 5, rows),
        rewards=rng.normal(size=rows).astype(np.float32),
        episode_starts=np.union1d([0], starts),
        action_count=5,
        items=rng.integers(1, 6, rows).astype(np.int32),
        events=rng.integers(1, 3, rows).astype(np.int8),
        gaps=rng.random(rows).astype(np.float32),
        history=history,
        item_count=6,
        event_count=3,
    )


def test_the_same_seed_draws_the_same_batches():
    data = made()
    batches = []
    for buffer in (data.to_d3rlpy(), data.d3rlpy_buffer()):
        np.random.seed(3)  # noqa: NPY002
        batches.append([buffer.sample_transition_batch(64) for _ in range(5)])
    for theirs, ours in zip(*batches, strict=True):
        for name in FIELDS:
            assert_array_equal(getattr(theirs, name), getattr(ours, name), err_msg=name)


def test_d3rlpy_trains_on_it_to_the_same_losses():
    data, losses = made(), []
    library = quiet.d3rlpy()
    for buffer in (data.to_d3rlpy(), data.d3rlpy_buffer()):
        library.seed(1)
        algorithm = library.algos.DQNConfig(batch_size=16).create(device="cpu:0")
        history = algorithm.fit(buffer, n_steps=20, n_steps_per_epoch=10, show_progress=False, logger_adapter=_silent())
        losses.append([metrics["loss"] for _, metrics in history])
    assert losses[0] == losses[1] and len(losses[0]) == 2


def _silent():
    import d3rlpy.logging

    return d3rlpy.logging.NoopAdapterFactory()


def test_signatures_sizes_and_trajectories_are_d3rlpys():
    data = made()
    theirs, ours = data.to_d3rlpy(), data.d3rlpy_buffer()
    assert ours.transition_count == theirs.transition_count and ours.size() == theirs.size()
    assert ours.dataset_info.action_size == 5
    row = ours.sample_transition()
    assert row.observation_signature == theirs.sample_transition().observation_signature
    assert ours.sample_trajectory(4).observations.shape == theirs.sample_trajectory(4).observations.shape
    assert len(ours.episodes) == theirs.size()
    with pytest.raises(InputError, match="does not grow"):
        ours.append(1)


def test_a_longer_history_costs_nothing_until_a_batch_is_drawn():
    for history in (5, 50):
        buffer = made(2_000, history).d3rlpy_buffer()
        assert sum(c.nbytes for c in vars(buffer).values() if isinstance(c, np.ndarray)) == 2_000
        assert buffer.sample_transition_batch(8).observations.shape == (8, 2 + 3 * history)


def test_it_is_made_at_least_ten_times_faster_than_d3rlpys_own():
    data = made(20_000, history=0)
    data.d3rlpy_buffer()
    seconds = {}
    for name in ("to_d3rlpy", "d3rlpy_buffer"):
        begun = time.process_time()
        for _ in range(3):
            getattr(data, name)()
        seconds[name] = time.process_time() - begun
    assert seconds["to_d3rlpy"] > 10 * seconds["d3rlpy_buffer"]
