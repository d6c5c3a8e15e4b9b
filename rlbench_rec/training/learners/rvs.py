"""Cloning conditioned on the return that is still to come."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import torch
from torch import nn

from ...mdp.dataset import TransitionDataset
from ..networks import NetworkBuilder, PastScores, ScoreNetwork
from ..objective import Heads, Objective
from ..torch_algorithm import TorchAlgorithm
from ..transitions import Batch
from .wanted_return import WantedReturn

if TYPE_CHECKING:
    from .configs import RvS


class RvSLearning(TorchAlgorithm):
    """Its network, whose states have the reward to go as a further column in front."""

    columns = ("returns_to_go",)

    def __init__(self, config: RvS, networks: NetworkBuilder):
        widened = replace(networks, layout=replace(networks.layout, context=networks.layout.context + 1))
        self.quantile = config.quantile
        self.network = ReturnConditioned(widened.scores()).to(networks.device)
        objective = Objective([self.network.conditioned], rvs_loss)
        super().__init__(config, {"policy": self.network}, objective=objective)

    def prepare(self, data: TransitionDataset) -> None:
        self.network.conditioned.wanted.learn(data, self.quantile)

    def score_network(self, other_action: int | None = None) -> PastScores:
        return self.network


class Conditioned(nn.Module):
    """(b, 1 + state size), a reward to go and a state -> (b, A) logits."""

    def __init__(self, logits: ScoreNetwork):
        super().__init__()
        self.wanted, self.logits = WantedReturn(), logits

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        to_go, states = inputs[:, :1], inputs[:, 1:]
        return self.logits(torch.cat([self.wanted.standardised(to_go), states], dim=1))


class ReturnConditioned(PastScores):
    """The logits of pi(a | s, what is still wanted).

    Args:
        logits: of states with the standardised reward to go in front.
    """

    memory = 0

    def __init__(self, logits: ScoreNetwork):
        super().__init__()
        self.conditioned = Conditioned(logits)
        self.rules_out = logits.rules_out

    @property
    def device(self) -> torch.device:
        return self.conditioned.logits.device

    @property
    def gamma(self) -> float:
        return float(self.conditioned.wanted.gamma)

    def forward(self, states: torch.Tensor, earned: torch.Tensor, steps: torch.Tensor) -> torch.Tensor:
        wanted = self.conditioned.wanted
        to_go = wanted.bounded(wanted(earned, steps))
        return self.conditioned(torch.cat([to_go.unsqueeze(1), states], dim=1))

    def on_batch(self, batch: Batch) -> torch.Tensor:
        return self.conditioned(rvs_inputs(batch))


def rvs_loss(heads: Heads, targets: Heads, batch: Batch, settings: tuple[()]) -> torch.Tensor:
    """Mean of -log pi(a | s, reward to go)."""
    logits = heads[0](rvs_inputs(batch))
    return -logits.log_softmax(dim=1).gather(1, batch.actions).mean()


def rvs_inputs(batch: Batch) -> torch.Tensor:
    """(b, 1 + state size) the log's own reward to go, and the states."""
    assert batch.returns_to_go is not None, "an algorithm asks for its columns"
    return torch.cat([batch.returns_to_go, batch.states], dim=1)
