"""A 1-D convolution over the history."""

from __future__ import annotations

import torch
from torch import nn

from .history_encoder import SequenceEncoder, Summary

FILTER = 3
"""Slots that one filter sees."""


class Convolutions(Summary):
    """Two causal convolutions with ReLU, then the maximum over the real slots."""

    def __init__(self, slot_size: int, history: int, embedding_size: int):
        super().__init__(slot_size, history, embedding_size)
        self.width = embedding_size
        self.layers = nn.ModuleList(nn.Conv1d(size, self.width, FILTER) for size in (slot_size, self.width))

    def forward(self, slots: torch.Tensor, real: torch.Tensor) -> torch.Tensor:
        features, kept = slots.transpose(1, 2), real.unsqueeze(1)
        for layer in self.layers:
            # Zeros before the first slot, and zeros for padding: how much padding there is makes no difference.
            features = layer(nn.functional.pad(features, (FILTER - 1, 0))).relu() * kept
        return features.amax(dim=2)


class CNNEncoder(SequenceEncoder):
    """Convolutions over time, as Tang and Wang 2018 (Caser) lay over shop sessions."""

    summary = Convolutions
