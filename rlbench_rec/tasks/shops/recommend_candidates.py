"""A large catalogue behind a few candidates: what a retriever puts before the policy at each decision."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from .shared.linear_rankers import LinearRanker, LinearScore
from .shared.products import Catalogue

RATING_ERROR = 0.5
"""Standard deviation of the error of an item's rating, in standard deviations of its quality."""
POPULAR = 2.0
"""Exponent of the uniform number that draws from a shelf: the items of most appeal come more often."""
RETRIEVER_STREAM = 3
"""Keeps the retriever's draws apart from those of the catalogue and the rankers."""


class Retriever:
    """Candidates drawn by the shop: k items, one from each of k shelves, the popular ones of a shelf more often.

    A shelf holds items of one category; shelf j has category j modulo the number of categories. So the catalogue may
    have any size, and what a policy chooses from and sees stays bounded. The draws depend on no decision.

    Args:
        catalogue: what the shop sells.
        candidates: how many.
        seed: of the shop.
    """

    def __init__(self, catalogue: Catalogue, candidates: int, seed: int):
        rng = np.random.default_rng((seed, RETRIEVER_STREAM))
        self.catalogue, self.candidates = catalogue, candidates
        categories = int(catalogue.category.max()) + 1
        error = rng.standard_normal(len(catalogue.quality))
        self.rating = (catalogue.quality + RATING_ERROR * error).astype(np.float32)
        self.category = np.arange(candidates) % categories
        self.shelves: list[np.ndarray] = []
        for j, category in enumerate(self.category):
            items = np.flatnonzero(catalogue.category == category)
            ordered = items[np.argsort(-catalogue.appeal[items], kind="stable")]
            self.shelves.append(ordered[j // categories :: (candidates - 1 - category) // categories + 1])

    @cached_property
    def _sizes(self) -> np.ndarray:
        return np.array([len(shelf) for shelf in self.shelves])[:, None]

    @cached_property
    def _table(self) -> np.ndarray:
        """(candidates, largest shelf) items, padded."""
        rows = [np.pad(shelf, (0, int(self._sizes.max()) - len(shelf))) for shelf in self.shelves]
        return np.stack(rows)

    def draw(self, uniforms: np.ndarray) -> np.ndarray:
        """(candidates, k) uniform numbers -> (k, candidates) items."""
        places = np.minimum((uniforms**POPULAR * self._sizes).astype(np.int64), self._sizes - 1)
        return self._table[np.arange(self.candidates)[:, None], places].T

    @property
    def limits(self) -> np.ndarray:
        """(2 candidates,) float32 greatest absolute values of `features`."""
        greatest = [np.abs(trait).max() for trait in (self.catalogue.appeal, self.rating)]
        return np.repeat(np.array(greatest, np.float32), self.candidates)

    def features(self, items: np.ndarray) -> np.ndarray:
        """(k, candidates) items -> (k, 2 candidates) float32: appeal of each, then rating of each."""
        return np.concatenate((self.catalogue.appeal[items], self.rating[items]), axis=1)


class CandidateScore:
    """The score of a `LinearRanker` over candidates: appeal and rating stand in the state, in place of the items'
    appeal and quality.

    Args:
        ranking: the weights.
        linear: the part of the score that does not depend on which items the candidates are.
        candidates: how many; the last 2 x candidates columns of a state are their appeal and rating.
    """

    def __init__(self, ranking: LinearRanker, linear: LinearScore, candidates: int):
        self.ranking, self.linear, self.candidates = ranking, linear, candidates

    def __call__(self, states: np.ndarray) -> np.ndarray:
        """(n, state size) -> (n, candidates) float32."""
        appeal, rating = np.split(states[:, -2 * self.candidates :], 2, axis=1)
        return self.linear(states) + self.ranking.appeal * appeal + self.ranking.quality * rating
