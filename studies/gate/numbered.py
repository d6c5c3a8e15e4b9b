"""What the two families are written with."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

import numpy as np

from .settings import Setting

LARGE = 40_000
PLUS_MINUS = -0.5
"""Clicks coded -1 and +1 are, but for a factor, clicks with this offset."""


def unequal(users: int, mean: float, sigma: float) -> tuple[int, ...]:
    """Log-normal numbers of rows, the same in every log."""
    middle = (np.arange(users) + 0.5) / users
    # The logistic's quantiles stand in for the normal's.
    sizes = np.exp(sigma * np.log(middle / (1 - middle)) * 0.55)
    return tuple(np.maximum(1, np.round(sizes / sizes.mean() * mean)).astype(int).tolist())


def numbered(first: int) -> Callable[..., Setting]:
    seeds = count(first)
    return lambda name, **changes: Setting(name, next(seeds), **changes)
