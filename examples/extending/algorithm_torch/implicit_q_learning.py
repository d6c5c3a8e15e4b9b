"""Implicit Q-learning in plain torch."""

from __future__ import annotations

import torch
from pydantic import Field
from torch import nn

from rlbench_rec.training.algorithm_config import ValueConfig
from rlbench_rec.training.networks import NetworkBuilder, ScoreNetwork
from rlbench_rec.training.torch_algorithm import TorchAlgorithm
from rlbench_rec.training.transitions import Batch


class IQL(ValueConfig):
    """Implicit Q-learning: targets take a value between the mean and the best of the logged actions, never of others.

    V is the expectile of Q(s, a) over the log's actions, and Q's target is r + gamma V(s') (Kostrikov et al. 2022).
    """

    expectile: float = Field(default=0.8, gt=0, lt=1)
    """0.5 values the behaviour policy; towards 1 it is the best that was logged."""

    def build(self, networks: NetworkBuilder, batch_size: int) -> IQLearning:
        return IQLearning(self, networks)


class IQLearning(TorchAlgorithm):
    """Its two networks, and what they learn."""

    def __init__(self, config: IQL, networks: NetworkBuilder):
        self.expectile = config.expectile
        self.q = networks.scores()
        head = nn.Linear(networks.feature_count, 1).to(networks.device)
        self.v = nn.Sequential(networks.features(), head)
        super().__init__(config, {"q": self.q, "v": self.v})

    def loss(self, batch: Batch) -> torch.Tensor:
        logged = self.q(batch.states).gather(1, batch.actions)
        q_loss = nn.functional.smooth_l1_loss(logged, batch.targets(self.v))
        gap = logged.detach() - self.v(batch.states)
        weight = torch.where(gap > 0, self.expectile, 1.0 - self.expectile)
        return q_loss + (weight * gap**2).mean()

    def score_network(self, other_action: int | None = None) -> ScoreNetwork:
        return self.q
