"""Next-item models: what the users of a log did next, from the items before."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import torch

from ...baselines.calibrated import temperature_of
from ...mdp.dataset import TransitionDataset
from ..networks import ActionScores, NetworkBuilder, NextItemLogits, NextItemScores
from ..objective import Heads, Objective
from ..torch_algorithm import TorchAlgorithm
from ..transitions import Batch, Transitions

if TYPE_CHECKING:
    from ..validation import HeldOut
    from .sequence_configs import SequenceModel

MIXERS = (0x5851F42D4C957F2D, 0x14057B7EF767814F, 0x2545F4914F6CDD1D)
"""Odd factors that tell a row, the row beside it and a draw's place apart."""


class NextItemLearning(TorchAlgorithm):
    """Its network, and batches with the negatives of a sampled softmax."""

    def __init__(self, config: SequenceModel, networks: NetworkBuilder, batch_size: int):
        self.network = NextItemScores(NextItemLogits(networks, config.tied)).to(networks.device)
        self.batch_size = batch_size
        self.per_row = -(-config.negatives // batch_size) if config.loss == "sampled-softmax" else 0
        self.by_popularity = torch.empty(0, dtype=torch.int64)
        objective = Objective([self.network.logits], next_item_loss)
        super().__init__(config, {"policy": self.network}, objective=objective)

    def prepare(self, data: TransitionDataset) -> None:
        """Number the actions that can be drawn by how often they were logged; ties by their number."""
        counts = np.bincount(data.actions, minlength=data.action_count)
        logits = self.network.logits
        drawable = np.array([action for action in range(data.action_count) if action != logits.other_action])
        order = drawable[np.argsort(-counts[drawable], kind="stable")]
        self.by_popularity = torch.from_numpy(order).to(self.network.device)
        shares = torch.from_numpy(log_uniform(len(order))).log().float()
        logits.log_shares[self.by_popularity] = shares.to(self.network.device)

    def batch(self, transitions: Transitions, rows: torch.Tensor) -> Batch:
        batch = transitions.batch(rows, self.columns)
        return batch._replace(negatives=self.negatives(rows)) if self.per_row else batch

    def negatives(self, rows: torch.Tensor) -> torch.Tensor:
        """(b, m) int64 actions, the k-th most popular of R with probability log(1 + 1/k) / log(1 + R).

        They follow from the numbers of the rows and of those beside them in the batch, so that an interrupted training
        and every member of an ensemble draw what they would have drawn.
        """
        batches = rows.view(-1, self.batch_size if len(rows) % self.batch_size == 0 else len(rows))
        beside = batches.roll(1, dims=1).flatten()
        places = torch.arange(self.per_row, device=rows.device)
        keys = (rows * MIXERS[0] + beside * MIXERS[1]).unsqueeze(1) + places * MIXERS[2]
        ranks = (uniform_of(keys) * math.log1p(len(self.by_popularity))).exp().long() - 1
        return self.by_popularity[ranks.clamp(max=len(self.by_popularity) - 1)]

    def score_network(self, other_action: int | None = None) -> NextItemScores:
        return self.network

    def conclude(self, network: ActionScores, data: TransitionDataset, held_out: HeldOut | None) -> None:
        assert isinstance(network, NextItemScores), "a checkpoint of its own network"
        if held_out:
            network.temperature.fill_(temperature_of(*held_out.scores_and_actions(network)))


def next_item_loss(heads: Heads, targets: Heads, batch: Batch, settings: tuple[()]) -> torch.Tensor:
    """Mean of -log pi(a|s), over all actions or over the one that followed and the negatives.

    log pi = o_a - log Z, Z = exp(o_a) + sum over drawn j other than a of exp(o_j) / (K q_j): right on average, for each
    j is drawn K q_j times on average (Bengio and Senecal 2008).
    """
    (logits,) = heads
    if batch.negatives is None:
        return -logits(batch.states).log_softmax(dim=1).gather(1, batch.actions).mean()
    return -logits(batch.states, batch.actions, batch.negatives).log_softmax(dim=1)[:, 0].mean()


def log_uniform(size: int) -> np.ndarray:
    """(R,) probabilities log(1 + 1/k) / log(1 + R) of the ranks k = 1, ..., R."""
    return np.log1p(1.0 / np.arange(1, size + 1)) / math.log1p(size)


def uniform_of(keys: torch.Tensor) -> torch.Tensor:
    """int64 -> float64 in [0, 1), as good as drawn: splitmix64 (Steele, Lea and Flood 2014)."""
    for shift, factor in ((30, -0x40A7B892E31B1A47), (27, -0x6B2FB644ECCEEE15)):
        keys = (keys ^ _shifted(keys, shift)) * factor
    return _shifted(keys ^ _shifted(keys, 31), 11).double() * 2.0**-53


def _shifted(keys: torch.Tensor, by: int) -> torch.Tensor:
    """Bits to the right, zeros from the left."""
    return (keys >> by) & ((1 << (64 - by)) - 1)
