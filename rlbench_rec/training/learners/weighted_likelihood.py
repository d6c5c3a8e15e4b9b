"""Weighted log-likelihood."""

from __future__ import annotations

import torch

from ..objective import Heads
from ..transitions import Batch
from .policy_learning import LoggedChoices, Settings


def weighted_likelihood_loss(heads: Heads, targets: Heads, batch: Batch, settings: Settings) -> torch.Tensor:
    """-mean g log pi, g = max(G, 0) / max(p, 1 / clip) over its mean; and imitation."""
    choices = LoggedChoices.of(heads, batch)
    gains = choices.to_go.clamp(min=0.0) / choices.propensities.clamp(min=1.0 / settings.clip) / settings.gain
    return choices.loss(-gains * choices.logged)
