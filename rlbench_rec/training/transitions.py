"""Logged transitions as tensors on the training device; states are put together a batch at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from ..mdp.dataset import TransitionDataset
from ..mdp.to_d3rlpy.quiet import d3rlpy

if TYPE_CHECKING:
    from d3rlpy import TorchMiniBatch


class Transitions:
    """A TransitionDataset on a device. Memory grows with rows, not with rows x history.

    Args:
        data: the dataset.
        device: `cpu` or `cuda:<n>`.
        n_steps: how many rewards a transition adds up before it looks at the next state.
        gamma: discount factor between them.
    """

    def __init__(self, data: TransitionDataset, device: str, n_steps: int = 1, gamma: float = 1.0):
        def column(values: np.ndarray, dtype: torch.dtype = torch.float32) -> torch.Tensor:
            # Copied: a memory-mapped column is read-only, and torch must not share memory with the caller's arrays.
            return torch.tensor(np.asarray(values), dtype=dtype, device=device)

        self.device, self.rows, self.history = device, len(data), data.history
        self.observations = column(data.observations)
        self.actions = column(data.actions, torch.int64)
        steps, rewards, ended = _strides(data, n_steps, gamma)
        self.strides, self.rewards, self.terminals = column(steps, torch.int64), column(rewards), column(ended)
        beside = {"forbidden": torch.bool, "candidates": torch.int32}
        given = {name: getattr(data, name) for name in beside}
        self.beside = [column(given[name], dtype) for name, dtype in beside.items() if given[name] is not None]
        if self.history:
            self.row_starts = column(data.row_starts, torch.int64)
            self.columns = [column(data.items), column(data.events), column(data.gaps)]
            self.back = torch.arange(-self.history, 0, device=device)

    def states(self, rows: torch.Tensor) -> torch.Tensor:
        """(b,) row numbers -> (b, state size) float32, equal to `TransitionDataset.states(rows)`."""
        parts = [self.observations[rows], *self._past(rows), *(part[rows].float() for part in self.beside)]
        return parts[0] if len(parts) == 1 else torch.cat(parts, dim=1)

    def _past(self, rows: torch.Tensor) -> list[torch.Tensor]:
        """Items, events and gaps of the rows before, (b, history) each."""
        if not self.history:
            return []
        past = rows.unsqueeze(1) + self.back
        real = past >= self.row_starts[rows].unsqueeze(1)
        past = torch.where(real, past, 0)
        return [torch.where(real, values[past], 0.0) for values in self.columns]

    def next_states(self, rows: torch.Tensor) -> torch.Tensor:
        """(b, state size): the state a transition leads to; zeros after an episode's last row."""
        return torch.where(self.terminals[rows].unsqueeze(1) > 0, 0.0, self.states(self.following(rows)))

    def following(self, rows: torch.Tensor) -> torch.Tensor:
        """(b,) the row a transition leads to; any row where it ends its episode."""
        return (rows + self.strides[rows]).clamp(max=self.rows - 1)

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


def _strides(data: TransitionDataset, n_steps: int, gamma: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Per row: steps to the next state looked at, sum of gamma^k r over them, and whether the episode ends in them."""
    if n_steps == 1:
        return np.ones(len(data), dtype=np.int64), data.rewards, data.terminals
    left = np.repeat(data.episode_ends, data.episode_lengths) - np.arange(len(data))
    strides = np.minimum(left, n_steps)
    rewards = data.rewards.astype(np.float64)
    totals = rewards.copy()
    for k in range(1, n_steps):
        rows = np.flatnonzero(strides > k)
        totals[rows] += gamma**k * rewards[rows + k]
    return strides, totals, left <= n_steps
