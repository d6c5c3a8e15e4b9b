"""The losses of d3rlpy's discrete algorithms on plain networks, without its duplicated forward passes.

With one batch and the same weights a loss has the value of d3rlpy's own, and its gradients up to rounding.
"""

from __future__ import annotations

from functools import partial, reduce
from typing import NamedTuple

import torch
from torch import nn

from ..objective import Heads, Loss
from ..transitions import Batch


class Penalties(NamedTuple):
    """Weights of what a loss adds.

    Attributes:
        alpha: of CQL's penalty on actions the log does not show.
        beta: of the penalty on a clone's squared logits.
    """

    alpha: float
    beta: float


def dqn(heads: Heads, targets: Heads, batch: Batch, penalties: Penalties) -> torch.Tensor:
    """Huber loss of Q(s, a) against r + gamma min_h Q'_h(s', b), b the best action of the mean target network."""
    return td_loss([head(batch.states) for head in heads], targets, targets, batch)


def double_dqn(heads: Heads, targets: Heads, batch: Batch, penalties: Penalties) -> torch.Tensor:
    """The same, b being the best action of the mean online network (van Hasselt et al. 2016)."""
    return td_loss([head(batch.states) for head in heads], heads, targets, batch)


def cql(heads: Heads, targets: Heads, batch: Batch, penalties: Penalties) -> torch.Tensor:
    """Double DQN's loss + alpha mean[logsumexp_b Q(s, b) - Q(s, a)], Q the mean over heads (Kumar et al. 2020)."""
    values = [head(batch.states) for head in heads]
    mean = _mean(values)
    penalty = (mean.logsumexp(dim=1, keepdim=True) - mean.gather(1, batch.actions)).mean()
    return td_loss(values, heads, targets, batch) + penalties.alpha * penalty


def cloning(heads: Heads, targets: Heads, batch: Batch, penalties: Penalties) -> torch.Tensor:
    """Mean of -log pi(a|s), + beta mean[(log pi)^2]."""
    (head,) = heads
    logits = head(batch.states).log_softmax(dim=1)
    loss = -logits.gather(1, batch.actions).mean()
    if isinstance(penalties.beta, float) and not penalties.beta:  # a tensor where members of an ensemble differ
        return loss
    return loss + penalties.beta * logits.square().mean()


def td_loss(values: list[torch.Tensor], choosers: Heads, targets: Heads, batch: Batch) -> torch.Tensor:
    """sum over heads of the mean Huber loss between Q_h(s, a) and the target.

    Args:
        values: (b, A) Q values of each head at the states.
        choosers: heads whose mean picks the next action.
        targets: heads whose minimum values it.
        batch: the transitions.
    """
    aim = batch.targets(partial(next_value, choosers, targets))
    losses = [nn.functional.smooth_l1_loss(value.gather(1, batch.actions), aim) for value in values]
    return reduce(torch.add, losses)


def next_value(choosers: Heads, targets: Heads, next_states: torch.Tensor) -> torch.Tensor:
    """(b, 1) min over targets of their value of the choosers' best action."""
    valued = [head(next_states) for head in targets]
    chosen = valued if choosers is targets else [head(next_states) for head in choosers]
    best = _mean(chosen).argmax(dim=1, keepdim=True)
    picked = [value.gather(1, best) for value in valued]
    return picked[0] if len(picked) == 1 else torch.stack(picked).amin(dim=0)


def _mean(values: list[torch.Tensor]) -> torch.Tensor:
    return values[0] if len(values) == 1 else torch.stack(values).mean(dim=0)


LOSSES: dict[str, Loss] = {
    "DQN": dqn,
    "DoubleDQN": double_dqn,
    "DiscreteCQL": cql,
    "NFQ": dqn,
    "DiscreteBC": cloning,
}
"""Name of d3rlpy's algorithm class -> its loss."""
