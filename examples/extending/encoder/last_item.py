"""An encoder that looks at the newest item of the history and at nothing before it."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from rlbench_rec.mdp import StateLayout


class LastItem(nn.Module):
    """ReLU layers of [context, embedding of the newest item], a Markov chain over items.

    States without a history are context alone.

    Args:
        layout: how the columns of a state read.
        hidden_units: widths of the hidden layers; the last is the number of features.
        embedding_size: width of the item embedding.
    """

    def __init__(self, layout: StateLayout, hidden_units: Sequence[int], embedding_size: int):
        super().__init__()
        self.layout = layout
        width = layout.context
        if layout.history:
            self.items = nn.Embedding(layout.item_count + 1, embedding_size, padding_idx=0)
            width += embedding_size
        layers: list[nn.Module] = []
        for units in hidden_units:
            layers += [nn.Linear(width, units), nn.ReLU()]
            width = units
        self.layers = nn.Sequential(*layers)

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        """(b, layout.size) -> (b, hidden_units[-1])."""
        context = states[:, : self.layout.context]
        if not self.layout.history:
            return self.layers(context)
        newest = states[:, self.layout.context + self.layout.history - 1].long()
        return self.layers(torch.cat([context, self.items(newest)], dim=1))
