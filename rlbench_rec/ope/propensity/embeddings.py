"""A softmax over item embeddings, for action sets too large for a weight per action."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ...errors import InputError
from .training_data import TrainingData

STEPS, BATCH, RATE, PENALTY = 800, 256, 0.03, 1e-4


def fit_embeddings(data: TrainingData, seed: int) -> Callable[[np.ndarray], np.ndarray]:
    """log p(a|x) = s log popularity(a) + x' W e_a - log of the sum over actions, e_a the item's embedding.

    W has features x dimensions entries, however many actions there are, so items that are rarely logged borrow from
    similar items. Popularity is Laplace-smoothed; s starts at 1 and W at 0, hence fitting starts from
    the popularity baseline. The likelihood is concave; 800 steps of Adam on batches of 256, the full softmax in each.

    Args:
        data: batches are drawn by its weights.
        seed: of the batches.

    Raises:
        InputError: there are no embeddings.
    """
    if data.embeddings is None:
        raise InputError("The model 'embeddings' needs (actions, dimensions) embeddings.", where="embeddings")
    features, actions, row_weights, action_count = data.features, data.actions, data.weights, data.action_count
    center, scale = features.mean(axis=0), features.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    spread = np.sqrt((data.embeddings**2).sum(axis=1).mean())
    items = data.embeddings / (spread if spread > 0 else 1.0)
    counts = np.bincount(actions, row_weights, action_count).astype(np.float64)
    popularity = np.log(counts + 1.0) - np.log(counts.sum() + action_count)

    def inputs(rows: np.ndarray) -> np.ndarray:
        return np.column_stack([np.ones(len(rows)), (rows - center) / scale])

    width = (features.shape[1] + 1, items.shape[1])
    # Fitting is half as long in single precision, and its noise is far larger than the rounding.
    light = (items.astype(np.float32), popularity.astype(np.float32))

    def gradient(parameters: np.ndarray, rows: np.ndarray) -> np.ndarray:
        strength, weights = np.float32(parameters[0]), parameters[1:].reshape(width)
        x = inputs(features[rows]).astype(np.float32)
        errors = np.exp(_log_softmax(x @ weights.astype(np.float32) @ light[0].T + strength * light[1]))
        errors[np.arange(len(rows)), actions[rows]] -= 1.0
        of_weights = x.T @ (errors @ light[0]) / len(rows) + PENALTY * weights
        return np.concatenate([[(errors @ light[1]).mean()], of_weights.ravel()])

    start = np.zeros(1 + width[0] * width[1])
    start[0] = 1.0
    parameters = _adam(start, gradient, len(features), row_weights, seed)
    weights = parameters[1:].reshape(width)
    return lambda rows: _log_softmax(inputs(rows) @ weights @ items.T + parameters[0] * popularity)


def _log_softmax(scores: np.ndarray) -> np.ndarray:
    """(m, A) scores -> log probabilities."""
    scores -= scores.max(axis=1, keepdims=True)
    return scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))


def _adam(
    start: np.ndarray,
    gradient: Callable[[np.ndarray, np.ndarray], np.ndarray],
    n: int,
    row_weights: np.ndarray | None,
    seed: int,
) -> np.ndarray:
    """The mean of the second half of the steps, which a constant rate leaves scattered about the best point."""
    rng, size = np.random.default_rng(seed), min(BATCH, n)
    up_to = None if row_weights is None else np.cumsum(row_weights)
    now, mean, square, kept = start.copy(), np.zeros_like(start), np.zeros_like(start), np.zeros_like(start)
    for step in range(1, STEPS + 1):
        rows = rng.integers(0, n, size) if up_to is None else np.searchsorted(up_to, up_to[-1] * rng.random(size))
        slope = gradient(now, rows)
        mean += 0.1 * (slope - mean)
        square += 0.001 * (slope**2 - square)
        now -= RATE * mean / (1 - 0.9**step) / (np.sqrt(square / (1 - 0.999**step)) + 1e-12)
        kept += now if step > STEPS // 2 else 0.0
    return kept / (STEPS - STEPS // 2)
