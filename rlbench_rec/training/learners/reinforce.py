"""The off-policy policy gradient, and its top-K correction."""

from __future__ import annotations

import torch

from ..objective import Heads
from ..transitions import Batch
from .policy_learning import LoggedChoices, Settings


def reinforce_loss(heads: Heads, targets: Heads, batch: Batch, settings: Settings) -> torch.Tensor:
    """-mean sg[min(w, clip) K (1 - pi)^(K - 1)] (G - c) log pi, c the mean of G; and imitation."""
    choices = LoggedChoices.of(heads, batch)
    factors = choices.weights(settings.clip) * top_k_factor(choices.logged.exp(), settings.top_k)
    return choices.loss(-factors.detach() * (choices.to_go - settings.mean) * choices.logged)


def top_k_factor(probabilities: torch.Tensor, top_k: float) -> torch.Tensor:
    """K (1 - pi)^(K - 1): what the chance 1 - (1 - pi)^K that an item is among the K shown gains by one more unit of pi
    (Chen et al. 2019, equation 8)."""
    return top_k * (1.0 - probabilities) ** (top_k - 1.0)
