"""Logged transitions as tensors on the training device; states are put together a batch at a time."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch

from ..mdp.dataset import TransitionDataset
from ..mdp.returns import session_returns_to_go
from ..mdp.to_d3rlpy.quiet import d3rlpy

if TYPE_CHECKING:
    from d3rlpy import TorchMiniBatch


FOLDS = 4
"""Parts of a log that share no user, for what is fitted on some of them and judged on others."""


class Batch(NamedTuple):
    """A batch of b transitions.

    Attributes:
        states: (b, state size).
        actions: (b, 1) int64.
        rewards: (b, 1), summed over the steps of a transition.
        next_states: (b, state size), any state where the episode ends; or None where no next value is needed: gamma is
            0, or all episodes have one step.
        discounts: (b, 1) what the next value counts: gamma^steps, 0 where the episode ends.
        next_actions: (b, 1) int64, what the log did at the next states; anything where the episode ends. Only where an
            algorithm asks for it (`Trainable.columns`).
        returns_to_go: (b, 1) discounted rewards of the row and the later ones of its session, by the dataset's gamma.
            Only where an algorithm asks for it.
        steps: (b, K) of windows alone: see `Transitions.windows`.
        propensities: (b, 1) the behaviour policy's probability of the logged action. Only where an algorithm asks for
            it.
        folds: (b, 1) int64 in [0, FOLDS), the same for all rows of a user. Only where an algorithm asks for it.
        negatives: (b, m) int64 actions drawn for the batch as a whole, of a sampled softmax alone.
    """

    states: torch.Tensor
    actions: torch.Tensor
    rewards: torch.Tensor
    next_states: torch.Tensor | None
    discounts: torch.Tensor
    next_actions: torch.Tensor | None = None
    returns_to_go: torch.Tensor | None = None
    steps: torch.Tensor | None = None
    propensities: torch.Tensor | None = None
    folds: torch.Tensor | None = None
    negatives: torch.Tensor | None = None

    def targets(self, next_value: Callable[[torch.Tensor], torch.Tensor]) -> torch.Tensor:
        """(b, 1) r + discount * next_value(next states), without gradients.

        Args:
            next_value: (b, state size) next states -> (b, 1) values; not asked where none is needed.
        """
        if self.next_states is None:
            return self.rewards
        with torch.no_grad():
            return self.rewards + self.discounts * next_value(self.next_states)


class Transitions:
    """A TransitionDataset on a device. Memory grows with rows, not with rows x history.

    Args:
        data: the dataset.
        device: `cpu` or `cuda:<n>`.
        n_steps: how many rewards a transition adds up before it looks at the next state.
        gamma: discount factor, between these rewards and of the next state.
    """

    def __init__(self, data: TransitionDataset, device: str, n_steps: int = 1, gamma: float = 1.0):
        def column(values: np.ndarray, dtype: torch.dtype = torch.float32) -> torch.Tensor:
            # Copied: a memory-mapped column is read-only, and torch must not share memory with the caller's arrays.
            return torch.tensor(np.asarray(values), dtype=dtype, device=device)

        self.device, self.rows, self.history, self.gamma = device, len(data), data.history, gamma
        self.data = data
        self.observations = column(data.observations)
        self.actions = column(data.actions, torch.int64)
        steps, rewards, leaves = _strides(data, n_steps, gamma)
        ended, targets = _ends(data, leaves, steps)
        self.strides, self.rewards, self.terminals = column(steps, torch.int64), column(rewards), column(ended)
        self.leads_to = column(targets, torch.int64)
        beside = ((data.forbidden, torch.bool), (data.candidates, torch.int32))
        self.beside = [column(values, dtype) for values, dtype in beside if values is not None]
        if self.history:
            starts = data.episode_starts if data.event_starts is None else data.event_starts
            self.history_starts = column(np.repeat(starts, data.episode_lengths), torch.int64)
            self.event_rows = None if data.event_rows is None else column(data.event_rows, torch.int64)
            self.columns = [column(values) for values in (data.items, data.events, data.gaps) if values is not None]
            self.back = torch.arange(-self.history, 0, device=device)

    def states(self, rows: torch.Tensor) -> torch.Tensor:
        """(b,) row numbers -> (b, state size) float32, equal to `TransitionDataset.states(rows)`."""
        parts = [self.observations[rows], *self._past(rows), *(part[rows].float() for part in self.beside)]
        return parts[0] if len(parts) == 1 else torch.cat(parts, dim=1)

    def _past(self, rows: torch.Tensor) -> list[torch.Tensor]:
        """Items, events and gaps of the events before, (b, history) each."""
        if not self.history:
            return []
        own = rows if self.event_rows is None else self.event_rows[rows]
        past = own.unsqueeze(1) + self.back
        real = past >= self.history_starts[rows].unsqueeze(1)
        past = torch.where(real, past, 0)
        return [torch.where(real, values[past], 0.0) for values in self.columns]

    def next_states(self, rows: torch.Tensor) -> torch.Tensor:
        """(b, state size): the state a transition leads to; zeros where it ends its episode for good."""
        return torch.where(self.terminals[rows].unsqueeze(1) > 0, 0.0, self.states(self.following(rows)))

    def following(self, rows: torch.Tensor) -> torch.Tensor:
        """(b,) the row a transition leads to; any row where it ends its episode."""
        return self.leads_to[rows]

    @functools.cached_property
    def discounts(self) -> torch.Tensor:
        """(n,) what the next state's value counts: gamma^steps, 0 where a transition ends its episode."""
        return self.gamma**self.strides * (1.0 - self.terminals)

    @functools.cached_property
    def looks_ahead(self) -> bool:
        """Whether any next state is worth something."""
        return bool(self.discounts.any())

    def batch(self, rows: torch.Tensor, columns: Sequence[str] = ()) -> Batch:
        """The transitions of (b,) row numbers. Next states are only put together where they are worth something.

        Args:
            rows: (b,) row numbers.
            columns: which of the further fields of a batch are needed; each has a method of its name here.
        """
        further = {name: getattr(self, name)(rows) for name in columns}
        return Batch(
            self.states(rows),
            self.actions[rows].unsqueeze(1),
            self.rewards[rows].unsqueeze(1),
            # What a last row leads to counts nothing: no need to blank it.
            self.states(self.following(rows)) if self.looks_ahead else None,
            self.discounts[rows].unsqueeze(1),
            **further,
        )

    def next_actions(self, rows: torch.Tensor) -> torch.Tensor:
        """(b, 1) int64: the action that the log took in the state a transition leads to."""
        return self.actions[self.following(rows)].unsqueeze(1)

    def returns_to_go(self, rows: torch.Tensor) -> torch.Tensor:
        """(b, 1) discounted rewards from each row to the end of its session."""
        return self._to_go[rows].unsqueeze(1)

    def propensities(self, rows: torch.Tensor) -> torch.Tensor:
        """(b, 1) the behaviour policy's probability of the logged action."""
        return self._propensities[rows].unsqueeze(1)

    def folds(self, rows: torch.Tensor) -> torch.Tensor:
        """(b, 1) int64: which fold of users a row is in; see `fold_of_rows`."""
        return self._folds[rows].unsqueeze(1)

    @functools.cached_property
    def _propensities(self) -> torch.Tensor:
        assert self.data.propensities is not None, "an algorithm that asks for them refuses a log without them"
        return torch.tensor(self.data.propensities, dtype=torch.float32, device=self.device)

    @functools.cached_property
    def _folds(self) -> torch.Tensor:
        return torch.tensor(fold_of_rows(self.data), device=self.device)

    @functools.cached_property
    def _to_go(self) -> torch.Tensor:
        return torch.tensor(session_returns_to_go(self.data), dtype=torch.float32, device=self.device)

    @functools.cached_property
    def _steps(self) -> torch.Tensor:
        """(n,) the place of each row in its session."""
        return torch.tensor(np.arange(self.rows) - self.data.row_starts, device=self.device)

    def windows(self, rows: torch.Tensor, size: int) -> Batch:
        """Each row with the K - 1 before it: (b, K, state size) states, (b, K) actions, returns to go and steps, its
        place in the session, below 0 before the start, where the rest is of any row.

        Args:
            rows: (b,) row numbers.
            size: K.
        """
        back = torch.arange(1 - size, 1, device=self.device)
        steps = self._steps[rows].unsqueeze(1) + back
        window = (rows.unsqueeze(1) + back).clamp(min=0)
        return Batch(
            self.states(window.flatten()).unflatten(0, window.shape),
            self.actions[window],
            self.rewards[rows].unsqueeze(1),
            None,
            self.discounts[rows].unsqueeze(1),
            returns_to_go=self._to_go[window],
            steps=steps.clamp(min=-1),
        )

    def minibatch(self, rows: torch.Tensor) -> TorchMiniBatch:
        """The batch that d3rlpy's own updates take, value for value what its sampling would give for these rows."""
        ended = self.terminals[rows].unsqueeze(1)
        rewards = self.rewards[rows].unsqueeze(1)
        following = self.following(rows)
        return d3rlpy().TorchMiniBatch(
            observations=self.states(rows),
            actions=self.actions[rows].unsqueeze(1).float(),
            rewards=rewards,
            next_observations=self.next_states(rows),
            next_actions=torch.where(ended > 0, 0.0, self.actions[following].unsqueeze(1).float()),
            returns_to_go=torch.zeros_like(rewards),
            terminals=ended,
            intervals=self.strides[rows].unsqueeze(1).float(),
            device=self.device,
        )


def fold_of_rows(data: TransitionDataset) -> np.ndarray:
    """(n,) int64 in [0, FOLDS): users (episodes, where none are known) in turn, so that each fold has as many of them,
    and of every time."""
    codes, _ = data.user_codes()
    return np.repeat(codes % FOLDS, data.episode_lengths).astype(np.int64)


def _strides(data: TransitionDataset, n_steps: int, gamma: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Per row: steps to the next state looked at, sum of gamma^k r over them, and whether they leave the episode."""
    if n_steps == 1:
        last = np.zeros(len(data), dtype=bool)
        last[data.episode_ends - 1] = True
        return np.ones(len(data), dtype=np.int64), data.rewards, last
    left = np.repeat(data.episode_ends, data.episode_lengths) - np.arange(len(data))
    strides = np.minimum(left, n_steps)
    rewards = data.rewards.astype(np.float64)
    totals = rewards.copy()
    for k in range(1, n_steps):
        rows = np.flatnonzero(strides > k)
        totals[rows] += gamma**k * rewards[rows + k]
    return strides, totals, left <= n_steps


def _ends(data: TransitionDataset, leaves: np.ndarray, steps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(n,) whether a transition ends for good, and (n,) the row it leads to, any where it does."""
    if data.next_episodes is None:
        return leaves, np.minimum(np.arange(len(data)) + steps, len(data) - 1)
    later = np.repeat(data.next_episodes, data.episode_lengths)
    ended = leaves & (later < 0)
    targets = np.where(leaves, data.episode_starts[later], np.arange(len(data)) + steps)
    return ended, np.where(ended, np.arange(len(data)), targets)
