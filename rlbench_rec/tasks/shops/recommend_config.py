"""The parameters of `recommend-v1`, with their ranges."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field, model_validator

from ..base import TaskConfig
from .shared.linear_rankers import LinearRanker

LADDER = {
    "repellent": LinearRanker(appeal=-1.0, tau=0.5),
    "clickbait": LinearRanker(appeal=1.0, quality=-0.5, clicks=1.0, tau=0.3),
    "myopic": LinearRanker(appeal=1.0, clicks=1.0, satiation=-0.5, tau=0.3),
    "sharper": LinearRanker(appeal=1.0, clicks=1.0, noise=0.3, tau=0.6),
    "kinder": LinearRanker(appeal=1.0, quality=0.3, clicks=1.0, noise=0.3, tau=1.0),
    "fresh": LinearRanker(appeal=1.0, clicks=1.0, satiation=-0.5, tau=1.0),
    "honest": LinearRanker(appeal=0.5, quality=0.5, clicks=0.5, tau=0.7),
    "caring": LinearRanker(appeal=1.0, quality=1.0, clicks=1.0, satiation=-0.5, tau=0.4),
}
"""Fixed policies from bad to good; the last knows what the shop can only learn."""


class RecommendConfig(TaskConfig):
    """Parameters of the shop; log-odds unless said otherwise. Rates are higher than a real shop's, so that ten thousand
    sessions are enough to learn from."""

    asked: ClassVar[frozenset[str]] = TaskConfig.asked | {"click_reward", "cart_reward", "purchase_reward"}
    added: ClassVar[frozenset[str]] = TaskConfig.added | {"history", "candidates", "observed", "confounding", "delay"}

    items: int = Field(default=30, ge=2, le=10_000)
    """Items, each in one category."""
    categories: int = Field(default=6, ge=1, le=100)
    """Categories; at most as many as items."""
    appeal_spread: float = Field(default=1.0, ge=0.0, le=3.0)
    """Standard deviation of the items' appeal."""
    bait: float = Field(default=0.3, ge=-1.0, le=1.0)
    """Minus the correlation of appeal and quality: above 0, what draws the click tends not to be what satisfies."""
    click_base: float = Field(default=-1.0, ge=-8.0, le=4.0)
    """Click on an item of mean appeal, outside the user's interest."""
    interest: float = Field(default=1.0, ge=0.0, le=5.0)
    """Added to the click where the item is of the category that the user is after."""
    drift: float = Field(default=0.05, ge=0.0, le=1.0)
    """Probability per step that the user turns to another category at random."""
    satiation_click: float = Field(default=0.5, ge=0.0, le=5.0)
    """Taken from the click per unit of satiation."""
    satiation_decay: float = Field(default=0.8, ge=0.0, lt=1.0)
    """Share of satiation left after a step."""
    memory_decay: float = Field(default=0.8, ge=0.0, lt=1.0)
    """Share of the shop's memory of clicks left after a step."""
    click_expected: float = Field(default=0.3, ge=0.0, le=1.0)
    """Clicks that the shop's memory expects of each item shown; only what differs from it is remembered."""
    cart_base: float = Field(default=-1.5, ge=-8.0, le=4.0)
    """Cart after a click, at engagement 0 and mean quality."""
    purchase_base: float = Field(default=-1.0, ge=-8.0, le=4.0)
    """Purchase after a cart, at engagement 0 and mean quality."""
    quality_funnel: float = Field(default=0.3, ge=0.0, le=5.0)
    """Added to cart and purchase per unit of the item's quality."""
    engagement_funnel: float = Field(default=1.2, ge=0.0, le=5.0)
    """Added to cart and purchase per unit of engagement."""
    engagement_gain: float = Field(default=0.4, ge=0.0, le=2.0)
    """Engagement won (or lost) by a click on an item of quality 1 (or -1)."""
    engagement_decay: float = Field(default=0.9, ge=0.0, lt=1.0)
    """Share of engagement left after a step."""
    leave_base: float = Field(default=-2.6, ge=-10.0, le=4.0)
    """Leaving after a step, at engagement 0 and without satiation."""
    leave_engagement: float = Field(default=1.0, ge=0.0, le=5.0)
    """Taken from leaving per unit of engagement."""
    leave_satiation: float = Field(default=0.2, ge=0.0, le=5.0)
    """Added to leaving per unit of satiation with the category shown."""
    leave_quality: float = Field(default=0.5, ge=0.0, le=5.0)
    """Taken from leaving per unit of quality of a clicked item: a let-down sends users away."""
    click_reward: float = Field(default=1.0, ge=0.0, le=1_000.0)
    """Reward of a click."""
    cart_reward: float = Field(default=2.0, ge=0.0, le=1_000.0)
    """Further reward of a cart."""
    purchase_reward: float = Field(default=4.0, ge=0.0, le=1_000.0)
    """Further reward of a purchase."""
    price_median: float = Field(default=20.0, gt=0.0, le=100_000.0)
    """Median price, in currency units; for the metric `revenue` alone."""
    price_spread: float = Field(default=0.5, ge=0.0, le=3.0)
    """Standard deviation of the log price."""
    ranker: LinearRanker = LinearRanker(appeal=1.0, clicks=1.0, noise=0.3, tau=1.0)
    """The behaviour policy: a click-through ranker with exploration."""
    ladder: dict[str, LinearRanker] = Field(default_factory=lambda: dict(LADDER))
    """The target policies beside behaviour and random."""
    history: int = Field(default=0, ge=0, le=100)
    """How many of the last shown items a state lists, with what became of them: shown, clicked, cart or purchase."""
    candidates: int = Field(default=0, ge=0, le=1_000)
    """How many items a retriever puts before the policy at each decision: an action is one of these places, and a state
    shows appeal and rating of what is in each. 0: every item is an action, and its traits have to be learnt."""
    observed: Literal["full", "partial"] = "full"
    """`partial`: states show neither satiation nor engagement."""
    confounding: float = Field(default=0.0, ge=0.0, le=5.0)
    """Added to the click while the user is keen, as at half of the decisions. Above 0 the behaviour policy sees it, and
    then shows what has appeal; the log does not have it."""
    delay: float = Field(default=0.0, ge=0.0, le=1_000.0)
    """Mean number of decisions from a purchase to the row of the log that has it, the session's last at the latest."""

    @model_validator(mode="after")
    def _categories_have_items(self) -> RecommendConfig:
        if self.categories > self.items:
            raise ValueError(f"{self.categories} categories need at least as many items, not {self.items}")
        if self.candidates > self.items:
            raise ValueError(f"{self.candidates} candidates need at least as many items, not {self.items}")
        if self.candidates and self.history:
            raise ValueError("a shop with candidates shows no history; leave one of them at 0")
        return self
