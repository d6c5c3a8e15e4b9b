"""The default loop: d3rlpy's updates, fed from tensors on the device."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch

from ...mdp.dataset import TransitionDataset
from ..transitions import Transitions
from .loop import Loop, loss_in, optimisers_of, refuse_nan, uniform_rows


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
