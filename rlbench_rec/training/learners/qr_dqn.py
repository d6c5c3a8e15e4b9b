"""Quantile regression DQN."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import nn

from ..networks import NetworkBuilder, Output, ScoreNetwork
from ..objective import Head, Heads, Objective
from ..torch_algorithm import TorchAlgorithm
from ..transitions import Batch

if TYPE_CHECKING:
    from .configs import QRDQN


class Bend(NamedTuple):
    """What the loss takes of the config."""

    kappa: float


class QRDQNLearning(TorchAlgorithm):
    """Its network of quantiles, and the target."""

    def __init__(self, config: QRDQN, networks: NetworkBuilder):
        quantiles = networks.outputs(config.n_quantiles)
        target = copy.deepcopy(quantiles).requires_grad_(False)
        settings, interval = Bend(config.kappa), config.target_update_interval
        objective = Objective([quantiles], qr_dqn_loss, settings, [target], interval)
        self.q = ScoreNetwork([Output(quantiles)])
        super().__init__(config, {"quantiles": quantiles, "target": target}, objective=objective)

    def score_network(self, other_action: int | None = None) -> ScoreNetwork:
        return self.q


def qr_dqn_loss(heads: Heads, targets: Heads, batch: Batch, bend: Bend) -> torch.Tensor:
    """The quantile Huber loss: its mean over targets and rows, its sum over quantiles."""
    (quantiles,), (target,) = heads, targets
    logged = taken(quantiles(batch.states), batch.actions)
    aims = batch.targets(lambda states: best_quantiles(target, states))
    levels = (torch.arange(logged.shape[1], device=logged.device) + 0.5).unsqueeze(1) / logged.shape[1]
    # Every quantile against every target, (b, n, m).
    fitted, aims = torch.broadcast_tensors(logged.unsqueeze(2) / bend.kappa, aims.unsqueeze(1) / bend.kappa)
    sides = torch.where(aims < fitted, 1.0 - levels, levels)
    sizes = nn.functional.smooth_l1_loss(fitted, aims, reduction="none")
    return bend.kappa * (sides * sizes).mean(dim=2).sum(dim=1).mean()


def taken(quantiles: torch.Tensor, actions: torch.Tensor) -> torch.Tensor:
    """(b, n, A) quantiles and (b, 1) actions -> (b, n)."""
    return quantiles.gather(2, actions.unsqueeze(1).expand(-1, quantiles.shape[1], -1)).squeeze(2)


def best_quantiles(target: Head, states: torch.Tensor) -> torch.Tensor:
    """(b, n) quantiles of the action whose mean is largest."""
    quantiles = target(states)
    return taken(quantiles, quantiles.mean(dim=1).argmax(dim=1, keepdim=True))
