"""What a training loop is, and what all of them share."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch

from ...errors import InputError
from ...mdp.dataset import TransitionDataset
from ..d3rlpy_algorithm import D3rlpyAlgorithm
from ..objective import Objective
from ..trainable import Trainable

ADAM = (torch.optim.Adam, torch.optim.AdamW)
"""What the loops of our own make again, for their own weights; in older versions of torch two classes."""


class Sampling(Protocol):
    """What rows are drawn from; a `torch.Generator` is one."""

    def get_state(self) -> torch.Tensor:
        """Where it is."""

    def set_state(self, state: torch.Tensor) -> object:
        """Go on from there."""


@dataclass(frozen=True)
class Loop:
    """Trains one algorithm, or the members of an ensemble.

    Attributes:
        advance: trains for so many further steps and returns the mean loss over them, one for each member.
        optimisers: what it steps.
        sampling: what each member's rows are drawn from.
    """

    advance: Callable[[int], list[float]]
    optimisers: Sequence[torch.optim.Optimizer]
    sampling: Sequence[Sampling]

    def __call__(self, steps: int) -> list[float]:
        return self.advance(steps)


class LoopMaker(Protocol):
    """What a name in `LOOPS` stands for."""

    def __call__(
        self,
        algorithm: Trainable,
        data: TransitionDataset,
        batch_size: int,
        seed: int,
        device: str,
        *,
        n_steps: int = 1,
    ) -> Loop:
        """The loop that trains this algorithm, in place.

        Args:
            algorithm: with its networks made.
            data: what it is trained on.
            batch_size: rows per step.
            seed: of sampling.
            device: where the networks are.
            n_steps: rewards that a transition adds up before it looks at the next state.

        Raises:
            InputError: an algorithm that this loop cannot train.
        """


def made_of_d3rlpy(algorithm: Trainable, loop: str) -> D3rlpyAlgorithm:
    """The algorithm, if it is d3rlpy's.

    Raises:
        InputError: it is not.
    """
    if not isinstance(algorithm, D3rlpyAlgorithm):
        name = type(algorithm).__name__
        what = f"The {loop} loop has no loss for {name}, which does not go through d3rlpy."
        raise InputError(what, where="loop", hint="Use tensor.")
    return algorithm


def objective_of(algorithm: Trainable, loop: str) -> Objective:
    """What the loop minimises.

    Raises:
        InputError: the algorithm gives no objective, or its optimiser is not one Adam.
    """
    if algorithm.objective is None:
        raise InputError(f"The {loop} loop has no loss for {algorithm.name}.", where="loop", hint="Use tensor.")
    if len(algorithm.optimisers) != 1 or not isinstance(algorithm.optimisers[0], ADAM):
        raise InputError(
            f"The {loop} loop steps one Adam, and {algorithm.name} has another optimiser.",
            where="loop",
            hint="Use tensor.",
        )
    return algorithm.objective


def uniform_rows(rows: int, batch_size: int, generator: torch.Generator) -> Iterator[torch.Tensor]:
    """Endless batches of row numbers, uniform with replacement, on the generator's device."""
    while True:
        yield torch.randint(rows, (batch_size,), generator=generator, device=generator.device)


def refuse_nan(loss: float, step: int) -> None:
    """Stop training whose loss is no longer a number, at or before this step."""
    if not math.isfinite(loss):
        raise InputError(
            f"The loss is {loss} at step {step}.",
            where="training",
            hint="Lower learning_rate, or bring rewards and observations to a smaller scale.",
        )
