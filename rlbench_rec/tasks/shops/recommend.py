"""`recommend-v1`: one item per step, click -> cart -> purchase, and users who leave when they are bored or let down."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import ClassVar

import numpy as np
from pydantic import Field, model_validator

from ...policies import EpsilonGreedy, Policy, Softmax, Uniform
from ..base import Task, TaskConfig
from ..simulator import Simulator
from .shared.draws import draw_category, sigmoid
from .shared.linear_rankers import LinearRanker, LinearScore
from .shared.products import Catalogue, make_catalogue

METRICS = ("CTR", "CVR", "revenue", "diversity", "satisfaction")
NOISE_STREAM = 1
"""Keeps the rankers' errors apart from the catalogue."""
ENGAGEMENT_LIMIT = 2.0
"""Engagement stays within plus and minus this: nobody is won or lost for good."""

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

    @model_validator(mode="after")
    def _categories_have_items(self) -> RecommendConfig:
        if self.categories > self.items:
            raise ValueError(f"{self.categories} categories need at least as many items, not {self.items}")
        return self


class RecommendSimulator(Simulator):
    """A batch of users of one shop; see `Recommend` for the equations."""

    draws_at_start = 1
    draws_per_step = 5

    def __init__(
        self,
        config: RecommendConfig,
        catalogue: Catalogue,
        n_users: int,
        seed: int | Sequence[int],
        users: Sequence[int] | None = None,
    ):
        super().__init__(config.items, config.horizon, n_users, seed, users)
        self.config, self.catalogue = config, catalogue

    def _begin(self, uniforms: np.ndarray) -> dict[str, np.ndarray]:
        users, categories = uniforms.shape[1], self.config.categories
        return {
            "interest": draw_category(uniforms[0], categories),
            "satiation": np.zeros((users, categories), np.float32),
            "memory": np.zeros((users, categories), np.float32),
            "engagement": np.zeros(users, np.float32),
            "clicked": np.zeros(users, np.float32),
        }

    def _react(self, actions: np.ndarray, uniforms: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        c, users, rows = self.config, self.users, np.arange(len(actions))
        category, quality = self.catalogue.category[actions], self.catalogue.quality[actions]
        satiation = users["satiation"][rows, category]
        matches = users["interest"] == category

        click_logit = (
            c.click_base + self.catalogue.appeal[actions] + c.interest * matches - c.satiation_click * satiation
        )
        click = uniforms[0] < sigmoid(click_logit)
        funnel = c.engagement_funnel * users["engagement"] + c.quality_funnel * quality
        cart = click & (uniforms[1] < sigmoid(c.cart_base + funnel))
        purchase = cart & (uniforms[2] < sigmoid(c.purchase_base + funnel))

        felt = click * quality
        engagement = c.engagement_decay * users["engagement"] + c.engagement_gain * felt
        users["engagement"] = engagement.clip(-ENGAGEMENT_LIMIT, ENGAGEMENT_LIMIT)
        leave_logit = c.leave_base - c.leave_engagement * users["engagement"]
        leave_logit += c.leave_satiation * satiation - c.leave_quality * felt
        leaves = uniforms[3] < sigmoid(leave_logit)

        users["satiation"] *= c.satiation_decay
        users["satiation"][rows, category] += 1.0
        users["memory"] *= c.memory_decay
        users["memory"][rows, category] += click - np.float32(c.click_expected)
        users["clicked"] = click.astype(np.float32)
        self._drift(uniforms[4])
        rewards = c.click_reward * click + c.cart_reward * cart + c.purchase_reward * purchase
        # Satiation of 1 and more: the category was shown at the last step.
        metrics = (click, purchase, purchase * self.catalogue.price[actions], satiation < 1.0, felt)
        return rewards.astype(np.float32), np.stack(metrics, axis=1).astype(np.float32), leaves

    def _drift(self, uniforms: np.ndarray) -> None:
        moved = np.flatnonzero(uniforms < self.config.drift)
        # Below `drift` the number is uniform again, so it also says where the interest goes.
        self.users["interest"][moved] = draw_category(uniforms[moved] / self.config.drift, self.config.categories)

    def _observe(self) -> np.ndarray:
        users, time = self.users, np.float32(self.elapsed / self.horizon)
        single = (users["engagement"] / ENGAGEMENT_LIMIT, users["clicked"], np.full(len(users["clicked"]), time))
        return np.column_stack((users["satiation"], users["memory"], *single))


class Recommend(Task[RecommendConfig]):
    """A shop that shows one item per step: click, cart, purchase, and users who leave when bored or let down.

    Items have a category c, an appeal a (what draws the click), a quality z (what satisfies afterwards; negatively
    correlated with appeal) and a price. A user is after one category at a time, and brings satiation s_c per category
    and an engagement e. With sigma the logistic function and i the item shown, of category c:

        P(click)            = sigma(click_base + a_i + interest 1{c = user's category} - satiation_click s_c)
        P(cart | click)     = sigma(cart_base + engagement_funnel e + quality_funnel z_i)
        P(purchase | cart)  = sigma(purchase_base + engagement_funnel e + quality_funnel z_i)
        e'                  = clip(engagement_decay e + engagement_gain click z_i, -2, 2)
        P(leave)            = sigma(leave_base - leave_engagement e' + leave_satiation s_c - leave_quality click z_i)
        s'_k                = satiation_decay s_k + 1{k = c}
        m'_k                = memory_decay m_k + 1{k = c} (click - click_expected)
        user's category     : with probability drift, drawn anew from all of them
        reward              = click_reward click + cart_reward cart + purchase_reward purchase

    A state is (s_1..s_C, m_1..m_C, e / 2, last click, step / horizon): the shop sees how long users dwell (e) and what
    they clicked (m), but not what they are after. Looking ahead pays because what earns the click now may cost the
    engagement that later clicks, carts, purchases and the user's staying all depend on.

    Metrics per decision: CTR = click, CVR = purchase, revenue = price x purchase, diversity = an item of another
    category than the last one (more exactly, s_c < 1), satisfaction = quality of what was clicked.

    The parts are known ones: satiation that rebounds (Leqi et al. 2021, Rebounding Bandits), interest that drifts and
    simulated sessions (Ie et al. 2019, RecSim; Rohde et al. 2018, RecoGym), click and conversion as a funnel (Ma et al.
    2018, ESMM), and long-term engagement as what a recommender should earn (Zou et al. 2019).
    """

    id = "recommend-v1"
    Config: ClassVar[type[RecommendConfig]] = RecommendConfig
    simulator_class: ClassVar[type[RecommendSimulator]] = RecommendSimulator
    metric_names = METRICS
    remembered = "memory"
    """What the state's second block of columns is called, one column per category."""

    def __init__(self, config: RecommendConfig, seed: int = 0):
        super().__init__(config, seed)
        self.catalogue = make_catalogue(
            config.items,
            config.categories,
            config.appeal_spread,
            config.bait,
            config.price_median,
            config.price_spread,
            seed,
        )
        self.action_count = config.items
        self.action_names = tuple(f"item-{i}" for i in range(config.items))
        per_category = [f"{name}_{c}" for name in ("satiation", self.remembered) for c in range(config.categories)]
        self.observation_names = (*per_category, "engagement", "last_click", "time")

    @cached_property
    def behaviour(self) -> Policy:
        """Softmax over a noisy click score that knows the user's recent clicks: a click-through ranker."""
        policy = self.policy(self.config.ranker)
        policy.name = "behaviour"
        return policy

    def behaviour_policies(self) -> dict[str, Policy]:
        score = self.score(self.config.ranker)
        policies: dict[str, Policy] = {"random": Uniform(self.action_count)}
        policies |= {f"softmax-{tau:g}": Softmax(score, self.action_count, tau) for tau in (2.0, 1.0, 0.5)}
        policies |= {f"epsilon-{e:g}": EpsilonGreedy(score, self.action_count, e) for e in (0.3, 0.02)}
        return policies

    def target_policies(self) -> dict[str, Policy]:
        ladder: dict[str, Policy] = {"random": Uniform(self.action_count), "behaviour": self.behaviour}
        for name, ranking in self.config.ladder.items():
            ladder[name] = self.policy(ranking)
            ladder[name].name = name
        return ladder

    def policy(self, ranking: LinearRanker) -> Softmax:
        """The policy of a ranking in this shop."""
        return Softmax(self.score(ranking), self.action_count, ranking.tau)

    def score(self, ranking: LinearRanker) -> LinearScore:
        """The score of a ranking in this shop; its noise depends on the shop's seed alone."""
        noise = np.random.default_rng((self.seed, NOISE_STREAM)).standard_normal(self.action_count)
        items = self.catalogue
        fixed = ranking.appeal * items.appeal + ranking.quality * items.quality + ranking.noise * noise
        categories = self.config.categories
        return LinearScore(
            ranking,
            fixed.astype(np.float32),
            items.category,
            clicks=slice(categories, 2 * categories),
            satiation=slice(0, categories),
        )

    def simulator(
        self, n_users: int, seed: int | Sequence[int], users: Sequence[int] | None = None
    ) -> RecommendSimulator:
        return self.simulator_class(self.config, self.catalogue, n_users, seed, users)

    @property
    def observation_bounds(self) -> tuple[np.ndarray, np.ndarray]:
        c = self.config
        satiation, memory = 1.0 / (1.0 - c.satiation_decay), 1.0 / (1.0 - c.memory_decay)
        low = [0.0] * c.categories + [-c.click_expected * memory] * c.categories + [-1.0, 0.0, 0.0]
        high = [satiation] * c.categories + [(1.0 - c.click_expected) * memory] * c.categories + [1.0, 1.0, 1.0]
        # Sums of float32 terms may pass the limit of the series by a rounding.
        return np.array(low, np.float32) - np.float32(1e-3), np.array(high, np.float32) + np.float32(1e-3)
