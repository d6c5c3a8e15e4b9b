"""Cumulative importance weights, as products per episode."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

LARGEST_LOG = 345.0
"""Products beyond e^345 (1e150), or below its inverse, are kept as logarithms: a float cannot hold their squares."""


def cumulative_weights(
    ratios: np.ndarray, starts: np.ndarray, lengths: np.ndarray, logs: np.ndarray | None = None
) -> np.ndarray:
    """(n,) W_t = rho_0 ... rho_t within each episode; inf or 0 where a float cannot hold them.

    Products, never differences of one running log-sum over the log: those lose ten digits on long logs and turn into
    NaN after a zero ratio. An episode whose product leaves the range of a float at some step is computed in
    logarithms, since inf * 0 is NaN and a product that has become 0 stays 0.

    Args:
        ratios: (n,) rho_t.
        starts: (episodes,) first rows.
        lengths: (episodes,) numbers of rows.
        logs: `extreme_log_weights` of the same.
    """
    weights = ratios.copy()
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        if (lengths == lengths[0]).all():
            by_episode = weights.reshape(len(starts), -1)
            np.cumprod(by_episode, axis=1, out=by_episode)
        else:
            for rows in later_rows(starts, lengths):
                weights[rows] *= weights[rows - 1]
        if logs is not None:
            lost = np.repeat(np.logical_or.reduceat(is_extreme(logs), starts), lengths)
            weights[lost] = np.exp(logs[lost])
    return weights


def extreme_log_weights(ratios: np.ndarray, starts: np.ndarray, lengths: np.ndarray) -> np.ndarray | None:
    """(n,) log W_t, -inf after a zero ratio; None where every weight is 0 or lies within e^-345 ... e^345."""
    positive = ratios > 0
    smallest, largest = ratios.min(where=positive, initial=1.0), ratios.max(where=positive, initial=1.0)
    if lengths.max() * max(np.log(largest), -np.log(smallest)) <= LARGEST_LOG:
        return None
    with np.errstate(divide="ignore"):
        logs = np.log(ratios)
    for rows in later_rows(starts, lengths):
        logs[rows] += logs[rows - 1]
    return logs if is_extreme(logs).any() else None


def is_extreme(logs: np.ndarray) -> np.ndarray:
    """Whether log weights are out of range; that of a zero weight is not."""
    return np.isfinite(logs) & (np.abs(logs) > LARGEST_LOG)


def later_rows(starts: np.ndarray, lengths: np.ndarray) -> Iterator[np.ndarray]:
    """For t = 1, 2, …: the rows at step t, of all episodes that are that long."""
    order = np.argsort(-lengths, kind="stable")
    sorted_starts = starts[order]
    # ended[t]: episodes with fewer than t + 1 rows, so len - ended[t] have a row at step t.
    ended = np.cumsum(np.bincount(lengths))
    for t in range(1, int(lengths.max())):
        yield sorted_starts[: len(starts) - ended[t]] + t
