"""Inverse propensity scoring as an objective."""

from __future__ import annotations

import torch

from ..objective import Heads
from ..transitions import Batch
from .policy_learning import LoggedChoices, Settings


def ips_loss(heads: Heads, targets: Heads, batch: Batch, settings: Settings) -> torch.Tensor:
    """-mean min(w, clip) (G - c), c the mean of G; and imitation."""
    choices = LoggedChoices.of(heads, batch)
    return choices.loss(-choices.weights(settings.clip) * (choices.to_go - settings.mean))
