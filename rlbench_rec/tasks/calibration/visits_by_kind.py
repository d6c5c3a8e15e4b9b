"""Users of a calibrated shop: visits that end by different habits, loyal groups, users who return, and parts of the
day."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from ..shops.recommend import RecommendConfig, RecommendSimulator
from ..shops.recommend_candidates import Retriever
from ..shops.shared.draws import draw_category, draw_group
from ..shops.shared.products import Catalogue


class VisitKind(BaseModel):
    """Visits that end alike."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    share: float = Field(ge=0.0, le=1.0)
    """Of the visits."""
    leaving: float = Field(ge=-20.0, le=20.0)
    """Added to `leave_base`, log-odds."""


class VisitConfig(RecommendConfig):
    """Parameters of `recommend`, and how its visits differ; by the defaults they do not."""

    added: ClassVar[frozenset[str]] = RecommendConfig.added | {
        "habits",
        "dayparts",
        "loyalty",
        "returning",
        "return_same",
        "draw",
    }

    habits: tuple[VisitKind, ...] = ()
    """Kinds of visits that the shop does not see: short looks and long searches."""
    dayparts: tuple[VisitKind, ...] = ()
    """Equal parts of the day, from midnight UTC; the state shows which one it is."""
    loyalty: tuple[float, ...] = ()
    """Added to `interest` in each group; a sum below 0 counts as 0."""
    returning: float = Field(default=0.0, ge=0.0, le=1.0)
    """Share of visits whose user has been here before, so that the shop remembers a click on the last visit's group."""
    return_same: float = Field(default=0.0, ge=0.0, le=1.0)
    """Probability that a returning user is after that group again; else the two are independent."""


class CalibratedSimulator(RecommendSimulator):
    """A batch of users of a calibrated shop; see `CalibratedShop`."""

    config: VisitConfig
    """The parameters; what is empty or 0 draws no random numbers, so that a shop without is what it was before."""

    def __init__(
        self,
        config: VisitConfig,
        catalogue: Catalogue,
        n_users: int,
        seed: int | Sequence[int],
        users: Sequence[int] | None = None,
        retriever: Retriever | None = None,
    ):
        super().__init__(config, catalogue, n_users, seed, users, retriever)
        # What only some shops draw comes after what all draw.
        self.usual_draws = self.draws_at_start
        self.draws_at_start += bool(config.habits) + bool(config.dayparts) + 3 * bool(config.returning)

    def _begin(self, uniforms: np.ndarray) -> dict[str, np.ndarray]:
        c, columns = self.config, super()._begin(uniforms[: self.usual_draws])
        numbers = iter(uniforms[self.usual_draws :])
        leaving = np.full(uniforms.shape[1], c.leave_base)
        for name, kinds in (("habit", c.habits), ("daypart", c.dayparts)):
            if kinds:
                shares = np.array([kind.share for kind in kinds])
                columns[name] = draw_group(next(numbers), shares / shares.sum())
                leaving += np.array([kind.leaving for kind in kinds])[columns[name]]
        if c.habits or c.dayparts:
            columns["leaving"] = leaving
        if c.returning:
            returns, same, other = (next(numbers) for _ in range(3))
            group = np.where(same < c.return_same, columns["interest"], draw_category(other, c.categories))
            columns["remembered"] = np.where(returns < c.returning, group, -1)
            back = np.flatnonzero(columns["remembered"] >= 0)
            columns["memory"][back, columns["remembered"][back]] = 1.0 - c.click_expected
        return columns

    def _interest_in(self, category: np.ndarray) -> np.ndarray | float:
        c = self.config
        return (c.interest + np.array(c.loyalty)[category]).clip(0.0) if c.loyalty else c.interest

    def _leave_base(self) -> np.ndarray | float:
        return self.users.get("leaving", self.config.leave_base)

    def _observe(self) -> np.ndarray:
        states = super()._observe()
        if not self.config.dayparts:
            return states
        shown = self.users["daypart"][:, None] == np.arange(len(self.config.dayparts))
        at = 2 * self.config.categories + 3
        return np.concatenate([states[:, :at], shown.astype(np.float32), states[:, at:]], axis=1)
