"""Several policies trained in one pass, of which one is kept: a clone of the log's policy, tilted with or without the
context, more or less strongly, on all users or on half of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import torch
from torch import nn

from ..networks import ActionScores, NetworkBuilder
from ..networks.heads import RULED_OUT, Masked, Slots, make_head
from ..networks.items import ItemEmbedding
from ..transitions import FOLDS

if TYPE_CHECKING:
    from ...mdp.dataset import StateLayout
    from .policy_configs import PolicyLearner

Tilt = Literal["context", "action", "sharpness"]
"""What is added to the clone's scores: weights of the context; a number an action, the same in every state; or the
scores themselves, times a number above -1, which makes the clone more or less certain."""
TILTS: tuple[Tilt, ...] = get_args(Tilt)
ALL = FOLDS
"""Stands for no half: fitted on all users."""
HALVES = (0, 1)
"""A fold is in the half of its remainder by 2."""
LARGEST = 10.0
"""Standardised observations are at least this often within their scale: what is rare counts no more than so much."""


@dataclass(frozen=True)
class CandidatePolicy:
    """One of the policies: the clone's scores plus a tilt.

    Attributes:
        tilt: of which kind; `none` is the clone itself.
        imitation: strength.
        half: the users it is fitted on: 0, 1, or `ALL`.
    """

    tilt: Tilt | Literal["none"]
    imitation: float
    half: int


def candidate_policies(config: PolicyLearner, layout: StateLayout) -> list[CandidatePolicy]:
    """Those of a config, in the order of `CandidateScores`; where there is nothing to choose, one, beside its clone.

    One number does not overfit: `sharpness` is fitted at the weakest imitation alone.

    Args:
        config: the learner's.
        layout: of the states; a linear tilt has nothing to look at without observations.
    """
    can_look = _can_look(config, layout)
    tilts = [tilt for tilt in TILTS if tilt in config.tilts and (can_look or tilt != "context")] or ["action"]
    weakest = (min(config.imitation),)
    settings = [
        (tilt, strength) for tilt in tilts for strength in (weakest if tilt == "sharpness" else config.imitation)
    ]
    halves = (*HALVES, ALL) if len(settings) > 1 else (ALL,)
    tilted = [CandidatePolicy(tilt, strength, half) for tilt, strength in settings for half in halves]
    return [*tilted, *(CandidatePolicy("none", 1.0, half) for half in halves)]


def _can_look(config: PolicyLearner, layout: StateLayout) -> bool:
    return layout.context > 0 or config.policy == "network"


class CandidateScores(nn.Module):
    """(b, state size) states -> (b, C, A) scores of C candidates.

    What a tilt learns does not move the clone under it, which learns from the logged actions alone.

    Args:
        config: says which form they have.
        networks: makes them.
        members: the candidates, by tilt: `context`, `action`, `sharpness`, and the clones.
    """

    under: torch.Tensor

    def __init__(self, config: PolicyLearner, networks: NetworkBuilder, members: Sequence[CandidatePolicy]):
        super().__init__()
        counts = Counter(member.tilt for member in members)
        self.observed, self.passed = Observed(networks.layout.context), networks.layout.beside
        self.looks = _can_look(config, networks.layout)
        self.clones = self._scores_of(config, networks, counts["none"], self.looks)
        self.by_context = self._scores_of(config, networks, counts["context"], True) if counts["context"] else None
        self.by_action = self._scores_of(config, networks, counts["action"], False) if counts["action"] else None
        self.sharpness = nn.Parameter(torch.zeros(counts["sharpness"])) if counts["sharpness"] else None
        halves = [member.half for member in members if member.tilt == "none"]
        under = [halves.index(member.half) for member in members if member.tilt != "none"]
        self.register_buffer("under", torch.tensor(under))
        self.to(networks.device)

    @staticmethod
    def _scores_of(config: PolicyLearner, networks: NetworkBuilder, count: int, looks: bool) -> nn.Module:
        if looks and config.policy == "network":
            return Together(networks.scores() for _ in range(count))
        return LinearScores(networks, networks.layout.context if looks else 1, count)

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
        clones = self._looking(self.clones, states) if self.looks else self._still(self.clones, states)
        under = clones.detach().index_select(1, self.under)
        tilts = []
        if self.by_context is not None:
            tilts.append(self._looking(self.by_context, states))
        if self.by_action is not None:
            tilts.append(self._still(self.by_action, states))
        if self.sharpness is not None:
            sharpened = under[:, len(self.under) - len(self.sharpness) :]
            tilts.append((self.sharpness.exp() - 1.0).unsqueeze(1) * sharpened)
        tilted = under + torch.cat(tilts, dim=1)
        if self.passed:
            # A flat tilt would lift what cannot be done above the score that says so.
            tilted = torch.where(under <= RULED_OUT / 2, RULED_OUT, tilted)
        return torch.cat([tilted, clones], dim=1)

    def _looking(self, head: nn.Module, states: torch.Tensor) -> torch.Tensor:
        return head(self._beside(self.observed(states), states) if isinstance(head, LinearScores) else states)

    def _still(self, head: nn.Module, states: torch.Tensor) -> torch.Tensor:
        # One number a state, of states without any, too.
        return head(self._beside(torch.ones_like(states.sum(dim=1, keepdim=True)), states))

    def _beside(self, features: torch.Tensor, states: torch.Tensor) -> torch.Tensor:
        return torch.cat([features, states[:, states.shape[1] - self.passed :]], dim=1)


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

    def __init__(self, members: Sequence[CandidatePolicy]):
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
