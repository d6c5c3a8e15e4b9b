"""What the learners have in common that look for a policy by what it would have earned on the log."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from torch import nn

from ...mdp.dataset import TransitionDataset
from ...mdp.returns import session_returns_to_go
from ..networks import ActionScores, NetworkBuilder
from ..objective import Heads, Loss, Objective
from ..torch_algorithm import TorchAlgorithm
from ..transitions import Batch
from .candidate_policies import ALL, CandidatePolicy, CandidateScores, KeptPolicy, Shares, candidate_policies
from .choice_of_policy import choose, logged_log_probabilities

if TYPE_CHECKING:
    from ..validation import HeldOut
    from .policy_configs import PolicyLearner


class Settings(NamedTuple):
    """Numbers that the losses take.

    Attributes:
        clip, penalty, top_k: see the configs' fields.
        mean: of G over the rows trained on.
        gain: mean of max(G, 0) / max(p, 1 / clip) over them.
        rows: how many they are.
    """

    clip: float
    penalty: float = 0.0
    top_k: float = 1.0
    mean: float = 0.0
    gain: float = 1.0
    rows: float = 1.0


class PolicyLearning(TorchAlgorithm):
    """Its candidates, and the choice among them.

    Args:
        config: its settings.
        networks: what its states and actions are like.
        loss: of the heads candidates' scores, `Shares` and what is in `beside`, and of `Settings`.
        beside: further heads without weights, by name.
        penalty, top_k: of the learners that have them.
    """

    columns = ("returns_to_go", "propensities", "folds")
    keeps_best = False  # a held-out log loss says how well a policy imitates

    def __init__(
        self,
        config: PolicyLearner,
        networks: NetworkBuilder,
        loss: Loss,
        beside: dict[str, nn.Module] | None = None,
        *,
        penalty: float = 0.0,
        top_k: int = 1,
    ):
        self.config = config
        self.members = candidate_policies(config, networks.layout)
        self.scores = CandidateScores(config, networks, self.members).to(networks.device)
        self.policy = KeptPolicy(self.scores, 0, networks.layout).to(networks.device)
        further = {"shares": Shares(self.members), **(beside or {})}
        further = {name: module.to(networks.device) for name, module in further.items()}
        settings = Settings(config.clip, penalty, float(top_k))
        objective = Objective([self.scores, *further.values()], loss, settings)
        super().__init__(config, {"policy": self.policy, **further}, objective=objective)

    def prepare(self, data: TransitionDataset) -> None:
        assert self.objective is not None and data.propensities is not None, "its config refuses a log without them"
        counts = np.bincount(data.actions, minlength=data.action_count) + 1.0
        self.scores.start(torch.tensor(data.observations), torch.tensor(counts / counts.sum(), dtype=torch.float32))
        to_go = session_returns_to_go(data)
        gains = np.maximum(to_go, 0.0) / np.maximum(data.propensities, 1.0 / self.config.clip)
        settings = self.objective.settings
        assert isinstance(settings, Settings)
        known = {"mean": float(to_go.mean()), "gain": float(gains.mean()) or 1.0, "rows": float(len(data))}
        # An objective is not changed once a loop has it; this is before.
        self.objective = Objective(self.objective.heads, self.objective.loss, settings._replace(**known))

    def conclude(self, network: ActionScores, data: TransitionDataset, held_out: HeldOut | None) -> None:
        assert isinstance(network, KeptPolicy), "made by score_network"
        if any(member.half != ALL for member in self.members):
            logged = logged_log_probabilities(network.scores, data, network.device)
            chosen = choose(self.members, logged, data, self.config.caution)
            network.kept.fill_(self.members.index(chosen or CandidatePolicy("none", 1.0, ALL)))

    def score_network(self, other_action: int | None = None) -> ActionScores:
        return self.policy


class LoggedChoices(NamedTuple):
    """What all losses look at.

    Attributes:
        scores: (b, C, A) logits of the candidates.
        logged: (b, C) log pi(a|s) of the logged actions.
        propensities: (b, 1).
        counts: (b, C) what a row counts for a candidate.
        imitation: (b, C) what it counts in its imitation.
        to_go: (b, 1) G.
    """

    scores: torch.Tensor
    logged: torch.Tensor
    propensities: torch.Tensor
    counts: torch.Tensor
    imitation: torch.Tensor
    to_go: torch.Tensor

    @classmethod
    def of(cls, heads: Heads, batch: Batch) -> LoggedChoices:
        """Those of a batch."""
        propensities, folds, to_go = batch.propensities, batch.folds, batch.returns_to_go
        assert propensities is not None and folds is not None and to_go is not None, "it asks for its columns"
        scores = heads[0](batch.states)
        taken = batch.actions.unsqueeze(1).expand(-1, scores.shape[1], 1)
        logged = scores.gather(2, taken).squeeze(2) - scores.logsumexp(dim=2)
        shares = heads[1](folds)
        return cls(scores, logged, propensities, shares[0], shares[1], to_go)

    def weights(self, clip: float) -> torch.Tensor:
        """(b, C) min(pi(a|s) / p, clip)."""
        return (self.logged.exp() / self.propensities).clamp(max=clip)

    def loss(self, risks: torch.Tensor) -> torch.Tensor:
        """The sum over candidates of the mean risk of their rows, and of their imitation.

        Args:
            risks: (b, C).
        """
        return (self.counts * risks).mean(dim=0).sum() + self.imitation_loss

    @property
    def imitation_loss(self) -> torch.Tensor:
        """Sum over candidates of strength x mean of w - 1 - log w."""
        log_weights = self.logged - self.propensities.log()
        return (self.imitation * (log_weights.exp() - 1.0 - log_weights)).mean(dim=0).sum()
