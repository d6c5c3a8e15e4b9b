"""Second and third moments about the mean, which merge without cancelling. Pébay 2008."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations_with_replacement, permutations
from typing import Any

import numpy as np

CANCELLED = 64 * float(np.finfo(np.float64).eps)
"""Share of a sum of squares below which it is rounding."""


@dataclass(frozen=True)
class ThirdMoments:
    """Moments of K columns over n units.

    Attributes:
        count: n.
        mean: (K,).
        second: (K, K) sum of d d', d a unit's distance from the mean.
        third: (K, K, K) sum of d d d.
    """

    count: int
    mean: np.ndarray
    second: np.ndarray
    third: np.ndarray

    @staticmethod
    def none(width: int) -> ThirdMoments:
        """The moments of no units."""
        return ThirdMoments(0, np.zeros(width), np.zeros((width, width)), np.zeros((width, width, width)))

    @staticmethod
    def of(columns: np.ndarray) -> ThirdMoments:
        """The moments of an (n, K) matrix."""
        count, width = columns.shape
        # Sums along contiguous rows are several times faster.
        apart = np.ascontiguousarray(columns.T)
        mean = apart.mean(axis=1)
        apart -= mean[:, None]
        second, third = apart @ apart.T, np.zeros((width, width, width))
        varying = np.flatnonzero(np.diag(second) > 0.0).tolist()
        for i, j in combinations_with_replacement(varying, 2):
            product = apart[i] * apart[j]
            for k in varying[varying.index(j) :]:
                third[i, j, k] = np.einsum("i,i->", product, apart[k])
        return ThirdMoments(count, mean, second, _symmetric(third))

    def to_dict(self) -> dict[str, Any]:
        """Plain values; third moments for ascending indices alone."""
        ascending = _ascending(len(self.mean))
        return {
            "count": self.count,
            "mean": self.mean.tolist(),
            "second": self.second.tolist(),
            "third": self.third[ascending].tolist(),
        }

    @staticmethod
    def from_dict(plain: Mapping[str, Any]) -> ThirdMoments:
        """The moments whose plain values `to_dict` has given."""
        mean, second = np.array(plain["mean"], dtype=np.float64), np.array(plain["second"], dtype=np.float64)
        third = np.zeros((len(mean), len(mean), len(mean)))
        third[_ascending(len(mean))] = plain["third"]
        return ThirdMoments(plain["count"], mean, second, _symmetric(third))

    def merged(self, other: ThirdMoments) -> ThirdMoments:
        """The moments of both sets of units together."""
        if not self.count or not other.count:
            return self if self.count else other
        n_a, n_b = self.count, other.count
        n, apart = n_a + n_b, other.mean - self.mean
        crossed = np.multiply.outer(apart, n_a * other.second - n_b * self.second)
        crossed = crossed + crossed.transpose(1, 0, 2) + crossed.transpose(1, 2, 0)
        cubes = np.multiply.outer(np.outer(apart, apart), apart)
        return ThirdMoments(
            n,
            self.mean + apart * (n_b / n),
            self.second + other.second + np.outer(apart, apart) * (n_a * n_b / n),
            self.third + other.third + cubes * (n_a * n_b * (n_a - n_b) / n**2) + crossed / n,
        )

    def placed(self, at: list[int], width: int) -> ThirdMoments:
        """The same among `width` columns, of which all others are 0."""
        wider = ThirdMoments.none(width)
        wider.mean[at] = self.mean
        wider.second[np.ix_(at, at)] = self.second
        wider.third[np.ix_(at, at, at)] = self.third
        return ThirdMoments(self.count, wider.mean, wider.second, wider.third)

    def skewness(self, slopes: np.ndarray) -> float:
        """sum x^3 / (sum x^2)^1.5 of x = sum_k slope_k d_k; 0 where nothing varies."""
        with np.errstate(invalid="ignore"):
            squares = float(slopes @ self.second @ slopes)
            cubes = float(self.third @ slopes @ slopes @ slopes)
            size = float(np.abs(slopes) @ np.abs(self.second) @ np.abs(slopes))
        # Columns that cancel each other, as where every reward is the same, leave rounding.
        return cubes / squares**1.5 if squares > CANCELLED * size else 0.0


def _ascending(width: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Indices i <= j <= k."""
    i, j, k = np.array(list(combinations_with_replacement(range(width), 3))).T
    return i, j, k


def _symmetric(third: np.ndarray) -> np.ndarray:
    """The whole of (K, K, K) moments of ascending indices."""
    i, j, k = _ascending(len(third))
    for at in permutations((i, j, k)):
        third[at] = third[i, j, k]
    return third
