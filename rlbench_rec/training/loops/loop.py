"""What a training loop is, and what all of them share."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from ...errors import InputError
from ...mdp.to_d3rlpy.quiet import d3rlpy


@dataclass(frozen=True)
class Loop:
    """`loop(steps)` trains for so many further steps and returns the mean loss over them.

    Attributes:
        advance: does it.
        optimisers: what it steps.
        sampling: what it draws rows from: `get_state()` to a tensor, and `set_state(tensor)`.
    """

    advance: Callable[[int], float]
    optimisers: Sequence[torch.optim.Optimizer]
    sampling: Any

    def __call__(self, steps: int) -> float:
        return self.advance(steps)


def uniform_rows(rows: int, batch_size: int, generator: torch.Generator) -> Iterator[torch.Tensor]:
    """Endless batches of row numbers, uniform with replacement, on the generator's device."""
    while True:
        yield torch.randint(rows, (batch_size,), generator=generator, device=generator.device)


def optimisers_of(impl: Any) -> list[torch.optim.Optimizer]:
    """The torch optimisers behind d3rlpy's."""
    parts = vars(impl.modules).values()
    return [part.optim for part in parts if isinstance(part, d3rlpy().optimizers.optimizers.OptimizerWrapper)]


def loss_in(metrics: dict[str, float]) -> float:
    """The loss among what d3rlpy reports: its actor-critic calls it the critic's."""
    return metrics["loss"] if "loss" in metrics else metrics["critic_loss"]


def refuse_nan(loss: float, step: int) -> None:
    """Stop training whose loss is no longer a number, at or before this step."""
    if not math.isfinite(loss):
        raise InputError(
            f"The loss is {loss} at step {step}.",
            where="training",
            hint="Lower learning_rate, or bring rewards and observations to a smaller scale.",
        )
