"""The lean loop with each of its steps replayed as one CUDA graph."""

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
    """`lean`, where the host launches a step as a whole instead of each of its kernels. On a CPU it is `lean`.

    Args:
        algo, data, batch_size, seed, device: as for every loop.
        rows, n_steps, fused: as for `lean`.

    Raises:
        InputError: an algorithm without a lean loss, or a step that cannot be recorded.
    """
    return lean(algo, data, batch_size, seed, device, rows, n_steps, fused, recorded=True)
