"""A model of the reward of a decision."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from ..networks import NetworkBuilder, ScoreNetwork
from ..objective import Heads, Objective
from ..torch_algorithm import TorchAlgorithm
from ..transitions import Batch

if TYPE_CHECKING:
    from .baseline_configs import Myopic


class MyopicLearning(TorchAlgorithm):
    """Its network."""

    def __init__(self, config: Myopic, networks: NetworkBuilder):
        self.reward = networks.scores()
        super().__init__(config, {"reward": self.reward}, objective=Objective([self.reward], myopic_loss))

    def score_network(self, other_action: int | None = None) -> ScoreNetwork:
        return self.reward


def myopic_loss(heads: Heads, targets: Heads, batch: Batch, settings: tuple[()]) -> torch.Tensor:
    """Mean of (r(s, a) - r)^2."""
    return (heads[0](batch.states).gather(1, batch.actions) - batch.rewards).square().mean()
