"""Groups of items that the same sessions look at: what a user of the simulated shop can be after."""

from __future__ import annotations

import warnings

import numpy as np

from ...errors import InputError
from .visits import Visits

WINDOW = 5
"""Clicks this far apart count as together."""
DIMENSIONS = 16


def embedding(visits: Visits) -> np.ndarray:
    """(item_count, d) vectors of the known items, close where items occur together; of length 1, or 0.

    The singular vectors of the positive pointwise mutual information of two items being clicked within five clicks of
    one session, as Levy and Goldberg (2014) have it for words.

    Raises:
        InputError: no two known items occur together.
    """
    together = np.zeros((visits.item_count, visits.item_count))
    for lag in range(1, WINDOW + 1):
        first, second = visits.pairs(lag)
        np.add.at(together, (first, second), 1.0)
    together += together.T
    np.fill_diagonal(together, 0.0)
    if not together.any():
        raise InputError("No two items are clicked in one session.", where="log")
    expected = np.outer(together.sum(axis=1), together.sum(axis=0)) / together.sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        information = np.where(together > 0, np.log(together / expected), 0.0).clip(0.0)
    left, sizes, _ = np.linalg.svd(information, hermitian=True)
    vectors = (left * np.sqrt(sizes))[:, :DIMENSIONS]
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.divide(vectors, length, out=np.zeros_like(vectors), where=length > 1e-9)


def groups_of(visits: Visits, count: int, seed: int = 0) -> np.ndarray:
    """(item_count,) int64 group of each known item, by k-means of the embedding; groups are numbered by their clicks.

    Raises:
        InputError: as `embedding`.
    """
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning

    vectors = embedding(visits)
    with warnings.catch_warnings():
        # Fewer distinct vectors than groups: some groups stay empty, which the next lines put right.
        warnings.simplefilter("ignore", ConvergenceWarning)
        labels = KMeans(count, n_init=10, random_state=seed).fit_predict(vectors)
    clicks = np.bincount(labels, weights=visits.shares, minlength=count)
    order = np.empty(count, dtype=np.int64)
    order[np.argsort(-clicks, kind="stable")] = np.arange(count)
    return order[labels]
