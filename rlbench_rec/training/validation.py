"""Scores on validation episodes: the learning curve, and the rule that chooses the best checkpoint."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch

from ..mdp.dataset import TransitionDataset
from .networks import ActionScores, score
from .reward_scale import in_units_of
from .trainable import Trainable
from .transitions import Batch, Transitions

MAX_ROWS = 4_096
"""Held-out rows that are scored, evenly spaced over all of them."""
CELLS = 16_000_000
"""Scores that are held at once."""
NEAR_ZERO = 0.5
"""A mean return smaller than this share of the returns' spread counts as that share: nothing is many times zero."""


def hold_out(data: TransitionDataset, share: float) -> tuple[TransitionDataset, TransitionDataset | None]:
    """The episodes to train on, and the last ones, a share of all, that are held out; None where none is."""
    held = min(max(1, round(share * data.n_episodes)), data.n_episodes - 1) if share else 0
    if not held:
        return data, None
    kept = data.n_episodes - held
    return data.episodes(0, kept), data.episodes(kept, data.n_episodes)


@dataclass(frozen=True)
class Scores:
    """One point of the learning curve, in the log's units; what does not apply is NaN.

    Attributes:
        td_error: mean of (y - Q(s, a))^2 with y = r + gamma V(s'), the online network on both sides, V what the
            algorithm's targets take a state to be worth: max_b Q(s, b) of most (`ActionScores.next_value`).
        mean_q: mean of V(s). Far above `mean_return` it is overestimation.
        mean_return: mean of the log's own discounted return from the same rows on.
        overestimation: mean_q as a multiple of mean_return; see the function.
        unexplained: td_error over the variance of y. An untrained network has small targets and so a small TD error;
            measured against the spread of its own targets it does not look good for that.
        log_loss: mean of -log pi(a|s) of a cloned policy.
    """

    td_error: float = math.nan
    mean_q: float = math.nan
    mean_return: float = math.nan
    unexplained: float = math.nan
    log_loss: float = math.nan
    overestimation: float = math.nan

    @property
    def criterion(self) -> float:
        """What the best checkpoint has least of."""
        return self.unexplained if math.isnan(self.log_loss) else self.log_loss


def overestimation(mean_q: float, mean_return: float, spread: float) -> float:
    """How many times what the log earned the learner believes it can earn.

    1 + (mean_q - mean_return) / max(|mean_return|, NEAR_ZERO * spread): mean_q / mean_return where returns are positive
    and not small. A log that loses money is at 1 too where mean_q is what it earned, and above where it is more.

    Args:
        mean_q: mean over rows of what the learner takes their states to be worth, max_b Q(s, b) of most.
        mean_return: mean of the log's own discounted return from the same rows on.
        spread: standard deviation of these returns.

    Returns:
        NaN where nothing was ever earned.
    """
    size = max(abs(mean_return), NEAR_ZERO * spread)
    return 1.0 + (mean_q - mean_return) / size if size > 0.0 else math.nan


class HeldOut:
    """The last episodes of the training side.

    Args:
        data: the episodes kept from training.
        device: where the networks are.
        algorithm: what is trained: its gamma, None where scores are logits, and what its batches hold.
        scale: how many of the log's units are one of the network's; scores are in the log's.
    """

    def __init__(self, data: TransitionDataset, device: str, algorithm: Trainable, scale: float = 1.0):
        self.gamma = gamma = algorithm.gamma
        self.scale, self.action_count = scale, data.action_count
        transitions = Transitions(in_units_of(data, scale), device)
        numbers = np.unique(np.linspace(0, len(data) - 1, min(len(data), MAX_ROWS)).round().astype(np.int64))
        returns = data.returns_to_go(gamma or 0.0)[numbers]
        self.mean_return, self.spread = float(returns.mean()), float(returns.std())
        rows = torch.from_numpy(numbers).to(device)
        self.batch = algorithm.batch(transitions, rows)
        self.states = transitions.states(rows)
        self.next_states = transitions.next_states(rows)
        self.actions = transitions.actions[rows].unsqueeze(1)
        self.next_actions = transitions.next_actions(rows)[:, 0]
        self.rewards, self.terminals = transitions.rewards[rows], transitions.terminals[rows]

    def score(self, network: ActionScores) -> Scores:
        """Score a network as it stands, between two training steps."""
        network.eval()
        try:
            return self._score(network)
        finally:
            network.train()

    def scores_and_actions(self, network: ActionScores) -> tuple[np.ndarray, np.ndarray]:
        """(k, A) float64 scores of the held-out rows, minus infinity for what is ruled out, and (k,) what was logged:
        every row, or as many, evenly spaced, as fit into memory.

        Args:
            network: one that looks at the state alone.
        """
        each = -(-len(self.states) * self.action_count // CELLS)
        scores = score(network, self.states[::each].cpu().numpy()).astype(np.float64)
        return scores, self.actions[::each, 0].cpu().numpy()

    def _log_loss(self, network: ActionScores) -> float:
        rows, picked = max(1, CELLS // self.action_count), []
        for first in range(0, len(self.actions), rows):
            part = slice(first, first + rows)
            batch = Batch._make(None if column is None else column[part] for column in self.batch)
            picked.append(network.on_batch(batch).log_softmax(dim=1).gather(1, self.actions[part]))
        return -float(torch.cat(picked).mean(dtype=torch.float64))

    def _score(self, network: ActionScores) -> Scores:
        with torch.inference_mode():
            if self.gamma is None:
                return Scores(log_loss=self._log_loss(network))
            worth = network.next_value(self.next_states, self.next_actions)
            targets = (self.rewards + self.gamma * (1.0 - self.terminals) * worth).double()
            td_error = float((targets - network.values(self.states).gather(1, self.actions)[:, 0]).square().mean())
            variance = float(targets.var(correction=0))
            worth = network.next_value(self.states, self.actions[:, 0])
            mean_q = float(worth.mean(dtype=torch.float64)) * self.scale
            return Scores(
                td_error=td_error * self.scale**2,
                mean_q=mean_q,
                mean_return=self.mean_return,
                unexplained=td_error / variance if variance > 0 else math.nan,
                overestimation=overestimation(mean_q, self.mean_return, self.spread),
            )
