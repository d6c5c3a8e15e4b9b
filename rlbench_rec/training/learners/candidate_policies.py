"""Several policies trained in one pass, of which one is kept: each with its strength of imitation, with or without the
context, on all users or on half of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import torch
from torch import nn

from ..networks import ActionScores, NetworkBuilder
from ..networks.heads import Masked, Slots, make_head
from ..networks.items import ItemEmbedding
from ..transitions import FOLDS

if TYPE_CHECKING:
    from ...mdp.dataset import StateLayout
    from .policy_configs import PolicyLearner

ALL = FOLDS
"""Stands for no half: fitted on all users."""
HALVES = (0, 1)
"""A fold is in the half of its remainder by 2."""
LARGEST = 10.0
"""Standardised observations are at least this often within their scale: what is rare counts no more than so much."""


@dataclass(frozen=True)
class Candidate:
    """One of the policies.

    Attributes:
        imitation: strength.
        context: whether it looks at the state.
        half: the users it is fitted on: 0, 1, or `ALL`.
    """

    imitation: float
    context: bool
    half: int


def candidates(config: PolicyLearner, layout: StateLayout) -> list[Candidate]:
    """Those of a config, the ones that look at the state first; where there is nothing to choose, one fitted on all.

    Args:
        config: the learner's.
        layout: of the states; a linear policy has nothing to look at without observations.
    """
    can_look = layout.context > 0 or config.policy == "network"
    views = [True] * can_look + [False] * (config.without_context or not can_look)
    settings = list(product(views, config.imitation))
    halves = (*HALVES, ALL) if len(settings) > 1 else (ALL,)
    return [Candidate(imitation, view, half) for view, imitation in settings for half in halves]


class CandidateScores(nn.Module):
    """(b, state size) states -> (b, C, A) scores of C candidates.

    Args:
        config: says which form they have.
        networks: makes them.
        members: the candidates, those that look at the state first.
    """

    def __init__(self, config: PolicyLearner, networks: NetworkBuilder, members: Sequence[Candidate]):
        super().__init__()
        layout, looking = networks.layout, sum(member.context for member in members)
        self.observed = Observed(layout.context)
        self.passed = layout.beside
        self.members: nn.ModuleList | None = None
        self.linear: nn.Module | None = None
        if looking and config.policy == "network":
            self.members = nn.ModuleList(networks.scores() for _ in range(looking))
        elif looking:
            self.linear = self._head(networks, layout.context, looking)
        still = len(members) - looking
        self.still = self._head(networks, 1, still) if still else None

    @staticmethod
    def _head(networks: NetworkBuilder, features: int, count: int) -> nn.Module:
        made = LinearScores(networks, features, count)
        return made.to(networks.device)

    def start(self, observations: torch.Tensor, shares: torch.Tensor) -> None:
        """Take from the log the scale of its observations, and start at the shares of its actions.

        Args:
            observations: (n, context).
            shares: (A,) how often each action was taken, above 0.
        """
        self.observed.learn(observations)
        for head in (self.linear, self.still):
            if isinstance(head, LinearScores):
                head.start(shares.log())

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        last = states[:, states.shape[1] - self.passed :]
        scores = []
        if self.members is not None:
            scores.append(torch.stack([member(states) for member in self.members], dim=1))
        if self.linear is not None:
            scores.append(self.linear(torch.cat([self.observed(states), last], dim=1)))
        if self.still is not None:
            scores.append(self.still(torch.cat([torch.ones_like(states[:, :1]), last], dim=1)))
        return scores[0] if len(scores) == 1 else torch.cat(scores, dim=1)


class LinearScores(nn.Module):
    """(b, features, and what may be done) -> (b, C, A): b_a + w_a . x, and where actions are items with vectors v also
    x . M v_a; over candidates e_c . (W x + u) + b_c.

    Args:
        networks: say what actions are.
        features: width of x.
        count: C.
    """

    def __init__(self, networks: NetworkBuilder, features: int, count: int):
        super().__init__()
        layout, self.features = networks.layout, features
        head = make_head(layout, features, networks.action_count, networks.embedding_size, outputs=max(count, 2))
        self.head, self.count = head, count
        self.items: ItemEmbedding | None = None
        if layout.vector_size and not layout.candidates and networks.action_count <= layout.item_count:
            self.items = ItemEmbedding(layout, networks.embedding_size)
            nn.init.zeros_(self.items.own.weight)
            self.items.own.requires_grad_(False)
            self.query = nn.Linear(features, networks.embedding_size * count, bias=False)
            nn.init.zeros_(self.query.weight)
            self.register_buffer("ids", torch.arange(1, networks.action_count + 1))
        for linear in self._linear_layers():
            nn.init.zeros_(linear.weight)
            nn.init.zeros_(linear.bias)

    def _linear_layers(self) -> list[nn.Linear]:
        head = self.head.head if isinstance(self.head, Masked) else self.head
        parts = [head.query] if isinstance(head, Slots) else head.modules()
        return [part for part in parts if isinstance(part, nn.Linear)]

    def start(self, scores: torch.Tensor) -> None:
        """Give every candidate these (A,) scores; over candidates, where an action is a slot, it starts uniform."""
        if not isinstance(self.head, Slots):
            for linear in self._linear_layers():
                with torch.no_grad():
                    linear.bias.copy_(scores.repeat(len(linear.bias) // len(scores)))

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        scores = self.head(features)[:, : self.count]
        if self.items is None:
            return scores
        query = self.query(features[:, : self.features]).unflatten(1, (self.count, -1))
        return scores + query @ self.items(self.ids).T


class Observed(nn.Module):
    """The observations of a state, (b, context): less their mean, over their scale."""

    centre: torch.Tensor
    scale: torch.Tensor

    def __init__(self, context: int):
        super().__init__()
        self.register_buffer("centre", torch.zeros(context))
        self.register_buffer("scale", torch.ones(context))

    def learn(self, observations: torch.Tensor) -> None:
        """The scale is the standard deviation, and at least the largest deviation over `LARGEST`."""
        centre = observations.mean(dim=0)
        deviations = observations - centre
        scale = torch.maximum(deviations.square().mean(dim=0).sqrt(), deviations.abs().amax(dim=0) / LARGEST)
        self.centre.copy_(centre)
        self.scale.copy_(torch.where(scale > 0, scale, 1.0))

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        return (states[:, : len(self.centre)] - self.centre) / self.scale


class Shares(nn.Module):
    """(b, 1) folds -> (2, b, C): what a row counts in each candidate's loss, and in its imitation.

    A row counts 0 for a candidate that is fitted on other users, and otherwise so much that the mean over all rows is
    the mean over the candidate's own.

    Args:
        members: the candidates.
    """

    counts: torch.Tensor
    imitation: torch.Tensor

    def __init__(self, members: Sequence[Candidate]):
        super().__init__()
        inside = [[member.half in (ALL, fold % 2) for member in members] for fold in range(FOLDS)]
        counts = torch.tensor(inside, dtype=torch.float32)
        self.register_buffer("counts", counts / counts.mean(dim=0))
        self.register_buffer("imitation", torch.tensor([member.imitation for member in members]))

    def forward(self, folds: torch.Tensor) -> torch.Tensor:
        counts = self.counts[folds[:, 0]]
        return torch.stack([counts, counts * self.imitation])


class KeptPolicy(ActionScores):
    """The logits of one of the candidates.

    Args:
        scores: of all of them.
        kept: number of the one.
        rules_out: whether a score can be `RULED_OUT`.
    """

    kept: torch.Tensor

    def __init__(self, scores: CandidateScores, kept: int, layout: StateLayout):
        super().__init__()
        self.scores, self.rules_out = scores, layout.beside > 0
        self.register_buffer("kept", torch.tensor([kept]))

    @property
    def device(self) -> torch.device:
        return self.kept.device

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        return self.scores(states).index_select(1, self.kept).squeeze(1)
