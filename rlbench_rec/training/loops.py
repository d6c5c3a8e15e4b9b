"""Training loops. Each takes d3rlpy's algorithm with its networks made and returns a `Loop`.

`stock` is the reference; `tensor` feeds the same updates from tensors on the device.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from ..errors import InputError
from ..mdp.dataset import TransitionDataset
from ..mdp.quiet import d3rlpy
from .transitions import Transitions


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
    sampling: torch.Generator | NumpySampling

    def __call__(self, steps: int) -> float:
        return self.advance(steps)


class NumpySampling:
    """numpy's old generator, which d3rlpy draws from, with torch's way of telling its state."""

    def __init__(self, seed: int):
        self.random = np.random.RandomState(seed)

    def get_state(self) -> torch.Tensor:
        _, keys, position, _, _ = self.random.get_state()
        return torch.tensor([position, *keys.tolist()])

    def set_state(self, state: torch.Tensor) -> None:
        position, *keys = state.tolist()
        self.random.set_state(("MT19937", np.array(keys, dtype=np.uint32), position))


EPOCH = 10_000
"""Steps d3rlpy does at a time: it averages a whole epoch's losses every ten steps, which is quadratic in the epoch."""


def stock(algo: Any, data: TransitionDataset, batch_size: int, seed: int, device: str, n_steps: int = 1) -> Loop:
    """d3rlpy's own `fit`, called so that no step is dropped (it trains whole epochs only).

    Its sampling draws from numpy's global generator; that is seeded for the loop and put back after every call.
    """
    # Asked for before `to_d3rlpy`, so that the import is a silent one.
    logger = d3rlpy().logging.NoopAdapterFactory()
    sampling = NumpySampling(seed)
    with _as_global(np.random.RandomState(seed)):  # making the dataset draws numbers too
        buffer = data.to_d3rlpy()
    if n_steps > 1:
        pickers = d3rlpy().dataset.transition_pickers
        buffer._transition_picker = pickers.MultiStepTransitionPicker(n_steps, algo.config.gamma)
    if buffer.transition_count != len(data):
        raise InputError(f"d3rlpy sees {buffer.transition_count} transitions in {len(data)} rows.", where="stock loop")

    def advance(steps: int) -> float:
        total = 0.0
        with _as_global(sampling.random):
            for epoch in _epochs(steps):
                fitted = algo.fit(
                    buffer, n_steps=epoch, n_steps_per_epoch=epoch, logger_adapter=logger, show_progress=False
                )
                loss = loss_in(fitted[0][1])
                refuse_nan(loss, algo.grad_step)
                total += loss * epoch
        return total / steps

    return Loop(advance, optimisers_of(algo.impl), sampling)


@contextlib.contextmanager
def _as_global(random: np.random.RandomState) -> Iterator[None]:
    """Let numpy's global generator continue `random` inside the block; what it was outside comes back after it."""
    outside = np.random.get_state()  # noqa: NPY002
    np.random.set_state(random.get_state())  # noqa: NPY002
    try:
        yield
    finally:
        random.set_state(np.random.get_state())  # noqa: NPY002
        np.random.set_state(outside)  # noqa: NPY002


def tensor(
    algo: Any,
    data: TransitionDataset,
    batch_size: int,
    seed: int,
    device: str,
    rows: Iterator[torch.Tensor] | None = None,
    n_steps: int = 1,
) -> Loop:
    """d3rlpy's own `impl.update`, unchanged, on batches gathered from tensors that stay on the device.

    Losses and weights are bit for bit those of `stock` when both see the same rows.

    Args:
        algo, data, batch_size, seed, device: as for every loop.
        rows: (batch_size,) int64 row numbers for each step; None draws them uniformly, with replacement.
        n_steps: rewards that a transition adds up before it looks at the next state.
    """
    transitions = Transitions(data, device, n_steps, getattr(algo.config, "gamma", 1.0))
    generator = torch.Generator(device).manual_seed(seed)
    batches = rows if rows is not None else uniform_rows(len(data), batch_size, generator)

    def advance(steps: int) -> float:
        total = 0.0
        for _ in range(steps):
            loss = loss_in(algo.impl.update(transitions.minibatch(next(batches)), algo.grad_step))
            algo.set_grad_step(algo.grad_step + 1)
            refuse_nan(loss, algo.grad_step)
            total += loss
        return total / steps

    return Loop(advance, optimisers_of(algo.impl), generator)


def uniform_rows(rows: int, batch_size: int, generator: torch.Generator) -> Iterator[torch.Tensor]:
    """Endless batches of row numbers, uniform with replacement, on the generator's device."""
    while True:
        yield torch.randint(rows, (batch_size,), generator=generator, device=generator.device)


def optimisers_of(impl: Any) -> list[torch.optim.Optimizer]:
    """The torch optimisers behind d3rlpy's."""
    parts = vars(impl.modules).values()
    return [part.optim for part in parts if isinstance(part, d3rlpy().optimizers.optimizers.OptimizerWrapper)]


def _epochs(steps: int) -> list[int]:
    whole, rest = divmod(steps, EPOCH)
    return [EPOCH] * whole + [rest] * bool(rest)


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
