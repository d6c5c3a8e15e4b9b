"""Encoders: a batch of states (see `mdp.StateLayout`) to features. Plain torch modules, built from defaults alone."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from ..mdp.dataset import StateLayout


class MLPEncoder(nn.Module):
    """Context and the mean of what happened before, through a perceptron.

    pooled = mean over real history slots of [item embedding + event embedding, log(1 + gap seconds)]; padding slots do
    not count, and a history of padding alone pools to zeros. features = ReLU layers of [context, pooled].

    Args:
        layout: how a state reads.
        hidden_units: widths of the hidden layers; the last is the number of features.
        embedding_size: width of item and event embeddings.
    """

    def __init__(self, layout: StateLayout, hidden_units: Sequence[int], embedding_size: int):
        super().__init__()
        self.layout = layout
        width = layout.context
        if layout.history:
            self.items = nn.Embedding(layout.item_count + 1, embedding_size, padding_idx=0)
            self.events = nn.Embedding(layout.event_count + 1, embedding_size, padding_idx=0)
            width += embedding_size + 1
        layers: list[nn.Module] = []
        for units in hidden_units:
            layers += [nn.Linear(width, units), nn.ReLU()]
            width = units
        self.layers = nn.Sequential(*layers)

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        return self.layers(self._pool(states) if self.layout.history else states)

    def _pool(self, states: torch.Tensor) -> torch.Tensor:
        n = self.layout.history
        context, items, events, gaps = states.split([self.layout.context, n, n, n], dim=1)
        items = items.long()
        real = (items > 0).float().unsqueeze(2)
        slots = torch.cat([self.items(items) + self.events(events.long()), gaps.log1p().unsqueeze(2)], dim=2)
        pooled = (slots * real).sum(dim=1) / real.sum(dim=1).clamp(min=1.0)
        return torch.cat([context, pooled], dim=1)
