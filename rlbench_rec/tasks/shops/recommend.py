"""`recommend-v1`: one item per step, click -> cart -> purchase, and users who leave when they are bored or let down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import ClassVar

import numpy as np

from ...mdp.dataset import StateLayout
from ...policies import EpsilonGreedy, Policy, Softmax, Uniform
from ..base import Task
from ..expected_outcomes import ExpectedOutcomes
from ..identity import TaskIdentity, canonical
from ..insiders import InsiderPolicy
from ..shown_items import PURCHASED, history_limits
from ..true_values import TrueValue
from .recommend_candidates import CandidateScore, Retriever
from .recommend_config import RecommendConfig as RecommendConfig
from .recommend_simulator import RecommendSimulator as RecommendSimulator
from .shared.draws import sigmoid
from .shared.linear_rankers import LinearRanker, LinearScore
from .shared.products import make_catalogue
from .shared.strata import RECOMMEND

METRICS = ("CTR", "CVR", "revenue", "diversity", "satisfaction")
NOISE_STREAM = 1
"""Keeps the rankers' errors apart from the catalogue."""


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
    they clicked (m), but not what they are after. With `history` N the last N items shown follow, with what became of
    each: ids, event codes and gaps of 0 (see `StateLayout`). Looking ahead pays because what earns the click now may
    cost the engagement that later clicks, carts, purchases and the user's staying all depend on.

    Metrics per decision: CTR = click, CVR = purchase, revenue = price x purchase, diversity = an item of another
    category than the last one (more exactly, s_c < 1), satisfaction = quality of what was clicked.

    The parts are known ones: satiation that rebounds (Leqi et al. 2021, Rebounding Bandits), interest that drifts and
    simulated sessions (Ie et al. 2019, RecSim; Rohde et al. 2018, RecoGym), click and conversion as a funnel (Ma et al.
    2018, ESMM), and long-term engagement as what a recommender should earn (Zou et al. 2019).
    """

    id = "recommend-v1"
    Config: ClassVar[type[RecommendConfig]] = RecommendConfig
    strata = RECOMMEND
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
        kind, self.action_count = ("candidate", config.candidates) if config.candidates else ("item", config.items)
        self.action_names = tuple(f"{kind}-{i}" for i in range(self.action_count))
        per_category = [f"{name}_{c}" for name in ("satiation", self.remembered) for c in range(config.categories)]
        traits = [f"{name}_{k}" for name in ("appeal", "rating") for k in range(config.candidates)]
        self.observation_names = (*per_category, "engagement", "last_click", "time", *traits)

    @cached_property
    def retriever(self) -> Retriever | None:
        """What puts candidates before a policy; None where every item is an action."""
        c = self.config
        return Retriever(self.catalogue, c.candidates, self.seed) if c.candidates else None

    @cached_property
    def behaviour(self) -> Policy:
        """Softmax over a noisy click score that knows the user's recent clicks: a click-through ranker."""
        ranker = self.config.ranker
        if self.config.confounding:
            # Not keen, keen: shown what has appeal twice as much, or not at all.
            leans = (ranker.model_copy(update={"appeal": lean * ranker.appeal}) for lean in (0.0, 2.0))
            return InsiderPolicy("behaviour", [self.policy(each) for each in leans])
        policy = self.policy(ranker)
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

    @property
    def _noise_seed(self) -> tuple[int, ...]:
        """Of the rankers' errors."""
        return (self.seed, NOISE_STREAM)

    def score(self, ranking: LinearRanker) -> LinearScore | CandidateScore:
        """The score of a ranking in this shop; its noise depends on the shop's seed alone."""
        noise = np.random.default_rng(self._noise_seed).standard_normal(self.action_count)
        items, retriever, fixed = self.catalogue, self.retriever, ranking.noise * noise
        if retriever is None:
            fixed = ranking.appeal * items.appeal + ranking.quality * items.quality + fixed
        categories = self.config.categories
        linear = LinearScore(
            ranking,
            fixed.astype(np.float32),
            retriever.category if retriever else items.category,
            clicks=slice(categories, 2 * categories),
            satiation=slice(0, categories),
        )
        return CandidateScore(ranking, linear, retriever.candidates) if retriever else linear

    def simulator(
        self, n_users: int, seed: int | Sequence[int], users: Sequence[int] | None = None
    ) -> RecommendSimulator:
        return self.simulator_class(self.config, self.catalogue, n_users, seed, users, self.retriever)

    def exact_value(self, policy: Policy, gamma: float) -> TrueValue | None:
        """Exact at `horizon` 1; see `expected_outcomes`."""
        outcomes = self.expected_outcomes()
        return outcomes.value(policy) if outcomes else None

    def expected_outcomes(self) -> ExpectedOutcomes | None:
        """What each decision earns where sessions are one decision (`horizon` 1): without satiation and engagement, a
        kind of user is the category that they are after."""
        enumerable = self.horizon == 1 and not self.config.candidates and not self.config.confounding
        return self.first_decision if enumerable else None

    @cached_property
    def first_decision(self) -> ExpectedOutcomes:
        """What the first decision of a session earns, however long sessions are."""
        c, items, kinds = self.config, self.catalogue, np.arange(self.config.categories)
        click = sigmoid(c.click_base + items.appeal + c.interest * (kinds[:, None] == items.category)).astype(float)
        cart = click * sigmoid(c.cart_base + c.quality_funnel * items.quality)
        purchase = cart * sigmoid(c.purchase_base + c.quality_funnel * items.quality)
        metrics = (click, purchase, purchase * items.price, np.ones_like(click), click * items.quality)
        users = self.simulator(len(kinds), 0)
        users.reset()
        users.users["interest"] = kinds
        return ExpectedOutcomes(
            states=users._observe(),
            chances=np.full(len(kinds), 1.0 / len(kinds)),
            rewards=c.click_reward * click + c.cart_reward * cart + c.purchase_reward * purchase,
            metrics=np.stack(metrics, axis=2),
            metric_names=self.metric_names,
        )

    @property
    def layout(self) -> StateLayout:
        layout, history = super().layout, self.config.history
        known = {"item_count": self.action_count, "event_count": PURCHASED} if history else {}
        return replace(layout, history=history, **known)

    @property
    def reference_identity(self) -> TaskIdentity:
        """That of the shop that shows no history: what users do is the same."""
        return replace(self.identity, config=canonical(self.config.model_copy(update={"history": 0})))

    @property
    def observation_bounds(self) -> tuple[np.ndarray, np.ndarray]:
        c = self.config
        satiation, memory = 1.0 / (1.0 - c.satiation_decay), 1.0 / (1.0 - c.memory_decay)
        low = [0.0] * c.categories + [-c.click_expected * memory] * c.categories + [-1.0, 0.0, 0.0]
        high = [satiation] * c.categories + [(1.0 - c.click_expected) * memory] * c.categories + [1.0, 1.0, 1.0]
        # Sums of float32 terms may pass the limit of the series by a rounding.
        lowest, highest = np.array(low, np.float32) - np.float32(1e-3), np.array(high, np.float32) + np.float32(1e-3)
        shown = history_limits(c.history, c.items)
        traits = self.retriever.limits if self.retriever else np.zeros(0, np.float32)
        return np.concatenate((lowest, -traits, np.zeros_like(shown))), np.concatenate((highest, traits, shown))
