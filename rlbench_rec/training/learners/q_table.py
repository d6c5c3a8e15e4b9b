"""Exact dynamic programming on the log's own model, where states are few."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import torch

from ...errors import InputError
from ...mdp.dataset import TransitionDataset
from ..networks import NetworkBuilder
from ..networks.heads import RULED_OUT
from ..networks.table_scores import TableScores, WithUnseen
from ..torch_algorithm import TorchAlgorithm
from ..transitions import Transitions

if TYPE_CHECKING:
    from .configs import QTable

SWEEPS = 10_000
"""Value iterations at most."""
CLOSE = 1e-9
"""They end where no value moves by more than this, relative to the largest."""


class QTableLearning(TorchAlgorithm):
    """Its table, which is there before the first step."""

    def __init__(self, config: QTable, networks: NetworkBuilder):
        self.config = config
        self.table = TableScores(networks.layout.size, networks.action_count).to(networks.device)
        super().__init__(config, {"table": self.table}, optimisers=[])

    def prepare(self, data: TransitionDataset) -> None:
        where, states = _distinct(data, self.config.most_states)
        values = value_iteration(data, where, len(states), self.config.discount)
        least = float(data.returns_to_go(self.config.discount).min())
        never_taken = np.isnan(values)
        values[never_taken] = RULED_OUT if self.config.unseen == "never" else least
        # Where the log only took what cannot be shown, a policy still has to show something.
        showable = [action for action in range(data.action_count) if action != data.other_action]
        values[np.ix_(never_taken[:, showable].all(axis=1), showable)] = least
        self.table.fill(torch.from_numpy(states), torch.from_numpy(values), least)

    def step(self, transitions: Transitions, rows: torch.Tensor) -> float:
        self.grad_step += 1
        return 0.0

    def score_network(self, other_action: int | None = None) -> TableScores:
        return self.table

    def validated_network(self) -> WithUnseen:
        return WithUnseen(self.table)


def value_iteration(data: TransitionDataset, where: np.ndarray, states: int, gamma: float) -> np.ndarray:
    """(S, A) float64 Q of the log's empirical model, NaN where the log never took the action.

    Args:
        data: the log.
        where: (n,) which state each row is in.
        states: S.
        gamma: discount factor.

    Raises:
        InputError: values that do not settle: undiscounted, and a circle that pays.
    """
    pairs = where * data.action_count + data.actions
    counts = np.bincount(pairs, minlength=states * data.action_count).astype(np.float64)
    seen = (counts > 0).reshape(states, data.action_count)
    earned = np.bincount(pairs, data.rewards.astype(np.float64), minlength=len(counts))
    goes_on = np.flatnonzero(~data.terminals)
    arrows, times = np.unique(
        np.stack([pairs[goes_on], where[data.next_rows(goes_on)]], axis=1), axis=0, return_counts=True
    )
    values = np.zeros(states)
    for _ in range(SWEEPS):
        ahead = np.bincount(arrows[:, 0], times * values[arrows[:, 1]], minlength=len(counts))
        with np.errstate(invalid="ignore"):
            q = ((earned + gamma * ahead) / counts).reshape(states, -1)
        best = np.where(seen, q, -math.inf).max(axis=1)
        moved = np.abs(best - values).max()
        values = best
        if moved <= CLOSE * np.abs(best).max():
            return q
    what = f"After {SWEEPS:,} sweeps values still move by {moved:.2g}."
    raise InputError(what, where="q-table", hint="Take a gamma below 1.")


def _distinct(data: TransitionDataset, most: int) -> tuple[np.ndarray, np.ndarray]:
    """(n,) which state each row is in, and (S, state size) float32 the states.

    Raises:
        InputError: too many.
    """
    # -0.0 is 0.0.
    states, where = np.unique(data.states() + np.float32(0.0), axis=0, return_inverse=True)
    if len(states) > most:
        what = f"The log has {len(states):,} distinct states in {len(data):,} rows; a table holds {most:,}."
        raise InputError(what, where="q-table", hint="Use sarsa or dqn, or raise most_states.")
    return where.ravel(), states
