"""`recommend-myopic-v1`: the control in which looking ahead cannot help."""

from __future__ import annotations

import numpy as np
from pydantic import Field

from .recommend import Recommend, RecommendConfig, RecommendSimulator
from .shared.strata import RECOMMEND_MYOPIC


class RecommendMyopicConfig(RecommendConfig):
    """The shop of `recommend-v1` in which a decision cannot affect the future."""

    satiation_click: float = Field(default=0.0, ge=0.0, le=0.0)
    """What was shown before does not lower the click."""
    leave_satiation: float = Field(default=0.0, ge=0.0, le=0.0)
    """Nor does it drive users away."""
    leave_quality: float = Field(default=0.0, ge=0.0, le=0.0)
    """Nor does a disappointment."""
    engagement_gain: float = Field(default=0.0, ge=0.0, le=0.0)
    """Engagement stays 0."""


class RecommendMyopicSimulator(RecommendSimulator):
    """Users who say what they are after."""

    def _observe(self) -> np.ndarray:
        states = super()._observe()
        categories = self.config.categories
        states[:, categories : 2 * categories] = self.users["interest"][:, None] == np.arange(categories)
        return states


class RecommendMyopic(Recommend):
    """The control: the same shop, but no decision changes what comes after it, so looking ahead cannot help.

    Equations as in `recommend-v1` with satiation_click = leave_satiation = leave_quality = engagement_gain = 0, and
    with the user's category shown (one-hot, in the place of the shop's memory of clicks), since finding it out would be
    a reason to look ahead. What the user is after next, and whether they stay, then depend on no action, so

        Q_gamma(s, a) = E[reward | s, a] + gamma c(s)

    with c(s) the same for all actions: the policy that is greedy at gamma = 0 is optimal at every gamma. An algorithm
    that seems to gain from gamma > 0 here gains from noise.

    Metrics per decision: as in `recommend-v1`.
    """

    id = "recommend-myopic-v1"
    Config = RecommendMyopicConfig
    strata = RECOMMEND_MYOPIC
    simulator_class = RecommendMyopicSimulator
    remembered = "interest"

    @property
    def optimum(self) -> float | None:
        """Exact where every item may be shown and what is earned comes at once, else None: every decision is as good as
        the first can be, and the share (1 - P(leave))^t of the sessions gets to
        decision t, whatever is shown."""
        from ..upper_bounds import as_published

        if not as_published(self.config):
            return None
        stays = self.gamma / (1.0 + np.exp(self.config.leave_base))
        return self.first_decision.best_value * float((stays ** np.arange(self.horizon)).sum())

    @property
    def observation_bounds(self) -> tuple[np.ndarray, np.ndarray]:
        low, high = super().observation_bounds
        memory = slice(self.config.categories, 2 * self.config.categories)
        low[memory], high[memory] = 0.0, 1.0
        return low, high
