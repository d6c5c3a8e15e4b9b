"""Context and the mean of the history through a perceptron."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from ....mdp.dataset import StateLayout
from .history_encoder import HistorySlots, perceptron


class MLPEncoder(nn.Module):
    """features = ReLU layers of [context, pooled], pooled = mean over the real slots of the history.

    Padding does not count, and a history of padding alone pools to zeros. States without a history are context alone.

    Args:
        layout: how a state reads.
        hidden_units: widths of the hidden layers; the last is the number of features.
        embedding_size: width of item and event embeddings.
        dropout, layer_norm: of the hidden layers; see `perceptron`.
    """

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
        self.slots = HistorySlots(layout, embedding_size) if layout.history else None
        width = layout.context + (self.slots.size if self.slots else 0)
        self.layers = perceptron(width, hidden_units, dropout, layer_norm)

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        if self.slots is None:
            return self.layers(states)
        context, slots, real = self.slots(states)
        pooled = slots.sum(dim=1) / real.sum(dim=1, keepdim=True).clamp(min=1)
        return self.layers(torch.cat([context, pooled], dim=1))
