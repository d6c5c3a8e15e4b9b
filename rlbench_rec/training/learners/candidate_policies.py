"""Several policies trained in one pass, of which one is kept: a clone of the log's policy, tilted with or without the
context, more or less strongly, on all users or on half of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Literal

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
    """One of the policies: the clone's scores plus a tilt.

    Attributes:
        tilt: what its tilt depends on: `context`, the `action` alone, or `none`: the clone itself.
        imitation: strength.
        half: the users it is fitted on: 0, 1, or `ALL`.
    """

    tilt: Literal["context", "action", "none"]
    imitation: float
    half: int


def candidates(config: PolicyLearner, layout: StateLayout) -> list[Candidate]:
    """Those of a config, in the order of `CandidateScores`; where there is nothing to choose, one, beside its clone.

    Args:
        config: the learner's.
        layout: of the states; a linear tilt has nothing to look at without observations.
    """
    tilts: list[Literal["context", "action"]] = []
    if layout.context or config.policy == "network":
        tilts.append("context")
    if config.without_context or not tilts:
        tilts.append("action")
    settings = list(product(tilts, config.imitation))
    halves = (*HALVES, ALL) if len(settings) > 1 else (ALL,)
    tilted = [Candidate(tilt, imitation, half) for tilt, imitation in settings for half in halves]
    return [*tilted, *(Candidate("none", 1.0, half) for half in halves)]


class CandidateScores(nn.Module):
    """(b, state size) states -> (b, C, A) scores of C candidates.

    What a tilt learns does not move the clone under it, which learns from the logged actions alone.

    Args:
        config: says which form they have.
        networks: makes them.
        members: the candidates: those whose tilt looks at the context, those where it does not, and the clones.
    """

    under: torch.Tensor

    def __init__(self, config: PolicyLearner, networks: NetworkBuilder, members: Sequence[Candidate]):
        super().__init__()
        counts = {tilt: sum(member.tilt == tilt for member in members) for tilt in ("context", "action", "none")}
        self.observed, self.passed = Observed(networks.layout.context), networks.layout.beside
        looking = networks.layout.context or config.policy == "network"
        self.clones = (
            self._looking(config, networks, counts["none"]) if looking else LinearScores(networks, 1, counts["none"])
        )
        self.by_context = self._looking(config, networks, counts["context"]) if counts["context"] else None
        self.by_action = LinearScores(networks, 1, counts["action"]) if counts["action"] else None
        halves = [member.half for member in members if member.tilt == "none"]
        under = [halves.index(member.half) for member in members if member.tilt != "none"]
        self.register_buffer("under", torch.tensor(under))
        self.to(networks.device)

    @staticmethod
    def _looking(config: PolicyLearner, networks: NetworkBuilder, count: int) -> nn.Module:
        if config.policy == "network":
            return Together(networks.scores() for _ in range(count))
        return LinearScores(networks, networks.layout.context, count)

    def start(self, observations: torch.Tensor, shares: torch.Tensor) -> None:
        """Take from the log the scale of its observations, and start at the shares of its actions.

        Args:
            observations: (n, context).
            shares: (A,) how often each action was taken, above 0.
        """
        self.observed.learn(observations)
        if isinstance(self.clones, LinearScores):
            self.clones.start(shares.log())

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        last = states[:, states.shape[1] - self.passed :]
        context = torch.cat([self.observed(states), last], dim=1)
        nothing = torch.cat([torch.ones_like(states[:, :1]), last], dim=1)
        clones = self._scores(self.clones, states, context, nothing)
        tilts = [self._scores(head, states, context, nothing) for head in (self.by_context, self.by_action) if head]
        # An action that is ruled out is so in both.
        tilted = clones.detach().index_select(1, self.under) + torch.cat(tilts, dim=1)
        return torch.cat([tilted, clones], dim=1)

    def _scores(
        self, head: nn.Module, states: torch.Tensor, context: torch.Tensor, nothing: torch.Tensor
    ) -> torch.Tensor:
        if isinstance(head, LinearScores):
            return head(nothing if head is self.by_action or head.features == 1 else context)
        return head(states)


class Together(nn.Module):
    """(b, state size) states -> (b, count, A): several networks, side by side.

    Args:
        networks: count of them.
    """

    def __init__(self, networks: Iterable[nn.Module]):
        super().__init__()
        self.networks = nn.ModuleList(networks)

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        return torch.stack([network(states) for network in self.networks], dim=1)


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
    the mean over the candidate's own. A clone imitates, and nothing else.

    Args:
        members: the candidates.
    """

    counts: torch.Tensor

    def __init__(self, members: Sequence[Candidate]):
        super().__init__()
        inside = [[member.half in (ALL, fold % 2) for member in members] for fold in range(FOLDS)]
        counts = torch.tensor(inside, dtype=torch.float32)
        counts = counts / counts.mean(dim=0)
        earns = torch.tensor([float(member.tilt != "none") for member in members])
        imitation = torch.tensor([member.imitation for member in members])
        self.register_buffer("counts", torch.stack([counts * earns, counts * imitation]))

    def forward(self, folds: torch.Tensor) -> torch.Tensor:
        return self.counts[:, folds[:, 0]]


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
