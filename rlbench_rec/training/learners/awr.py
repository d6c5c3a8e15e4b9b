"""Advantage-weighted regression."""

from __future__ import annotations

from typing import ClassVar

import torch

from ..algorithm_config import Learns
from ..networks import BehaviourQ, NetworkBuilder
from ..objective import Heads
from ..transitions import Batch
from .advantage_weighting import (
    AdvantageWeighted,
    AdvantageWeightedLearning,
    Weighting,
    expectile_loss,
    weighted_cloning,
)
from .sarsa import behaviour_targets


class AWR(AdvantageWeighted):
    """Advantage-weighted regression: clone the log's actions, the more the better each was than the behaviour policy.

    loss = (Q(s, a) - r - gamma Q'(s', a'))^2 + u^2 / 2 - min(exp(beta u), clip) log pi(a|s), u = Q(s, a) - V(s), a'
    the log's next action: one step of policy improvement (Peng et al. 2019, on a fitted Q as in Brandfonbrener et al.
    2021).
    """

    learns: ClassVar[Learns] = "value of the behaviour policy"

    def build(self, networks: NetworkBuilder, batch_size: int) -> AdvantageWeightedLearning:
        q = BehaviourQ(networks.scores().heads)
        return AdvantageWeightedLearning(self, networks, q, awr_loss, expectile=0.5, q_targets_take_v=False)


def awr_loss(heads: Heads, targets: Heads, batch: Batch, weighting: Weighting) -> torch.Tensor:
    """The sum of the losses of Q, V and the policy."""
    (q, value, policy), (target,) = heads, targets
    logged = q(batch.states).gather(1, batch.actions)
    advantages = logged.detach() - value(batch.states)
    q_loss = (logged - behaviour_targets(target, batch)).square().mean()
    policy_loss = weighted_cloning(policy(batch.states), batch.actions, advantages, weighting)
    return q_loss + expectile_loss(advantages, weighting.expectile) + policy_loss
