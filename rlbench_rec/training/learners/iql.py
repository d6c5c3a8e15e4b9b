"""Implicit Q-learning."""

from __future__ import annotations

import torch

from ..objective import Heads
from ..transitions import Batch
from .advantage_weighting import Weighting, expectile_loss, weighted_cloning


def iql_loss(heads: Heads, targets: Heads, batch: Batch, weighting: Weighting) -> torch.Tensor:
    """The sum of the losses of V, Q and the policy."""
    (q, value, policy), (target,) = heads, targets
    with torch.no_grad():
        logged = target(batch.states).gather(1, batch.actions)
    advantages = logged - value(batch.states)
    q_loss = (q(batch.states).gather(1, batch.actions) - batch.targets(value)).square().mean()
    policy_loss = weighted_cloning(policy(batch.states), batch.actions, advantages, weighting)
    return expectile_loss(advantages, weighting.expectile) + q_loss + policy_loss
