"""Self-attention over the history."""

from __future__ import annotations

import torch
from torch import nn

from .history_encoder import SequenceEncoder, Summary

HEADS = 2
BLOCKS = 2


class Attention(Summary):
    """The newest slot after two blocks: x <- x + attention(norm(x)), then x <- x + perceptron(norm(x)).

    Positions count back from the newest slot. Padding is never attended to; a slot always sees itself, so that no row
    of the attention is empty.
    """

    past: torch.Tensor
    itself: torch.Tensor

    def __init__(self, slot_size: int, history: int, embedding_size: int):
        super().__init__(slot_size, history, embedding_size)
        # Heads share the width evenly.
        self.width = HEADS * -(-embedding_size // HEADS)
        self.project = nn.Linear(slot_size, self.width)
        self.positions = nn.Parameter(torch.zeros(history, self.width))
        self.blocks = nn.ModuleList(Block(self.width) for _ in range(BLOCKS))
        self.norm = nn.LayerNorm(self.width)
        self.register_buffer("past", torch.ones(history, history, dtype=torch.bool).tril(), persistent=False)
        self.register_buffer("itself", torch.eye(history, dtype=torch.bool), persistent=False)

    def forward(self, slots: torch.Tensor, real: torch.Tensor) -> torch.Tensor:
        visible = ((self.past & real.unsqueeze(1)) | self.itself).unsqueeze(1)
        features = self.project(slots) + self.positions
        for block in self.blocks:
            features = block(features, visible)
        return self.norm(features[:, -1])


class Block(nn.Module):
    """One block of masked self-attention."""

    def __init__(self, width: int):
        super().__init__()
        self.before_attention, self.before_perceptron = nn.LayerNorm(width), nn.LayerNorm(width)
        self.projections, self.merge = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.perceptron = nn.Sequential(nn.Linear(width, 4 * width), nn.ReLU(), nn.Linear(4 * width, width))

    def forward(self, features: torch.Tensor, visible: torch.Tensor) -> torch.Tensor:
        parts = self.projections(self.before_attention(features)).chunk(3, dim=2)
        query, key, value = (part.unflatten(2, (HEADS, -1)).transpose(1, 2) for part in parts)
        mixed = nn.functional.scaled_dot_product_attention(query, key, value, attn_mask=visible)
        features = features + self.merge(mixed.transpose(1, 2).flatten(2))
        return features + self.perceptron(self.before_perceptron(features))


class TransformerEncoder(SequenceEncoder):
    """Causal self-attention as in SASRec (Kang and McAuley 2018), without dropout."""

    summary = Attention
