"""Implicit Q-learning."""

from __future__ import annotations

import torch
from pydantic import Field

from ..networks import NetworkBuilder
from ..objective import Heads
from ..transitions import Batch
from .advantage_weighting import (
    AdvantageWeighted,
    AdvantageWeightedLearning,
    Weighting,
    expectile_loss,
    weighted_cloning,
)


class IQL(AdvantageWeighted):
    """Implicit Q-learning: a next state is worth an upper expectile of its logged actions, never what was not logged.

    loss = |expectile - 1(u < 0)| u^2 + (Q(s, a) - r - gamma V(s'))^2 - min(exp(beta u), clip) log pi(a|s),
    u = Q'(s, a) - V(s) (Kostrikov et al. 2022), each term for its own network.
    """

    expectile: float = Field(default=0.7, gt=0, lt=1)
    """Which expectile V is of Q over the log's actions: 0.5 values the behaviour policy, 1 the best that was logged."""

    def build(self, networks: NetworkBuilder, batch_size: int) -> AdvantageWeightedLearning:
        return AdvantageWeightedLearning(
            self, networks, networks.scores(), iql_loss, self.expectile, q_targets_take_v=True
        )


def iql_loss(heads: Heads, targets: Heads, batch: Batch, weighting: Weighting) -> torch.Tensor:
    """The sum of the losses of V, Q and the policy."""
    (q, value, policy), (target,) = heads, targets
    with torch.no_grad():
        logged = target(batch.states).gather(1, batch.actions)
    advantages = logged - value(batch.states)
    q_loss = (q(batch.states).gather(1, batch.actions) - batch.targets(value)).square().mean()
    policy_loss = weighted_cloning(policy(batch.states), batch.actions, advantages, weighting)
    return expectile_loss(advantages, weighting.expectile) + q_loss + policy_loss
