"""Advantage-weighted regression."""

from __future__ import annotations

import torch

from ..objective import Heads
from ..transitions import Batch
from .advantage_weighting import Weighting, expectile_loss, weighted_cloning
from .sarsa import behaviour_targets


def awr_loss(heads: Heads, targets: Heads, batch: Batch, weighting: Weighting) -> torch.Tensor:
    """The sum of the losses of Q, V and the policy."""
    (q, value, policy), (target,) = heads, targets
    logged = q(batch.states).gather(1, batch.actions)
    advantages = logged.detach() - value(batch.states)
    q_loss = (logged - behaviour_targets(target, batch)).square().mean()
    policy_loss = weighted_cloning(policy(batch.states), batch.actions, advantages, weighting)
    return q_loss + expectile_loss(advantages, weighting.expectile) + policy_loss
