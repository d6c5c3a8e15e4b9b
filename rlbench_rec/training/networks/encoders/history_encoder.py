"""What every encoder does with a state: take its columns apart, embed its history, and end in a perceptron."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import nn

from ....errors import InputError
from ....mdp.dataset import StateLayout
from ..items import ItemEmbedding


class HistorySlots(nn.Module):
    """The history's slots as vectors: [item embedding + event embedding, log(1 + gap seconds)], oldest first.

    Args:
        layout: how a state reads; its history must not be 0.
        embedding_size: width of item and event embeddings.
    """

    def __init__(self, layout: StateLayout, embedding_size: int):
        super().__init__()
        self.layout = layout
        self.items = ItemEmbedding(layout, embedding_size)
        self.events = nn.Embedding(layout.event_count + 1, embedding_size, padding_idx=0)
        self.size = embedding_size + 1

    def forward(self, states: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """(b, state size) -> context (b, c), slots (b, n, size), zeros where padding, and (b, n) which are real."""
        n = self.layout.history
        context, items, events, gaps = states.split([self.layout.context, n, n, n], dim=1)
        items = items.long()
        real = items > 0
        slots = torch.cat([self.items(items) + self.events(events.long()), gaps.log1p().unsqueeze(2)], dim=2)
        return context, slots * real.unsqueeze(2), real


class Summary(nn.Module, ABC):
    """(b, n, slot size) slots and (b, n) whether each is real -> (b, `width`).

    Args:
        slot_size: width of a slot.
        history: number of slots n.
        embedding_size: width of item and event embeddings.
    """

    width: int

    @abstractmethod
    def __init__(self, slot_size: int, history: int, embedding_size: int):
        super().__init__()


class SequenceEncoder(nn.Module):
    """features = ReLU layers of [context, summary of the history].

    A history of padding alone has a summary of zeros, and no summary depends on how much padding stands before it.

    Args:
        layout: how a state reads.
        hidden_units: widths of the hidden layers; the last is the number of features.
        embedding_size: width of item and event embeddings.
        dropout, layer_norm: of the hidden layers; see `perceptron`.

    Raises:
        InputError: states without a history.
    """

    summary: ClassVar[type[Summary]]

    def __init__(
        self,
        layout: StateLayout,
        hidden_units: Sequence[int],
        embedding_size: int,
        *,
        dropout: float = 0.0,
        layer_norm: bool = False,
    ):
        super().__init__()
        if not layout.history:
            raise InputError("These states have no history to read.", where="encoder", hint="Use mlp.")
        self.slots = HistorySlots(layout, embedding_size)
        self.summarise = self.summary(self.slots.size, layout.history, embedding_size)
        self.layers = perceptron(layout.context + self.summarise.width, hidden_units, dropout, layer_norm)

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        context, slots, real = self.slots(states)
        summary = self.summarise(slots, real) * real.any(dim=1, keepdim=True)
        return self.layers(torch.cat([context, summary], dim=1))


def perceptron(
    width: int, hidden_units: Sequence[int], dropout: float = 0.0, layer_norm: bool = False
) -> nn.Sequential:
    """ReLU layers from `width` inputs.

    Args:
        width: number of inputs.
        hidden_units: width of each layer.
        dropout: share of a layer's outputs set to 0 while training (Srivastava et al. 2014).
        layer_norm: whether what a ReLU takes is normalised over the layer (Ba et al. 2016).
    """
    layers: list[nn.Module] = []
    for units in hidden_units:
        layers.append(nn.Linear(width, units))
        if layer_norm:
            layers.append(nn.LayerNorm(units))
        layers.append(nn.ReLU())
        if dropout:
            layers.append(nn.Dropout(dropout))
        width = units
    return nn.Sequential(*layers)
