"""Pseudo-inverse weights of whole slates whose positions are not drawn independently. Swaminathan et al. 2017."""

from __future__ import annotations

import numpy as np

from ...bad_rows import refuse_rows
from ...errors import InputError
from ...tolerances import PROBABILITY_SUM
from ..data.policy_matrices import check_distributions

CHUNK_CELLS = 4_000_000
RANK_TOLERANCE = 1e-9
"""Relative; pair marginals are singular by nature, since each position's items sum to 1."""


def slate_weights(slates: np.ndarray, target_marginals: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """(N,) weights q' G^+ 1_s of logged slates s, for the `slate_weights` of an EvaluationLog.

    1_s holds a 1 for each (position, item) of the slate, G = E_b[1_s 1_s'], q = E_e[1_s]. The mean weight is 1 where
    the target policy's slates lie in the span of the logged ones. Where the behaviour policy fills positions
    independently, the weight is 1 + sum_k (ratio of marginals at k - 1), which `pseudo-inverse` computes by itself.

    Args:
        slates: (N, K) items, integers in [0, m).
        target_marginals: (K, m) or (N, K, m) the target policy's probability of an item at a position.
        pairs: (K, m, K, m) or (N, K, m, K, m) the behaviour policy's probability of one item at one position and
            another at another; see `pair_marginals`.

    Raises:
        InputError: shapes that do not fit, an item out of range, with its slate, or a position whose probabilities do
            not sum to 1 (rows are positions, slate after slate).
    """
    slates, target, pairs = np.asarray(slates), np.asarray(target_marginals, float), np.asarray(pairs, float)
    if target.ndim not in (2, 3):
        raise InputError(f"Shape {target.shape}; (positions, items) is needed.", where="target_marginals")
    positions, items = target.shape[-2:]
    slates = _checked_slates(slates, items)
    n, cells = len(slates), positions * items
    for name, array, shape in (
        ("slates", slates, (n, positions)),
        ("target_marginals", target, (n, positions, items)),
        ("pairs", pairs, (n, positions, items, positions, items)),
    ):
        if array.shape not in (shape, shape[1:]):
            raise InputError(f"Shape {array.shape}; {shape} is needed.", where=name)
    check_distributions("target_marginals", target.reshape(-1, items), 0)
    at = np.arange(positions) * items + slates
    size = n if pairs.ndim == 4 else max(1, CHUNK_CELLS // cells**2)
    weights = np.empty(n)
    for first in range(0, n, size):
        part = slice(first, first + size)
        moments = pairs if pairs.ndim == 4 else pairs[part]
        inverse = np.linalg.pinv(moments.reshape(*moments.shape[:-4], cells, cells), RANK_TOLERANCE, hermitian=True)
        q = (target if target.ndim == 2 else target[part]).reshape(-1, cells)
        spread = (q[:, None, :] @ inverse)[:, 0]
        weights[part] = np.take_along_axis(np.broadcast_to(spread, (len(at[part]), cells)), at[part], 1).sum(axis=1)
    return weights


def pair_marginals(slates: np.ndarray, item_count: int, probabilities: np.ndarray | None = None) -> np.ndarray:
    """(K, m, K, m) the chance of item a at position j together with item b at position k.

    Args:
        slates: (S, K) all slates that a behaviour policy draws, or a sample of its slates.
        item_count: m.
        probabilities: (S,) of the slates; None: all alike, as in a sample.

    Raises:
        InputError: an item out of range, or probabilities that do not sum to 1.
    """
    slates = _checked_slates(np.asarray(slates), item_count)
    count, positions = slates.shape
    chances = np.full(count, 1.0 / count) if probabilities is None else np.asarray(probabilities, dtype=np.float64)
    if chances.shape != (count,) or (chances < 0).any() or not abs(chances.sum() - 1.0) <= PROBABILITY_SUM:
        raise InputError(f"{count} probabilities that sum to 1 are needed.", where="probabilities")
    cells = positions * item_count
    at = np.arange(positions) * item_count + slates
    pairs = (at[:, :, None] * cells + at[:, None, :]).reshape(count, -1)
    sums = np.bincount(pairs.ravel(), np.repeat(chances, positions**2), cells**2)
    return sums.reshape(positions, item_count, positions, item_count)


def _checked_slates(slates: np.ndarray, item_count: int) -> np.ndarray:
    if slates.ndim != 2 or len(slates) == 0 or not np.issubdtype(slates.dtype, np.integer):
        raise InputError(f"Shape {slates.shape}; (slates, positions) of integers is needed.", where="slates")
    what = f"holds an item outside 0..{item_count - 1}."
    outside = (slates < 0) | (slates >= item_count)
    refuse_rows(
        np.logical_or.reduce(outside, axis=1), lambda slate, _: InputError(f"Slate {slate} {what}", where="slates")
    )
    return slates
