"""The lean loop with each of its steps replayed as one CUDA graph, in full precision or in bfloat16."""

from __future__ import annotations

from typing import Any

import torch

from .lean import lean
from .loop import Loop


def graph(*arguments: Any, **options: Any) -> Loop:
    """`lean`, each step replayed as one CUDA graph: the host launches it as a whole. On a CPU it is `lean`.

    Args:
        arguments, options: those of `lean`.

    Raises:
        InputError: an algorithm without a lean loss, or a step that cannot be recorded.
    """
    return lean(*arguments, **options, recorded=True)


def graph_bf16(*arguments: Any, **options: Any) -> Loop:
    """`graph`, its matrix products in bfloat16: 8 bits of mantissa, so that a score is right to 0.4 %.

    Weights, optimiser, targets and losses stay float32, and so do the networks once they are trained.

    Args:
        arguments, options: those of `lean`.

    Raises:
        InputError: as for `graph`.
    """
    return graph(*arguments, **options, precision=torch.bfloat16)
