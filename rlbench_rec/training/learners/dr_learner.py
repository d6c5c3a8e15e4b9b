"""The doubly robust estimate as an objective."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn

from ...mdp.dataset import TransitionDataset
from ...mdp.returns import session_returns_to_go
from ..networks import NetworkBuilder
from ..objective import Heads
from ..transitions import FOLDS, Batch, fold_of_rows
from ..value_models.reward_model import RewardModel
from .candidate_policies import ALL, HALVES, CandidatePolicy, candidate_policies
from .policy_learning import LoggedChoices, PolicyLearning, Settings

if TYPE_CHECKING:
    from .policy_configs import DRLearner


class DRLearning(PolicyLearning):
    """Its candidates, and the reward models."""

    def __init__(self, config: DRLearner, networks: NetworkBuilder):
        members = candidate_policies(config, networks.layout)
        self.rewards = RewardScores(networks.layout.context, networks.action_count, members).to(networks.device)
        super().__init__(config, networks, dr_loss, {"rewards": self.rewards})

    def prepare(self, data: TransitionDataset) -> None:
        super().prepare(data)
        self.rewards.learn(data)


class RewardScores(nn.Module):
    """What the actions promise, by reward models, and what each of C candidates takes of it.

    The models did not see the row's fold. The first is of the row's half of the users alone, for candidates fitted on
    it: what is judged on the other half must not have been taught by it. The second is of all other folds.

    Args:
        context: observations.
        action_count: A.
        members: the C candidates.
    """

    slopes: torch.Tensor
    intercepts: torch.Tensor
    effects: torch.Tensor
    of_member: torch.Tensor

    def __init__(self, context: int, action_count: int, members: Sequence[CandidatePolicy]):
        super().__init__()
        self.register_buffer("slopes", torch.zeros(2, FOLDS, context))
        self.register_buffer("intercepts", torch.zeros(2, FOLDS))
        self.register_buffer("effects", torch.zeros(2, FOLDS, action_count))
        self.register_buffer("of_member", torch.tensor([int(member.half == ALL) for member in members]))

    def learn(self, data: TransitionDataset) -> None:
        """Fit the models, two a fold."""
        folds, to_go = fold_of_rows(data), session_returns_to_go(data)
        for fold in range(FOLDS):
            others = folds != fold
            for kind, seen in enumerate((others & (folds % len(HALVES) == fold % len(HALVES)), others)):
                if not seen.any():
                    continue
                model = RewardModel.fit(data.observations[seen], data.actions[seen], to_go[seen], data.action_count)
                for part, numbers in (
                    (self.slopes, model.slopes),
                    (self.intercepts, np.float64(model.intercept)),
                    (self.effects, model.effects),
                ):
                    part[kind, fold] = torch.as_tensor(numbers, dtype=part.dtype, device=part.device)

    def forward(
        self, states: torch.Tensor, folds: torch.Tensor, policies: torch.Tensor, actions: torch.Tensor
    ) -> torch.Tensor:
        """(2, b, C): sum_b pi(b|s) q(s, b), and q(s, a).

        Args:
            states: (b, state size).
            folds: (b, 1).
            policies: (b, C, A) probabilities.
            actions: (b, 1) a.
        """
        fold, contexts = folds[:, 0], states[:, : self.slopes.shape[2]]
        levels = (self.slopes[:, fold] * contexts).sum(dim=2) + self.intercepts[:, fold]
        q = (levels.unsqueeze(2) + self.effects[:, fold]).permute(1, 2, 0)
        promised = (policies @ q).gather(2, self.of_member.expand(len(states), -1).unsqueeze(2)).squeeze(2)
        logged = q.gather(1, actions.unsqueeze(2).expand(-1, -1, 2)).squeeze(1)[:, self.of_member]
        return torch.stack([promised, logged])


def dr_loss(heads: Heads, targets: Heads, batch: Batch, settings: Settings) -> torch.Tensor:
    """-mean [sum_b pi(b|s) q(s, b) + min(w, clip) (G - q(s, a))]; and imitation."""
    choices = LoggedChoices.of(heads, batch)
    promised, logged_q = heads[2](batch.states, batch.folds, choices.scores.softmax(dim=2), batch.actions)
    return choices.loss(-promised - choices.weights(settings.clip) * (choices.to_go - logged_q))
