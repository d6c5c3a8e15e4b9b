"""The return that a policy is asked for, and what is left of it as a session goes on."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from ...mdp.dataset import TransitionDataset
from ...mdp.returns import session_returns, session_returns_to_go

SINGLE = torch.finfo(torch.float32)


class WantedReturn(nn.Module):
    """wanted_t = (target - earned_t) / gamma^t: what is still to be earned from decision t on, kept within what the
    training side ever earned from a decision on; with gamma = 0, where each decision stands alone, the target itself.

    Networks see it as z = (wanted - mean) / spread, by the returns to go of the training side. All numbers are buffers:
    they are saved with the weights.
    """

    target: torch.Tensor
    gamma: torch.Tensor
    lowest: torch.Tensor
    highest: torch.Tensor
    mean: torch.Tensor
    spread: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        for name in ("target", "gamma", "lowest", "highest", "mean", "spread"):
            self.register_buffer(name, torch.ones(()))

    def learn(self, data: TransitionDataset, quantile: float) -> None:
        """Take the numbers from the training side.

        Args:
            data: the episodes that are trained on.
            quantile: of their returns, which is the target.
        """
        to_go = session_returns_to_go(data)
        numbers = {
            "target": np.quantile(session_returns(data), quantile),
            "gamma": data.gamma,
            "lowest": to_go.min(),
            "highest": to_go.max(),
            "mean": to_go.mean(),
            "spread": to_go.std() or 1.0,
        }
        for name, number in numbers.items():
            getattr(self, name).fill_(float(number))

    def forward(self, earned: torch.Tensor, steps: torch.Tensor) -> torch.Tensor:
        """(b,) earned so far and (b,) earlier decisions -> (b,) what is still wanted, not yet within bounds."""
        # Late in a long session the power is 0 in single precision: 0 / 0 is no number, and infinity is soon none.
        left = (self.target - earned) / (self.gamma**steps).clamp(min=SINGLE.tiny)
        left = left.clamp(SINGLE.min, SINGLE.max)
        return torch.where(self.gamma > 0, left, self.target)

    def bounded(self, wanted: torch.Tensor) -> torch.Tensor:
        """The same within what was ever earned."""
        return torch.maximum(torch.minimum(wanted, self.highest), self.lowest)

    def standardised(self, to_go: torch.Tensor) -> torch.Tensor:
        """z of any returns to go."""
        return (to_go - self.mean) / self.spread
