"""Policies that a team could write down without learning: a softmax over a linear score of items."""

from __future__ import annotations

import numpy as np
from pydantic import BaseModel, ConfigDict, Field


class LinearRanker(BaseModel):
    """A softmax policy over a linear score.

    score(item | state) = appeal x (the item's appeal) + quality x (its quality) + clicks x (recent clicks in its
    category) + satiation x (how often its category was just shown) + noise x N(0, 1), the noise drawn once per item.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    appeal: float = 0.0
    """Weight of what draws the click."""
    quality: float = 0.0
    """Weight of what satisfies after the click."""
    clicks: float = 0.0
    """Weight of the user's recent clicks in the item's category."""
    satiation: float = 0.0
    """Weight of how often the category was just shown; negative avoids repetition."""
    noise: float = Field(default=0.0, ge=0.0)
    """Standard deviation of the score's error."""
    tau: float = Field(default=1.0, gt=0.0)
    """Temperature of the softmax."""


class LinearScore:
    """The score of a `LinearRanker` in one shop, as a function of states.

    Args:
        ranking: the weights.
        fixed: (A,) float32, the part of the score that no state changes.
        category: (A,) each item's category.
        clicks: columns of a state that hold the recent clicks per category.
        satiation: columns of a state that hold the satiation per category.
    """

    def __init__(self, ranking: LinearRanker, fixed: np.ndarray, category: np.ndarray, clicks: slice, satiation: slice):
        self.ranking, self.fixed, self.category = ranking, fixed, category
        self.clicks, self.satiation = clicks, satiation

    def __call__(self, states: np.ndarray) -> np.ndarray:
        """(n, state size) -> (n, A) float32."""
        by_category = self.ranking.clicks * states[:, self.clicks] + self.ranking.satiation * states[:, self.satiation]
        return self.fixed + by_category[:, self.category]
