"""What happened in a session before a decision: what a policy may know beside the state."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

import numpy as np

from ..errors import InputError
from .history_windows import gather_history
from .states import episodes, numbers

if TYPE_CHECKING:
    from .dataset import TransitionDataset


@dataclass(frozen=True)
class Past:
    """The decisions of a session before each of n decisions, the oldest first.

    Attributes:
        rewards: (n, K) float32 rewards of the last K decisions, 0 where there were fewer.
        actions: (n, K) int64, -1 where there were fewer.
        states: (n, K, state size) float32 the states that they were taken in, 0 where there were fewer.
        earned: (n,) float64 sum_{u<t} gamma^u r_u over all earlier decisions of the session.
        steps: (n,) int64 t, how many there were.
        gamma: discount factor of `earned`.
        sessions: (n,) text, the log's own ids of the sessions, where it keeps them (`TransitionDataset.session_names`).
        users: (n,) text, those of their users, likewise.
    """

    rewards: np.ndarray
    actions: np.ndarray
    states: np.ndarray
    earned: np.ndarray
    steps: np.ndarray
    gamma: float
    sessions: np.ndarray | None = None
    users: np.ndarray | None = None

    @classmethod
    def start(cls, n: int, memory: int, state_size: int, gamma: float) -> Past:
        """The past of n sessions that are about to begin.

        Args:
            n: number of sessions.
            memory: K.
            state_size: columns of a state.
            gamma: discount factor.
        """
        return cls(
            rewards=np.zeros((n, memory), np.float32),
            actions=np.full((n, memory), -1, np.int64),
            states=np.zeros((n, memory, state_size), np.float32),
            earned=np.zeros(n),
            steps=np.zeros(n, np.int64),
            gamma=gamma,
        )

    @property
    def memory(self) -> int:
        """K, how many decisions it goes back."""
        return self.rewards.shape[1]

    def last(self, memory: int) -> Past:
        """The same, no further back than so many decisions."""
        if memory == self.memory:
            return self
        begin = self.memory - memory
        latest = {name: getattr(self, name)[:, begin:] for name in ("rewards", "actions", "states")}
        return replace(self, **latest)

    def __len__(self) -> int:
        return len(self.steps)

    def __getitem__(self, rows: np.ndarray | slice) -> Past:
        """The past of some of the n decisions."""
        columns = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "gamma"}
        return replace(self, **{name: column[rows] for name, column in columns.items() if column is not None})


def past(data: TransitionDataset, rows: np.ndarray | slice | None, memory: int) -> Past:
    """What the log says of the sessions of some rows before them; sessions that a user's next one follows begin anew.

    Args:
        data: the log.
        rows: (b,) row numbers, a slice, a mask, or None for all.
        memory: K, how many decisions back.

    Raises:
        InputError: a memory below 0.
    """
    if memory < 0:
        raise InputError(f"The memory is {memory}; at least 0 is needed.", where="past")
    index = numbers(data, slice(None) if rows is None else rows)
    of_rows = episodes(data, index)
    starts = data.episode_starts[of_rows]
    before, real = gather_history(index, starts, memory)
    # Rows next to each other share most of their past: each state is put together once.
    needed, places = np.unique(before, return_inverse=True)
    states = data.states(needed)[places.reshape(before.shape)]
    return Past(
        rewards=np.where(real, data.rewards[before], 0).astype(np.float32),
        actions=np.where(real, data.actions[before], -1),
        states=np.where(real[:, :, None], states, 0).astype(np.float32),
        earned=data.earned[index],
        steps=index - starts,
        gamma=data.gamma,
        sessions=None if data.session_names is None else data.session_names[of_rows],
        users=None if data.user_names is None else data.user_names[of_rows],
    )


def earned(data: TransitionDataset) -> np.ndarray:
    """(n,) float64 sum_{u<t} gamma^u r_u over the rows of the session before each, added up in their order."""
    steps = np.arange(len(data)) - data.row_starts
    by_step = np.argsort(steps, kind="stable")
    rewards, total = data.rewards.astype(np.float64), np.zeros(len(data))
    begin = data.n_episodes
    for step, size in enumerate(np.bincount(steps)[1:].tolist()):
        rows = by_step[begin : begin + size]
        total[rows] = total[rows - 1] + data.gamma**step * rewards[rows - 1]
        begin += size
    return total
