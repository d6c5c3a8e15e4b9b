"""Cumulative importance weights, as products per episode."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np


def cumulative_weights(ratios: np.ndarray, starts: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """(n,) W_t = rho_0 ... rho_t within each episode.

    Products, never differences of one running log-sum over the log: those lose ten digits on long logs and turn into
    NaN after a zero ratio.
    """
    weights = ratios.copy()
    # Products of long episodes may overflow; estimators that normalise go by logarithms then.
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        if (lengths == lengths[0]).all():
            return np.cumprod(ratios.reshape(len(starts), -1), axis=1).ravel()
        for rows in later_rows(starts, lengths):
            weights[rows] *= weights[rows - 1]
    return weights


def cumulative_log_weights(ratios: np.ndarray, starts: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """(n,) log W_t, for weights that a float cannot hold; -inf after a zero ratio."""
    with np.errstate(divide="ignore"):
        logs = np.log(ratios)
    for rows in later_rows(starts, lengths):
        logs[rows] += logs[rows - 1]
    return logs


def later_rows(starts: np.ndarray, lengths: np.ndarray) -> Iterator[np.ndarray]:
    """For t = 1, 2, …: the rows at step t, of all episodes that are that long."""
    order = np.argsort(-lengths, kind="stable")
    sorted_starts = starts[order]
    # ended[t]: episodes with fewer than t + 1 rows, so len - ended[t] have a row at step t.
    ended = np.cumsum(np.bincount(lengths))
    for t in range(1, int(lengths.max())):
        yield sorted_starts[: len(starts) - ended[t]] + t
