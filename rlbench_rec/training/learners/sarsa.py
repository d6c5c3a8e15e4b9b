"""SARSA: Q of the behaviour policy."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

import torch

from ..networks import BehaviourQ, NetworkBuilder
from ..objective import Head, Heads, Objective
from ..torch_algorithm import TorchAlgorithm
from ..transitions import Batch

if TYPE_CHECKING:
    from .configs import SARSA


class SARSALearning(TorchAlgorithm):
    """Its network, and the target."""

    columns = ("next_actions",)

    def __init__(self, config: SARSA, networks: NetworkBuilder):
        self.q = BehaviourQ(networks.scores().heads)
        target = copy.deepcopy(self.q).requires_grad_(False)
        objective = Objective(
            [self.q], sarsa_loss, targets=[target], target_update_interval=config.target_update_interval
        )
        super().__init__(config, {"q": self.q, "target": target}, objective=objective)

    def score_network(self, other_action: int | None = None) -> BehaviourQ:
        return self.q


def sarsa_loss(heads: Heads, targets: Heads, batch: Batch, settings: tuple[()]) -> torch.Tensor:
    """Mean of (Q(s, a) - y)^2. Squared, since what is learnt is a mean: Huber's loss would be off where returns are
    skewed."""
    logged = heads[0](batch.states).gather(1, batch.actions)
    return (logged - behaviour_targets(targets[0], batch)).square().mean()


def behaviour_targets(target: Head, batch: Batch) -> torch.Tensor:
    """(b, 1) r + discount Q'(s', a'), a' the log's own next action."""
    actions = batch.next_actions
    assert actions is not None, "an algorithm asks for its columns"
    return batch.targets(lambda states: target(states).gather(1, actions))
