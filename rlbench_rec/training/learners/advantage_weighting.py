"""Policies that clone the log's actions, the more the better each was: what `iql` and `awr` have in common."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, NamedTuple

import torch

from ..networks import ActorCritic, NetworkBuilder, ScoreNetwork
from ..objective import Loss, Objective
from ..torch_algorithm import TorchAlgorithm

if TYPE_CHECKING:
    from .configs import AdvantageWeighted


class Weighting(NamedTuple):
    """Numbers that the losses take; see the configs' fields."""

    beta: float
    clip: float
    expectile: float


class AdvantageWeightedLearning(TorchAlgorithm):
    """Q with its target, V, and the policy.

    Args:
        config: its settings.
        networks: what its states and actions are like.
        q: Q's network.
        loss: of the heads Q, V, policy, the target of Q, and a `Weighting`.
        expectile: that V is of Q(s, a).
        q_targets_take_v: whether V is what targets take the next state to be worth; else it is Q of the log's own next
            action.
    """

    def __init__(
        self,
        config: AdvantageWeighted,
        networks: NetworkBuilder,
        q: ScoreNetwork,
        loss: Loss,
        expectile: float,
        q_targets_take_v: bool,
    ):
        value, policy = networks.state_value(), networks.scores()
        target = copy.deepcopy(q).requires_grad_(False)
        settings = Weighting(config.beta, config.weight_clip, expectile)
        objective = Objective([q, value, policy], loss, settings, [target], config.target_update_interval)
        self.actor_critic = ActorCritic(policy, q, value if q_targets_take_v else None)
        self.columns = () if q_targets_take_v else ("next_actions",)
        super().__init__(config, {"q": q, "value": value, "policy": policy, "target": target}, objective=objective)

    def score_network(self, other_action: int | None = None) -> ActorCritic:
        return self.actor_critic


def expectile_loss(gaps: torch.Tensor, expectile: float) -> torch.Tensor:
    """Mean of |expectile - 1(gap < 0)| gap^2: least where the gaps are taken from their expectile; at 0.5 half of the
    squared error (Newey and Powell 1987)."""
    return (torch.where(gaps < 0, 1.0 - expectile, expectile) * gaps.square()).mean()


def weighted_cloning(
    logits: torch.Tensor, actions: torch.Tensor, advantages: torch.Tensor, weighting: Weighting
) -> torch.Tensor:
    """Mean of -min(exp(beta advantage), clip) log pi(a|s), the weights without gradients."""
    weights = (weighting.beta * advantages.detach()).exp().clamp(max=weighting.clip)
    return -(weights * logits.log_softmax(dim=1).gather(1, actions)).mean()
