"""Scores as a table of known states."""

from __future__ import annotations

from typing import Any

import torch

from .action_scores import ActionScores
from .heads import RULED_OUT


class TableScores(ActionScores):
    """score(s, .) = the row of s in a table; the same number for all actions where s is not in it.

    States are found by a key, sum_j m_j bits(s_j) modulo 2^64: whole numbers, so that it does not depend on the order
    of a sum, and then compared in full.

    Args:
        state_size: columns of a state.
        action_count: number of actions.
    """

    rules_out = True
    factors: torch.Tensor
    keys: torch.Tensor
    states: torch.Tensor
    scores: torch.Tensor
    unknown: torch.Tensor

    def __init__(self, state_size: int, action_count: int):
        super().__init__()
        generator = torch.Generator().manual_seed(0)
        factors = torch.randint(2**62, (state_size,), generator=generator) * 2 + 1
        self.register_buffer("factors", factors)
        self.register_buffer("keys", torch.zeros(1, dtype=torch.int64))
        self.register_buffer("states", torch.full((1, state_size), torch.inf))
        self.register_buffer("scores", torch.zeros(1, action_count))
        self.register_buffer("unknown", torch.zeros(()))

    @property
    def device(self) -> torch.device:
        return self.scores.device

    def fill(self, states: torch.Tensor, scores: torch.Tensor, unknown: float) -> None:
        """Put the states in.

        Args:
            states: (S, state size) float32, none twice.
            scores: (S, A) their scores.
            unknown: the score of every action in any other state.
        """
        keys, order = self._keys(states.to(self.device)).sort()
        self.keys, self.states = keys, states.to(self.device)[order]
        self.scores = scores.to(self.device, torch.float32)[order]
        self.unknown.fill_(unknown)

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        if torch.compiler.is_compiling() or torch.jit.is_tracing():
            return self._compared(states)
        place = torch.searchsorted(self.keys, self._keys(states)).clamp(max=len(self.keys) - 1)
        known = (self.states[place] == states).all(dim=1, keepdim=True)
        return torch.where(known, self.scores[place], self.unknown)

    def _compared(self, states: torch.Tensor) -> torch.Tensor:
        """The same without keys, for exporters cannot see bits: each state is held against all, column by column."""
        same = states[:, :1] == self.states[:, 0]
        for column in range(1, self.states.shape[1]):
            same = same & (states[:, column : column + 1] == self.states[:, column])
        place = same.int().argmax(dim=1)
        return torch.where(same.any(dim=1, keepdim=True), self.scores[place], self.unknown)

    def _keys(self, states: torch.Tensor) -> torch.Tensor:
        # Adding 0 makes one zero of -0.0 and 0.0.
        return ((states + 0.0).view(torch.int32).long() * self.factors).sum(dim=1)

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, *rest: Any) -> None:
        # A saved table has as many rows as its log had states.
        for name in ("keys", "states", "scores"):
            saved = state_dict.get(prefix + name)
            if saved is not None and saved.shape[1:] == getattr(self, name).shape[1:]:
                setattr(self, name, torch.empty_like(saved, device=self.device))
        super()._load_from_state_dict(state_dict, prefix, *rest)


class WithUnseen(ActionScores):
    """The same with a number in place of minus infinity, so that it can be compared with what came of such actions.

    Args:
        table: the table, of which `unknown` is that number.
    """

    rules_out = False

    def __init__(self, table: TableScores):
        super().__init__()
        self.table = table

    @property
    def device(self) -> torch.device:
        return self.table.device

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        scores = self.table(states)
        return torch.where(scores <= RULED_OUT / 2, self.table.unknown, scores)
