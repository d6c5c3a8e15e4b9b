"""The lean loop with each of its steps replayed as one CUDA graph, in full precision or in bfloat16."""

from __future__ import annotations

import torch

from ...mdp.dataset import TransitionDataset
from ..trainable import Trainable
from .lean import lean
from .loop import Loop


def graph(
    algorithm: Trainable,
    data: TransitionDataset,
    batch_size: int,
    seed: int,
    device: str,
    *,
    n_steps: int = 1,
    precision: torch.dtype = torch.float32,
) -> Loop:
    """`lean`, each step replayed as one CUDA graph: the host launches it as a whole. On a CPU it is `lean`.

    Args:
        algorithm, data, batch_size, seed, device, n_steps: as for every loop.
        precision: of the networks' matrix products.

    Raises:
        InputError: an algorithm without a lean loss, or a step that cannot be recorded.
    """
    return lean(algorithm, data, batch_size, seed, device, n_steps=n_steps, recorded=True, precision=precision)


def graph_bf16(
    algorithm: Trainable, data: TransitionDataset, batch_size: int, seed: int, device: str, *, n_steps: int = 1
) -> Loop:
    """`graph`, its matrix products in bfloat16: 8 bits of mantissa, so that a score is right to 0.4 %.

    Weights, optimiser, targets and losses stay float32, and so do the networks once they are trained.

    Args:
        algorithm, data, batch_size, seed, device, n_steps: as for every loop.

    Raises:
        InputError: as for `graph`.
    """
    return graph(algorithm, data, batch_size, seed, device, n_steps=n_steps, precision=torch.bfloat16)
