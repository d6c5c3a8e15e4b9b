"""Expectile Q-learning in plain torch."""

from __future__ import annotations

from typing import NamedTuple

import torch
from pydantic import Field

from rlbench_rec.training.algorithm_config import ValueConfig
from rlbench_rec.training.networks import NetworkBuilder, ScoreNetwork
from rlbench_rec.training.objective import Heads, Objective
from rlbench_rec.training.torch_algorithm import TorchAlgorithm
from rlbench_rec.training.transitions import Batch


class ExpectileQ(ValueConfig):
    """Expectile Q-learning: targets take a value between the mean and the best of the logged actions, never of others.

    V is the expectile of Q(s, a) over the log's actions, and Q's target is r + gamma V(s'): the critic of implicit
    Q-learning (Kostrikov et al. 2022), without its policy.
    """

    expectile: float = Field(default=0.8, gt=0, lt=1)
    """0.5 values the behaviour policy; towards 1 it is the best that was logged."""

    @classmethod
    def gives_objective(cls) -> bool:
        return True

    def build(self, networks: NetworkBuilder, batch_size: int) -> ExpectileQLearning:
        return ExpectileQLearning(self, networks)


class ExpectileQLearning(TorchAlgorithm):
    """Its two networks."""

    def __init__(self, config: ExpectileQ, networks: NetworkBuilder):
        self.q, v = networks.scores(), networks.state_value()
        objective = Objective(heads=[self.q, v], loss=loss, settings=Numbers(config.expectile))
        super().__init__(config, {"q": self.q, "v": v}, objective=objective)

    def score_network(self, other_action: int | None = None) -> ScoreNetwork:
        return self.q


class Numbers(NamedTuple):
    """What the loss takes of the config."""

    expectile: float


def loss(heads: Heads, targets: Heads, batch: Batch, numbers: Numbers) -> torch.Tensor:
    """Q's squared error, and the expectile's."""
    q, v = heads
    logged = q(batch.states).gather(1, batch.actions)
    q_loss = (logged - batch.targets(v)).square().mean()
    gap = logged.detach() - v(batch.states)
    weight = torch.where(gap > 0, numbers.expectile, 1.0 - numbers.expectile)
    return q_loss + (weight * gap.square()).mean()
