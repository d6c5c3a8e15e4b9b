"""The lean loop with each of its steps replayed as one CUDA graph, in full precision or in bfloat16."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch

from ...mdp.dataset import TransitionDataset
from .lean import lean
from .loop import Loop


def graph(
    algo: Any,
    data: TransitionDataset,
    batch_size: int,
    seed: int,
    device: str,
    rows: Iterator[torch.Tensor] | None = None,
    n_steps: int = 1,
    fused: bool = True,
) -> Loop:
    """`lean`, each step replayed as one CUDA graph: the host launches it as a whole. On a CPU it is `lean`.

    Args:
        algo, data, batch_size, seed, device: as for every loop.
        rows, n_steps, fused: as for `lean`.

    Raises:
        InputError: an algorithm without a lean loss, or a step that cannot be recorded.
    """
    return lean(algo, data, batch_size, seed, device, rows, n_steps, fused, recorded=True)


def graph_bf16(
    algo: Any,
    data: TransitionDataset,
    batch_size: int,
    seed: int,
    device: str,
    rows: Iterator[torch.Tensor] | None = None,
    n_steps: int = 1,
    fused: bool = True,
) -> Loop:
    """`graph`, its matrix products in bfloat16: 8 bits of mantissa, so that a score is right to 0.4 %.

    Weights, optimiser, targets and losses stay float32, and so do the networks once they are trained.

    Args:
        algo, data, batch_size, seed, device: as for every loop.
        rows, n_steps, fused: as for `lean`.

    Raises:
        InputError: as for `graph`.
    """
    return lean(algo, data, batch_size, seed, device, rows, n_steps, fused, recorded=True, precision=torch.bfloat16)
