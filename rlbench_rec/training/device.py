"""Which device to compute on, and reproducible random numbers on it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import torch

from ..errors import InputError


def resolve(device: str) -> str:
    """`auto`, `cpu`, `cuda` or `cuda:<n>` -> `cpu` or `cuda:<n>`; `auto` takes CUDA where there is one.

    Raises:
        InputError: CUDA is asked for and absent, or the name is none of these.
    """
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if device == "auto":
        return "cuda:0" if count else "cpu"
    if device == "cpu":
        return "cpu"
    kind, _, number = device.partition(":")
    if kind != "cuda" or not (number or "0").isdigit():
        raise InputError(f"Unknown device '{device}'.", where="device", hint="Use auto, cpu, cuda or cuda:<number>.")
    if int(number or 0) >= count:
        raise InputError(
            f"'{device}' is asked for, but torch sees {count} CUDA devices.", where="device", hint="Use auto."
        )
    return f"cuda:{number or 0}"


@contextlib.contextmanager
def seeded(seed: int, device: str) -> Iterator[None]:
    """Seed torch's global generators inside the block and put their state back after it."""
    with torch.random.fork_rng(devices=[device] if device != "cpu" else []):
        torch.manual_seed(seed)
        yield
