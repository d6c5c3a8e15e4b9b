"""The reference loop: d3rlpy's own `fit`."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import numpy as np
import torch

from ...errors import InputError
from ...mdp.dataset import TransitionDataset
from ...mdp.to_d3rlpy.quiet import d3rlpy
from ..d3rlpy_internals import loss_in, take_strides
from ..trainable import Trainable
from .loop import Loop, made_of_d3rlpy, refuse_nan

EPOCH = 10_000
"""Steps d3rlpy does at a time: it averages a whole epoch's losses every ten steps, which is quadratic in the epoch."""


def stock(
    algorithm: Trainable, data: TransitionDataset, batch_size: int, seed: int, device: str, *, n_steps: int = 1
) -> Loop:
    """d3rlpy's own `fit`, called so that no step is dropped (it trains whole epochs only).

    Its sampling draws from numpy's global generator; that is seeded for the loop and put back after every call.

    Args:
        algorithm, data, batch_size, seed, device, n_steps: as for every loop.

    Raises:
        InputError: an algorithm that does not go through d3rlpy.
    """
    trained = made_of_d3rlpy(algorithm, "stock")
    # Asked for before `to_d3rlpy`, so that the import is a silent one.
    logger = d3rlpy().logging.NoopAdapterFactory()
    sampling = NumpySampling(seed)
    with _as_global(np.random.RandomState(seed)):  # making the dataset draws numbers too
        buffer = data.to_d3rlpy()
    if n_steps > 1:
        take_strides(buffer, n_steps, trained.gamma or 0.0)
    if buffer.transition_count != len(data):
        raise InputError(f"d3rlpy sees {buffer.transition_count} transitions in {len(data)} rows.", where="stock loop")

    def advance(steps: int) -> list[float]:
        total = 0.0
        with _as_global(sampling.random):
            for epoch in _epochs(steps):
                fitted = trained.algo.fit(
                    buffer, n_steps=epoch, n_steps_per_epoch=epoch, logger_adapter=logger, show_progress=False
                )
                loss = loss_in(fitted[0][1])
                refuse_nan(loss, trained.grad_step)
                total += loss * epoch
        return [total / steps]

    return Loop(advance, trained.optimisers, [sampling])


class NumpySampling:
    """numpy's old generator, which d3rlpy draws from, with torch's way of telling its state."""

    def __init__(self, seed: int):
        self.random = np.random.RandomState(seed)

    def get_state(self) -> torch.Tensor:
        state = self.random.get_state(legacy=False)["state"]
        return torch.tensor([state["pos"], *state["key"].tolist()])

    def set_state(self, state: torch.Tensor) -> None:
        position, *keys = state.tolist()
        self.random.set_state(("MT19937", np.array(keys, dtype=np.uint32), position, 0, 0.0))


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
