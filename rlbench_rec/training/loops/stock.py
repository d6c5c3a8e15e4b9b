"""The reference loop: d3rlpy's own `fit`."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from ...errors import InputError
from ...mdp.dataset import TransitionDataset
from ...mdp.to_d3rlpy.quiet import d3rlpy
from .loop import Loop, loss_in, optimisers_of, refuse_nan

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


def _epochs(steps: int) -> list[int]:
    whole, rest = divmod(steps, EPOCH)
    return [EPOCH] * whole + [rest] * bool(rest)
