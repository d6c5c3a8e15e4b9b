"""Self-supervised Q-learning."""

from __future__ import annotations

import copy
from typing import ClassVar, NamedTuple

import torch
from pydantic import Field
from torch import nn

from ..algorithm_config import LOGIT_FORMS, Learns, ValueConfig
from ..loops.losses import td_loss
from ..networks import JointActorCritic, NetworkBuilder
from ..objective import Head, Heads, Objective
from ..torch_algorithm import TorchAlgorithm
from ..transitions import Batch


class SQN(ValueConfig):
    """Self-supervised Q-learning: one encoder under two heads, a clone of the log and Double DQN's Q; the clone acts.

    loss = -log pi(a|s) + td_weight * Double DQN's (Xin et al. 2020). What Q learns shapes the features that the clone
    stands on; it does not choose.
    """

    td_weight: float = Field(default=1.0, ge=0)
    """Weight of Q's loss; 1 as in the paper."""
    target_update_interval: int = Field(default=200, ge=1)
    """Steps between copies of the network into the target network."""

    forms: ClassVar[tuple[str, ...]] = LOGIT_FORMS
    learns: ClassVar[Learns] = "value of the best policy"

    @classmethod
    def gives_objective(cls) -> bool:
        return True

    def build(self, networks: NetworkBuilder, batch_size: int) -> SQNLearning:
        return SQNLearning(self, networks)


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
