"""Items as vectors: an embedding of each item's own and, where the log brings vectors, what is made of those."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from ...mdp.dataset import StateLayout


class ItemEmbedding(nn.Module):
    """e(item) = own embedding + P v(item), v the vectors that come with the log; item 0, padding, is zeros.

    Args:
        layout: how many items, and how wide their vectors are.
        size: width of e.
    """

    def __init__(self, layout: StateLayout, size: int):
        super().__init__()
        self.own = nn.Embedding(layout.item_count + 1, size, padding_idx=0)
        self.vectors: nn.Embedding | None = None
        self.projection: nn.Linear | None = None
        if layout.vector_size:
            self.vectors = nn.Embedding(layout.item_count + 1, layout.vector_size)
            self.projection = nn.Linear(layout.vector_size, size, bias=False)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        """(...) int64 ids -> (..., size)."""
        if self.vectors is None or self.projection is None:
            return self.own(ids)
        return self.own(ids) + self.projection(self.vectors(ids))

    def table(self) -> torch.Tensor:
        """(items + 1, size) e of every item by id."""
        if self.vectors is None or self.projection is None:
            return self.own.weight
        return self.own.weight + self.projection(self.vectors.weight)


def give_vectors(network: nn.Module, vectors: np.ndarray | None, tuned: bool) -> None:
    """Put the log's item vectors into every embedding of a network, to be trained further or not."""
    if vectors is None:
        return
    weights = torch.from_numpy(np.array(vectors))
    for part in network.modules():
        if isinstance(part, ItemEmbedding) and part.vectors is not None:
            with torch.no_grad():
                part.vectors.weight.copy_(weights)
            part.vectors.requires_grad_(tuned)
