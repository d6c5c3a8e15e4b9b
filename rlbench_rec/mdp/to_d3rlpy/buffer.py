"""A replay buffer as d3rlpy's `fit` reads it, over the columns of a TransitionDataset: made at once, nothing copied.

Importing this module imports d3rlpy.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import InputError
from . import quiet

quiet.d3rlpy()

from d3rlpy.constants import ActionSpace  # noqa: E402
from d3rlpy.dataset import (  # noqa: E402
    DatasetInfo,
    MDPDataset,
    ReplayBufferBase,
    Signature,
    Transition,
    TransitionMiniBatch,
)

if TYPE_CHECKING:
    from ..dataset import TransitionDataset


class ColumnBuffer(ReplayBufferBase):
    """Batches by index. From the same state of numpy's global generator it draws the same rows as d3rlpy's own buffer.

    Episodes and trajectories, which Q-learning does not use, go through d3rlpy's own dataset, made at first use.
    It is read-only: a logged dataset does not grow.
    """

    def __init__(self, data: TransitionDataset):
        self.data = data
        self._dataset: MDPDataset | None = None
        self._is_last = data.terminals

    def batch(self, rows: np.ndarray) -> TransitionMiniBatch:
        """The transitions of some rows; after a terminal the next observation and action are zeros, as in d3rlpy."""
        data, last = self.data, self._is_last[rows]
        following = data.next_rows(rows)
        next_states = data.states(following)
        next_states[last] = 0.0
        columns = {
            "actions": data.actions[rows],
            "rewards": data.rewards[rows],
            "next_actions": np.where(last, 0, data.actions[following]),
            "terminals": last,
            "intervals": np.ones(len(rows)),
        }
        columns = {name: column.astype(np.float32)[:, None] for name, column in columns.items()}
        return TransitionMiniBatch(
            observations=data.states(rows), next_observations=next_states, transitions=[], **columns
        )

    def sample_transition_batch(self, batch_size: int) -> TransitionMiniBatch:
        """`batch_size` rows, uniformly and with replacement, from numpy's global generator, which d3rlpy seeds."""
        return self.batch(np.random.randint(len(self.data), size=batch_size))  # noqa: NPY002

    def sample_transition(self) -> Transition:
        """One row as d3rlpy's own type."""
        batch = self.sample_transition_batch(1)
        return Transition(
            observation=batch.observations[0],
            action=batch.actions[0].astype(np.int64),
            reward=batch.rewards[0],
            next_observation=batch.next_observations[0],
            next_action=batch.next_actions[0].astype(np.int64),
            terminal=float(batch.terminals[0, 0]),
            interval=1,
            rewards_to_go=batch.rewards,
        )

    @property
    def dataset_info(self) -> DatasetInfo:
        """Shapes, dtypes and the number of actions."""
        data = self.data
        return DatasetInfo(
            observation_signature=Signature(dtype=[np.dtype(np.float32)], shape=[(data.layout.size,)]),
            action_signature=Signature(dtype=[data.actions.dtype], shape=[(1,)]),
            reward_signature=Signature(dtype=[data.rewards.dtype], shape=[(1,)]),
            action_space=ActionSpace.DISCRETE,
            action_size=data.action_count,
        )

    @property
    def transition_count(self) -> int:
        """Number of rows."""
        return len(self.data)

    def size(self) -> int:
        """Number of episodes."""
        return self.data.n_episodes

    @property
    def _d3rlpy_dataset(self) -> MDPDataset:
        if self._dataset is None:
            self._dataset = self.data.to_d3rlpy()
        return self._dataset

    @property
    def buffer(self) -> Any:
        """See d3rlpy."""
        return self._d3rlpy_dataset.buffer

    @property
    def transition_picker(self) -> Any:
        """See d3rlpy."""
        return self._d3rlpy_dataset.transition_picker

    @property
    def trajectory_slicer(self) -> Any:
        """See d3rlpy."""
        return self._d3rlpy_dataset.trajectory_slicer

    @property
    def episodes(self) -> Sequence[Any]:
        """d3rlpy's episodes."""
        return self._d3rlpy_dataset.episodes

    def sample_trajectory(self, length: int) -> Any:
        """See d3rlpy."""
        return self._d3rlpy_dataset.sample_trajectory(length)

    def sample_trajectory_batch(self, batch_size: int, length: int) -> Any:
        """See d3rlpy."""
        return self._d3rlpy_dataset.sample_trajectory_batch(batch_size, length)

    def dump(self, f: Any) -> None:
        """d3rlpy's HDF5; `TransitionDataset.save` is hundreds of times faster."""
        self._d3rlpy_dataset.dump(f)

    def append(self, *arguments: Any) -> None:
        """Refused."""
        raise InputError("A logged dataset does not grow.", hint="Collect into one of d3rlpy's own buffers.")

    append_episode = clip_episode = append

    @classmethod
    def from_episode_generator(cls, *arguments: Any, **options: Any) -> Any:
        """Refused: it is made from a TransitionDataset."""
        raise InputError("This buffer is made from a TransitionDataset.", hint="Use TransitionDataset.d3rlpy_buffer().")

    load = from_episode_generator
