"""Two algorithms in plain torch, the smallest there are, registered when imported: a Q learner and a clone."""

from __future__ import annotations

import copy

import torch
from pydantic import Field
from torch import nn

import rlbench_rec as rb
from rlbench_rec.training.algorithm_config import AlgorithmConfig, ValueConfig
from rlbench_rec.training.networks import NetworkBuilder, ScoreNetwork
from rlbench_rec.training.torch_algorithm import TorchAlgorithm
from rlbench_rec.training.transitions import Batch


class SoftTarget(ValueConfig):
    """Q-learning whose target network follows slowly."""

    rate: float = Field(default=0.2, gt=0, le=1)

    def build(self, networks: NetworkBuilder, batch_size: int) -> SoftTargetLearning:
        return SoftTargetLearning(self, networks)


class SoftTargetLearning(TorchAlgorithm):
    def __init__(self, config: SoftTarget, networks: NetworkBuilder):
        self.rate, self.q = config.rate, networks.scores()
        self.target = copy.deepcopy(self.q).requires_grad_(False)
        super().__init__(config, {"q": self.q, "target": self.target})

    def loss(self, batch: Batch) -> torch.Tensor:
        aim = batch.targets(lambda states: self.target(states).amax(dim=1, keepdim=True))
        return nn.functional.smooth_l1_loss(self.q(batch.states).gather(1, batch.actions), aim)

    def after_update(self) -> None:
        for slow, fast in zip(self.target.parameters(), self.q.parameters(), strict=True):
            slow.lerp_(fast, self.rate)

    def score_network(self, other_action: int | None = None) -> ScoreNetwork:
        return self.q


class Imitation(AlgorithmConfig):
    """A clone of the log, with a head of its own."""

    def build(self, networks: NetworkBuilder, batch_size: int) -> ImitationLearning:
        return ImitationLearning(self, networks)


class ImitationLearning(TorchAlgorithm):
    def __init__(self, config: Imitation, networks: NetworkBuilder):
        head = nn.Linear(networks.feature_count, networks.action_count).to(networks.device)
        self.logits = ScoreNetwork([nn.Sequential(networks.features(), head)])
        optimiser = torch.optim.SGD(self.logits.parameters(), lr=20 * config.learning_rate)
        super().__init__(config, {"logits": self.logits}, [optimiser])

    def loss(self, batch: Batch) -> torch.Tensor:
        return nn.functional.cross_entropy(self.logits(batch.states), batch.actions[:, 0])

    def score_network(self, other_action: int | None = None) -> ScoreNetwork:
        return self.logits


rb.register("algorithms", "soft-target", SoftTarget)
rb.register("algorithms", "imitation", Imitation)
