"""Joint bootstrap of several estimators: one set of resampled episodes (or users) serves them all.

Ratios are resampled whole: numerator and denominator come from the same resample, so a self-normalised estimator of
constant rewards is that constant in every resample. (Freezing the denominator, as some libraries do, gives an interval
of positive width there.)

What is drawn depends on the number of units and the seed alone, and each table is multiplied by itself: an estimator
has the same draws, to the last bit, whatever else is resampled beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce
from typing import Any

import numpy as np

EXACT_UNITS = 50_000
"""Up to here every unit is resampled; beyond, groups of them are."""
GROUPS = 20_000
CHUNK_CELLS, DRAWN_CELLS = 200_000, 100_000
"""Counts that are multiplied, and drawn, at a time: what stays in a processor's cache costs half as much."""


def resampled_means(
    tables: Sequence[Any],
    clusters: np.ndarray | None,
    n_resamples: int,
    seed: int,
    *,
    strata: np.ndarray | None = None,
    weights: np.ndarray | None = None,
) -> list[np.ndarray]:
    """Means over episodes of the columns of several tables, in the same resamples of episodes or of clusters.

    Beyond 50,000 units, 20,000 groups are resampled, to which units are assigned at random: the variance of a mean of n
    units is then known from 20,000 sums, to a relative error of sqrt(2 / 20,000), 1 %.

    Args:
        tables: (episodes, K) arrays or scipy.sparse matrices.
        clusters: (episodes,) codes 0..C-1; None resamples episodes.
        n_resamples: B.
        seed: of the resamples.
        strata: (episodes,) codes of parts within which is drawn, as many units as each has; None: one part.
        weights: (episodes,) with which each episode counts; None: all alike.

    Returns:
        For each table: (B, K) means. With clusters or weights the divisor is the resampled number, or weight, of
        episodes, not the original one.
    """
    rng = np.random.default_rng(seed)
    units = [by_unit(table, clusters, weights) for table in tables]
    alike = clusters is None and weights is None
    if not alike:
        units.append(unit_sizes(units[0].shape[0], clusters, weights)[:, None])
    members = None if strata is None else parts_of(unit_strata(clusters, strata))
    sums = _resampled_within(units, members, n_resamples, rng)
    if alike:
        return [table / units[0].shape[0] for table in sums]
    return [table / sums[-1] for table in sums[:-1]]


def unit_strata(clusters: np.ndarray | None, strata: np.ndarray) -> np.ndarray:
    """(units,) the stratum of each episode, or of each cluster, whose episodes all lie in one."""
    return strata if clusters is None else strata[np.unique(clusters, return_index=True)[1]]


def parts_of(codes: np.ndarray) -> list[np.ndarray]:
    """For each code 0, 1, …: where it stands."""
    return np.split(np.argsort(codes, kind="stable"), np.cumsum(np.bincount(codes))[:-1])


def side_by_side(matrices: list[Any]) -> Any:
    """One matrix of several with the same rows; sparse if any of them is."""
    if len(matrices) == 1:
        return matrices[0]
    if all(isinstance(matrix, np.ndarray) for matrix in matrices):
        return np.concatenate(matrices, axis=1)
    from scipy import sparse

    return sparse.hstack([sparse.csr_array(matrix) for matrix in matrices], format="csr")


def by_unit(table: Any, codes: np.ndarray | None, weights: np.ndarray | None = None) -> Any:
    """(units, K) sums of the columns of an (episodes, K) table per code 0, 1, …, each episode counting with its weight;
    None: every episode is a unit, all count alike."""
    dense = isinstance(table, np.ndarray)
    if weights is not None:
        table = weights[:, None] * table if dense else table.multiply(weights[:, None]).tocsr()
    if codes is None:
        return table
    if dense:
        return np.stack([np.bincount(codes, column) for column in table.T], axis=1)
    from scipy import sparse

    shape = (int(codes.max()) + 1, len(codes))
    grouping = sparse.csr_array((np.ones(len(codes)), (codes, np.arange(len(codes)))), shape=shape)
    return (grouping @ table).tocsr()


def unit_sizes(units: int, clusters: np.ndarray | None, weights: np.ndarray | None) -> np.ndarray:
    """(units,) how many episodes each has, or their weight."""
    if clusters is None:
        return np.ones(units) if weights is None else weights
    return np.bincount(clusters, weights).astype(np.float64)


def resampled_counts(n: int, n_resamples: int, seed: int) -> Iterator[np.ndarray]:
    """In chunks of resamples: (chunk, n) how often each of n units is drawn; up to `EXACT_UNITS` of them, the resamples
    of `resampled_means`."""
    yield from _counts(n, n_resamples, np.random.default_rng(seed))


def _resampled_within(
    units: list[Any], members: list[np.ndarray] | None, n_resamples: int, rng: np.random.Generator
) -> list[np.ndarray]:
    """For each table: (B, K) sums, drawn from each set of members by itself, or from all."""
    if members is None:
        return _resampled_sums(units, n_resamples, rng)
    of_members = [_resampled_sums([table[rows] for table in units], n_resamples, rng) for rows in members]
    return [reduce(np.add, of_table) for of_table in zip(*of_members, strict=True)]


def _resampled_sums(units: list[Any], n_resamples: int, rng: np.random.Generator) -> list[np.ndarray]:
    """For each table: (B, K) sums over n units drawn with replacement from n.

    What is summed are distances from the columns' means: sums whose terms cancel round less, by the square root of n.
    """
    n, centres = units[0].shape[0], [_centre(table) for table in units]
    apart = (table if centre is None else table - centre for table, centre in zip(units, centres, strict=True))
    if n <= EXACT_UNITS:
        sums = _sums(list(apart), n, n_resamples, rng)
    else:
        groups = rng.permutation(n) % GROUPS
        sizes = np.bincount(groups).astype(np.float64)[:, None]
        *sums, drawn = _sums([*(by_unit(table, groups) for table in apart), sizes], GROUPS, n_resamples, rng)
        # Groups differ in size by one, but n units are drawn.
        sums = [table * (n / drawn) for table in sums]
    return [table if centre is None else table + n * centre for table, centre in zip(sums, centres, strict=True)]


def _centre(table: Any) -> np.ndarray | None:
    """(K,) means of an array's columns, 0 where they are not finite; None for a sparse matrix."""
    if not isinstance(table, np.ndarray):
        return None
    means = table.mean(axis=0)
    return np.where(np.isfinite(means), means, 0.0)


def _sums(units: list[Any], n: int, n_resamples: int, rng: np.random.Generator) -> list[np.ndarray]:
    chunks = [[counts @ table for table in units] for counts in _counts(n, n_resamples, rng)]
    return [np.concatenate(of_table) for of_table in zip(*chunks, strict=True)]


def _counts(n: int, n_resamples: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    chunk, at_once = max(1, CHUNK_CELLS // n), max(1, DRAWN_CELLS // n)
    for first in range(0, n_resamples, chunk):
        counts = np.empty((min(chunk, n_resamples - first), n))
        for row in range(0, len(counts), at_once):
            some = counts[row : row + at_once]
            drawn = rng.integers(0, n, some.shape)
            # Each resample counts in cells of its own.
            drawn += np.arange(0, some.size, n)[:, None]
            some[:] = np.bincount(drawn.ravel(), minlength=some.size).reshape(some.shape)
        yield counts
