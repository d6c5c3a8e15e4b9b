"""Counterfactual risk minimisation."""

from __future__ import annotations

import torch

from ..objective import Heads
from ..transitions import Batch
from .policy_learning import LoggedChoices, Settings

TINY = 1e-12
"""Under the root, whose slope at 0 is infinite."""


def poem_loss(heads: Heads, targets: Heads, batch: Batch, settings: Settings) -> torch.Tensor:
    """-mean u + penalty sqrt(Var(u) / n), u = min(w, clip) (G - c), c the mean of G; and imitation."""
    choices = LoggedChoices.of(heads, batch)
    gains = choices.weights(settings.clip) * (choices.to_go - settings.mean)
    return penalised(choices, weighted_mean(choices, gains), gains, settings)


def self_normalised_poem_loss(heads: Heads, targets: Heads, batch: Batch, settings: Settings) -> torch.Tensor:
    """The same with V = sum w G / sum w, whose terms are w (G - V) over the mean weight."""
    choices = LoggedChoices.of(heads, batch)
    weights = choices.weights(settings.clip)
    size = weighted_mean(choices, weights).clamp(min=TINY)
    value = weighted_mean(choices, weights * choices.to_go) / size
    return penalised(choices, value, weights * (choices.to_go - value) / size, settings)


def weighted_mean(choices: LoggedChoices, terms: torch.Tensor) -> torch.Tensor:
    """(C,) mean of (b, C) terms over the rows that each candidate is fitted on."""
    return (choices.counts * terms).sum(dim=0) / choices.counts.sum(dim=0).clamp(min=TINY)


def penalised(choices: LoggedChoices, values: torch.Tensor, terms: torch.Tensor, settings: Settings) -> torch.Tensor:
    """sum over candidates of -V + penalty sqrt(Var / n), and imitation; n the rows that a candidate is fitted on.

    Args:
        choices: of the batch.
        values: (C,) V.
        terms: (b, C) whose variance it is.
        settings: penalty, and rows of the whole log.
    """
    variances = weighted_mean(choices, (terms - weighted_mean(choices, terms)).square())
    # Rows count as much as makes their mean 1: a candidate of half of the users counts each twice.
    rows = settings.rows / choices.counts.amax(dim=0).clamp(min=1.0)
    errors = (variances / rows + TINY).sqrt()
    return (settings.penalty * errors - values).sum() + choices.imitation_loss
