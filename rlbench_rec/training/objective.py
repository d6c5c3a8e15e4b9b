"""What a training minimises, in a form that every loop of ours can run: networks, and one pure loss."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from ..errors import InputError
from .transitions import Batch

Head = Callable[..., torch.Tensor]
Heads = Sequence[Head]
"""Networks as functions of states: the modules themselves, or the same with other weights or in another precision."""
Loss = Callable[[Heads, Heads, Batch, Any], torch.Tensor]
"""`(heads, targets, batch, settings) -> scalar`: it asks nothing but its arguments, and never waits for the device."""


@dataclass(frozen=True)
class Objective:
    """What the loops `lean`, `graph` and `ensemble` need to know of an algorithm.

    One Adam steps all heads down the gradient of one loss. An algorithm of several losses adds them up: where each head
    has weights of its own, and what a term must not move is detached in it, the sum's gradient is each term's own.

    Attributes:
        heads: the networks that learn, each with weights of its own. What shares an encoder is one head with several
            outputs.
        loss: the loss, the same function for every member of an ensemble.
        settings: numbers that the loss takes, a NamedTuple; the members of an ensemble may differ in them.
        targets: slow copies of the first heads.
        target_update_interval: steps between moves of the targets; None where there are none.
        target_rate: how far they move: target + rate (head - target). 1 copies.

    Raises:
        InputError: two heads that share weights, or more targets than heads.
    """

    heads: Sequence[nn.Module]
    loss: Loss
    settings: tuple[float, ...] = ()
    targets: Sequence[nn.Module] = ()
    target_update_interval: int | None = None
    target_rate: float = 1.0

    def __post_init__(self) -> None:
        weights = [weight for head in self.heads for weight in head.parameters()]
        if len({id(weight) for weight in weights}) < len(weights):
            hint = "Make one head of them, with several outputs."
            raise InputError("Two heads share weights.", where="objective", hint=hint)
        if len(self.targets) > len(self.heads):
            raise InputError("A target is a copy of a head, and there are more of them.", where="objective")

    @property
    def parameters(self) -> list[torch.Tensor]:
        """The weights that learn."""
        return [weight for head in self.heads for weight in head.parameters()]

    def moves_targets(self, step: int) -> bool:
        """Whether the targets move after this step, counted from 0."""
        return bool(self.targets and self.target_update_interval and step % self.target_update_interval == 0)

    def move_targets(self) -> None:
        """Take every target towards the head that it is a copy of."""
        sources = [weight for head in self.heads[: len(self.targets)] for weight in head.parameters()]
        move(self.target_weights, sources, self.target_rate)

    @property
    def target_weights(self) -> list[torch.Tensor]:
        """The weights of the targets."""
        return [weight for target in self.targets for weight in target.parameters()]


def move(weights: Iterable[torch.Tensor], towards: Iterable[torch.Tensor], rate: float = 1.0) -> None:
    """Move tensors in place by a share of the way to others, outside of autograd; 1 copies."""
    with torch.no_grad():
        if rate == 1.0:
            torch._foreach_copy_(list(weights), list(towards))
        else:
            torch._foreach_lerp_(list(weights), list(towards), rate)
