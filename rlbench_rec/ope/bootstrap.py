"""Joint bootstrap of several estimators: one set of resampled episodes (or users) serves them all.

Ratios are resampled whole: numerator and denominator come from the same resample, so a self-normalised estimator of
constant rewards is that constant in every resample. (Freezing the denominator, as some libraries do, gives an interval
of positive width there.)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

EXACT_UNITS = 50_000
"""Up to here every unit is resampled; beyond, the heavy ones are and the rest is Gaussian."""
HEAVY_UNITS = 20_000
WIDEST_GAUSSIAN = 512
"""Columns beyond which the covariance of the rest would cost more than resampling it."""
CHUNK_CELLS = 400_000
"""Of counts at a time: what stays in a processor's cache is drawn twice as fast."""
CHUNK_ROWS = 65_536


def resampled_means(
    columns: Any, clusters: np.ndarray | None, n_resamples: int, seed: int, strata: np.ndarray | None = None
) -> np.ndarray:
    """Means over episodes of the columns, in resamples of episodes or of clusters.

    Args:
        columns: (episodes, K) array or scipy.sparse matrix.
        clusters: (episodes,) codes 0..C-1; None resamples episodes.
        n_resamples: B.
        seed: of the resamples.
        strata: (episodes,) codes of parts within which is drawn, as many units as each has; None: one part.

    Returns:
        (B, K) means. With clusters the divisor is the resampled number of episodes, not the original one.
    """
    rng = np.random.default_rng(seed)
    sums, sizes = by_unit(columns, clusters)
    members = None if strata is None else parts_of(unit_strata(clusters, strata))
    if clusters is None:
        return _resampled_within(sums, members, n_resamples, rng) / len(sizes)
    if isinstance(sums, np.ndarray):
        sums = np.concatenate([sums, sizes[:, None]], axis=1)
    else:
        from scipy import sparse

        sums = sparse.hstack([sums, sizes[:, None]], format="csr")
    totals = _resampled_within(sums, members, n_resamples, rng)
    return totals[:, :-1] / totals[:, -1:]


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


def by_unit(columns: Any, clusters: np.ndarray | None) -> tuple[Any, np.ndarray]:
    """(units, K) sums of the columns per unit, and (units,) episodes per unit."""
    if clusters is None:
        return columns, np.ones(columns.shape[0])
    sizes = np.bincount(clusters).astype(np.float64)
    if isinstance(columns, np.ndarray):
        sums = np.stack([np.bincount(clusters, column, minlength=len(sizes)) for column in columns.T], axis=1)
        return sums, sizes
    from scipy import sparse

    ones = np.ones(len(clusters))
    grouping = sparse.csr_array((ones, (clusters, np.arange(len(clusters)))), shape=(len(sizes), len(clusters)))
    return (grouping @ columns).tocsr(), sizes


def _resampled_within(
    units: Any, members: list[np.ndarray] | None, n_resamples: int, rng: np.random.Generator
) -> np.ndarray:
    """(B, K) sums, drawn from each set of members by itself, or from all."""
    if members is None:
        return _resampled_sums(units, n_resamples, rng)
    return sum(_resampled_sums(units[own], n_resamples, rng) for own in members)


def _resampled_sums(units: Any, n_resamples: int, rng: np.random.Generator) -> np.ndarray:
    """(B, K) sums over n units drawn with replacement from n."""
    n, k = units.shape
    if n <= EXACT_UNITS or k > WIDEST_GAUSSIAN:
        return _exact_sums(units, np.full(n_resamples, n), rng)
    return _split_sums(units, n_resamples, rng)


def resampled_counts(n: int, n_resamples: int, seed: int) -> Iterator[np.ndarray]:
    """In chunks of resamples: (chunk, n) how often each of n units is drawn; the resamples of `resampled_means`."""
    yield from _counts(n, np.full(n_resamples, n), np.random.default_rng(seed))


def _exact_sums(units: Any, draws: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Row b: the sum of draws[b] units drawn with replacement."""
    return np.concatenate([counts @ units for counts in _counts(units.shape[0], draws, rng)])


def _counts(n: int, draws: np.ndarray, rng: np.random.Generator) -> Iterator[np.ndarray]:
    chunk = max(1, CHUNK_CELLS // n)
    for first in range(0, len(draws), chunk):
        counts = np.empty((min(chunk, len(draws) - first), n))
        for row, draw in zip(counts, draws[first : first + chunk], strict=True):
            row[:] = np.bincount(rng.integers(0, n, draw), minlength=n)
        yield counts


def _split_sums(units: Any, n_resamples: int, rng: np.random.Generator) -> np.ndarray:
    """The heavy units exactly and jointly, the many light ones by the central limit theorem.

    Of the n draws, K ~ Binomial(n, m/n) fall on the m units with the largest standardised entries; those are resampled.
    The sum of the other n - K draws is Gaussian with (n - K) times the mean and covariance of the light units.
    """
    n = units.shape[0]
    mean, spread = _moments(units)
    # A column that never varies needs no standardising; its entries are equally light.
    scale = np.where(spread > 0, spread, np.inf)
    largest = _largest_entry(units, mean, scale)
    light = np.ones(n, dtype=bool)
    light[np.argpartition(largest, n - HEAVY_UNITS)[n - HEAVY_UNITS :]] = False
    draws = rng.binomial(n, HEAVY_UNITS / n, size=n_resamples)
    sums = _exact_sums(units[np.flatnonzero(~light)], draws, rng)
    rest = n - draws
    light_mean, root = _gaussian(units, light, mean, np.where(spread > 0, spread, 1.0))
    noise = rng.standard_normal((n_resamples, root.shape[0])) @ root
    return sums + rest[:, None] * light_mean + np.sqrt(rest)[:, None] * noise


def _moments(units: Any) -> tuple[np.ndarray, np.ndarray]:
    n = units.shape[0]
    mean = np.asarray(units.sum(axis=0)).ravel() / n
    if isinstance(units, np.ndarray):
        # Column by column: the deviations of all at once would be a second table.
        return mean, np.array([column.std() for column in units.T])
    square = np.asarray(units.multiply(units).sum(axis=0)).ravel() / n
    return mean, np.sqrt(np.maximum(square - mean**2, 0.0))


def _largest_entry(units: Any, mean: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """(n,) the largest standardised distance from the column mean. Sparse columns are nearly all 0, so their mean is
    left out: the distance of an explicit entry from 0 ranks them as well."""
    if isinstance(units, np.ndarray):
        largest = np.zeros(units.shape[0])
        for column, m, s in zip(units.T, mean, scale, strict=True):
            np.maximum(largest, np.abs(column - m) / s, out=largest)
        return largest
    scaled = abs(units.multiply(1.0 / scale[None, :]).tocsr())
    return np.asarray(scaled.max(axis=1).todense()).ravel()


def _gaussian(units: Any, light: np.ndarray, centre: np.ndarray, scale: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean, and a root R with R'R the covariance, of the light units.

    Args:
        units: (n, K).
        light: (n,) which of them.
        centre, scale: (K,) of all units, so that nothing large is subtracted from anything large.
    """
    if isinstance(units, np.ndarray):
        offset, products = np.zeros(len(scale)), np.zeros((len(scale), len(scale)))
        for first in range(0, len(units), CHUNK_ROWS):
            rows = slice(first, first + CHUNK_ROWS)
            block = (units[rows][light[rows]] - centre) / scale
            offset += block.sum(axis=0)
            products += block.T @ block
    else:
        block = units[np.flatnonzero(light)].multiply(1.0 / scale[None, :]).tocsr()
        centre = np.zeros(len(scale))
        offset, products = np.asarray(block.sum(axis=0)).ravel(), (block.T @ block).toarray()
    offset /= light.sum()
    correlation = products / light.sum() - np.outer(offset, offset)
    values, vectors = np.linalg.eigh(correlation)
    # Directions without variance (columns that are copies of each other) must get exactly none.
    roots = np.sqrt(np.where(values > 1e-13 * values.max(initial=0.0), values, 0.0))
    return centre + offset * scale, (vectors * roots).T * scale
