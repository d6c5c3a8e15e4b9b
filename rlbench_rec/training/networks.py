"""The network that is left after training: states to one score an action. Plain torch, free of d3rlpy."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch
from torch import nn

CHUNK_ROWS = 16_384
"""States scored at once."""


class ScoreNetwork(nn.Module):
    """score(s, .) = mean over heads of linear(encoder(s)): Q values, or the logits of a cloned policy."""

    def __init__(self, heads: Iterable[nn.Module]):
        super().__init__()
        self.heads = nn.ModuleList(heads)

    @staticmethod
    def of(heads: Iterable[nn.Module]) -> ScoreNetwork:
        """Share the weights of d3rlpy's Q functions or categorical policy."""
        return ScoreNetwork(nn.Sequential(head._encoder, head._fc) for head in heads)

    @property
    def device(self) -> torch.device:
        return self.heads[0][-1].weight.device

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        if len(self.heads) == 1:
            return self.heads[0](states)
        return torch.stack([head(states) for head in self.heads]).mean(dim=0)


def score(network: ScoreNetwork, states: np.ndarray) -> np.ndarray:
    """(n, state size) float32 -> (n, A) float32 scores, computed in chunks on the network's device."""
    states = torch.from_numpy(np.ascontiguousarray(states, dtype=np.float32))
    with torch.inference_mode():
        if len(states) <= CHUNK_ROWS:
            return network(states.to(network.device)).cpu().numpy()
        return torch.cat([network(chunk.to(network.device)).cpu() for chunk in states.split(CHUNK_ROWS)]).numpy()
