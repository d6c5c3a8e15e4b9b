"""Self-supervised Q-learning."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import nn

from ..loops.losses import td_loss
from ..networks import JointActorCritic, NetworkBuilder
from ..objective import Head, Heads, Objective
from ..torch_algorithm import TorchAlgorithm
from ..transitions import Batch

if TYPE_CHECKING:
    from .configs import SQN


class Weights(NamedTuple):
    """What the loss takes of the config."""

    td_weight: float


class SQNLearning(TorchAlgorithm):
    """Its network of two outputs an action, logit and Q, and the target."""

    def __init__(self, config: SQN, networks: NetworkBuilder):
        both = networks.outputs(2)
        target = copy.deepcopy(both).requires_grad_(False)
        settings, interval = Weights(config.td_weight), config.target_update_interval
        objective = Objective([both], sqn_loss, settings, [target], interval)
        self.actor_critic = JointActorCritic(both)
        super().__init__(config, {"both": both, "target": target}, objective=objective)

    def score_network(self, other_action: int | None = None) -> JointActorCritic:
        return self.actor_critic


def sqn_loss(heads: Heads, targets: Heads, batch: Batch, weights: Weights) -> torch.Tensor:
    """The sum of the clone's loss and Q's."""
    (both,), (target,) = heads, targets
    outputs = both(batch.states)
    cloning = nn.functional.cross_entropy(outputs[:, 0], batch.actions[:, 0])
    return cloning + weights.td_weight * td_loss([outputs[:, 1]], [_q(both)], [_q(target)], batch)


def _q(both: Head) -> Head:
    return lambda states: both(states)[:, 1]
