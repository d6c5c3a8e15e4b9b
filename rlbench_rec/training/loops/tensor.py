"""The default loop: an algorithm's own updates, fed from tensors on the device."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from ...mdp.dataset import TransitionDataset
from ..trainable import Trainable
from ..transitions import Transitions
from .loop import Loop, refuse_nan, uniform_rows


def tensor(
    algorithm: Trainable,
    data: TransitionDataset,
    batch_size: int,
    seed: int,
    device: str,
    *,
    rows: Iterator[torch.Tensor] | None = None,
    n_steps: int = 1,
) -> Loop:
    """Train any algorithm by its own `step`, on batches gathered from tensors that stay on the device.

    For d3rlpy's that is its `impl.update`, unchanged: losses and weights are bit for bit those of `stock` when both see
    the same rows.

    Args:
        algorithm, data, batch_size, seed, device, n_steps: as for every loop.
        rows: (batch_size,) int64 row numbers for each step; None draws them uniformly, with replacement.
    """
    transitions = Transitions(data, device, n_steps, algorithm.gamma or 0.0)
    generator = torch.Generator(device).manual_seed(seed)
    batches = rows if rows is not None else uniform_rows(len(data), batch_size, generator)

    def advance(steps: int) -> list[float]:
        total = 0.0
        for _ in range(steps):
            loss = algorithm.step(transitions, next(batches))
            refuse_nan(loss, algorithm.grad_step)
            total += loss
        return [total / steps]

    return Loop(advance, algorithm.optimisers, [generator])
