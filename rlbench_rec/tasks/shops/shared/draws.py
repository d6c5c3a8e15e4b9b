"""Small draws and links that the shops share."""

from __future__ import annotations

import numpy as np


def sigmoid(logits: np.ndarray) -> np.ndarray:
    """The logistic function 1 / (1 + exp(-x))."""
    with np.errstate(over="ignore"):  # exp becomes infinite, and the answer a right 0
        return 1.0 / (1.0 + np.exp(-logits))


def draw_category(uniforms: np.ndarray, categories: int) -> np.ndarray:
    """Uniform numbers -> int64 categories, all equally likely."""
    # A float32 quotient can round up to 1, which would be one category too many.
    return np.minimum((uniforms * categories).astype(np.int64), categories - 1)


def draw_group(uniforms: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Uniform numbers -> int64 groups of users, each as often as its share."""
    return (uniforms[:, None] > np.cumsum(shares)[:-1]).sum(axis=1)


def log_logistic(uniforms: np.ndarray, median: np.ndarray | float, spread: float) -> np.ndarray:
    """Uniform numbers -> positive numbers of a given median whose log is logistic with standard deviation `spread`."""
    inside = np.clip(uniforms, 1e-6, 1.0 - 1e-6)
    return median * np.exp(spread * np.sqrt(3.0) / np.pi * np.log(inside / (1.0 - inside)))


def log_logistic_above(values: np.ndarray, median: np.ndarray | float, spread: float) -> np.ndarray:
    """P(X >= x) of the numbers that `log_logistic` draws; 1 at x = 0."""
    return 1.0 / (1.0 + (values / median) ** (np.pi / (spread * np.sqrt(3.0))))


def standardised(values: np.ndarray) -> np.ndarray:
    """Shifted and scaled to mean 0 and standard deviation 1; equal values become zeros."""
    centred = values - values.mean()
    return centred / (centred.std() or 1.0)


def standardised_ranks(rng: np.random.Generator, items: int) -> np.ndarray:
    """(items,) evenly spread numbers of mean 0 and standard deviation 1, in random order.

    Evenly spread, so that every shop has the same traits and no single item draws everything.
    """
    return standardised(rng.permutation(items).astype(np.float64))
