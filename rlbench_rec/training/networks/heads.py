"""Heads: from an encoder's features to one score an action. Plain torch.

Where a state ends in flags of forbidden actions, or in the ids of its candidates, the encoder leaves those columns out
and passes them on behind the features, where the head finds them.
"""

from __future__ import annotations

import torch
from torch import nn

from ...errors import InputError
from ...mdp.dataset import StateLayout
from .items import ItemEmbedding

RULED_OUT = -1e9
"""Score of an action that must not be chosen: finite, since 0 times infinity is not a number; a softmax makes it 0."""


def make_head(
    layout: StateLayout, features: int, actions: int, embedding_size: int, dueling: bool = False, outputs: int = 1
) -> nn.Module:
    """The head for states of this layout.

    Args:
        layout: how a state reads.
        features: width of the encoder's own output.
        actions: number of actions; of candidates, the slots.
        embedding_size: width of the candidates' embeddings.
        dueling: split into value and advantages.
        outputs: numbers an action; more than 1 make it (b, outputs, actions).

    Raises:
        InputError: a dueling head over candidates.
    """
    if layout.candidates:
        if dueling:
            raise InputError("A dueling head takes no candidates.", where="dueling", hint="Leave it out.")
        return Slots(features, actions, ItemEmbedding(layout, embedding_size), embedding_size, outputs)
    head: nn.Module = Dueling(features, actions) if dueling else nn.Linear(features, actions * outputs)
    if outputs > 1:
        head = nn.Sequential(head, nn.Unflatten(1, (outputs, actions)))
    return Masked(head, features, actions) if layout.forbidden else head


class Beside(nn.Module):
    """An encoder of the state without its last columns; `pass_on` puts them behind the features.

    Args:
        encoder: of the rest of the state.
        columns: how many.
        pass_on: whether they are part of the output.
    """

    def __init__(self, encoder: nn.Module, columns: int, pass_on: bool):
        super().__init__()
        self.encoder, self.columns, self.pass_on = encoder, columns, pass_on

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        rest, last = states.tensor_split([states.shape[1] - self.columns], dim=1)
        features = self.encoder(rest)
        return torch.cat([features, last], dim=1) if self.pass_on else features


class Masked(nn.Module):
    """A head whose score is `RULED_OUT` where the flag behind the features says that the action is forbidden.

    Args:
        head: from features to scores.
        features: how many columns it takes.
        actions: number of actions.
    """

    def __init__(self, head: nn.Module, features: int, actions: int):
        super().__init__()
        self.head, self.features, self.actions = head, features, actions

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        scores = self.head(features[:, : self.features])
        flags = features[:, features.shape[1] - self.actions :]
        return torch.where(flags.unsqueeze(1) > 0 if scores.dim() == 3 else flags > 0, RULED_OUT, scores)


class Slots(nn.Module):
    """score(s, slot) = e_c . W f(s) + b_c, c the item in the slot; `RULED_OUT` where the slot is empty (item 0).

    The cost is that of K embeddings per state, whatever the size of the catalogue.

    Args:
        features: width of f(s).
        slots: number of candidates K, whose ids stand behind the features.
        items: e.
        embedding_size: width of e.
        outputs: scores a slot, of a W and a b each.
    """

    def __init__(self, features: int, slots: int, items: ItemEmbedding, embedding_size: int, outputs: int = 1):
        super().__init__()
        self.features, self.slots, self.outputs = features, slots, outputs
        self.query = nn.Linear(features, embedding_size * outputs)
        self.items = items
        self.offsets = nn.Embedding(len(items.own.weight), outputs)
        nn.init.normal_(items.own.weight, std=embedding_size**-0.5)
        nn.init.zeros_(self.offsets.weight)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        ids = features[:, features.shape[1] - self.slots :].long()
        query = self.query(features[:, : self.features]).unflatten(1, (-1, self.outputs))
        scores = torch.where(ids.unsqueeze(2) > 0, self.items(ids) @ query + self.offsets(ids), RULED_OUT)
        return scores.transpose(1, 2) if self.outputs > 1 else scores.squeeze(2)


class Dueling(nn.Module):
    """q(s, a) = v(s) + u(s, a) - mean_b u(s, b), v and u linear in the features (Wang et al. 2016).

    Args:
        features: width of the encoder's output.
        actions: number of actions.
    """

    def __init__(self, features: int, actions: int):
        super().__init__()
        self.value, self.advantage = nn.Linear(features, 1), nn.Linear(features, actions)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        advantage = self.advantage(features)
        return self.value(features) + advantage - advantage.mean(dim=1, keepdim=True)
