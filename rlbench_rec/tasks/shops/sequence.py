"""`sequence-v1`: the order of a page of items, read from the top until the user has enough."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from pydantic import Field, model_validator

from ...policies import QFunction
from ..policy_ladder import ScoredConfig, ScoredTask
from ..simulator import Simulator
from .shared.draws import draw_category, sigmoid, standardised_ranks
from .shared.strata import SEQUENCE

METRICS = ("CTR", "CVR", "revenue", "diversity", "satisfaction")


class SequenceConfig(ScoredConfig):
    """Parameters of the page; log-odds unless said otherwise."""

    gamma: float = Field(default=1.0, ge=0.0, le=1.0)
    """Discount factor over positions: a page is one slate, so they count alike."""
    horizon: int = Field(default=6, ge=1, le=50)
    """Positions on the page."""
    items: int = Field(default=18, ge=2, le=1_000)
    """Items that may be put on the page."""
    categories: int = Field(default=3, ge=1, le=50)
    """Categories, and as many kinds of user; at most as many as items."""
    click_base: float = Field(default=-1.0, ge=-8.0, le=4.0)
    """Click on an examined item of mean appeal, outside the user's interest."""
    interest: float = Field(default=1.0, ge=0.0, le=5.0)
    """Added to the click where the item is of the category that the user is after."""
    appeal_spread: float = Field(default=0.5, ge=0.0, le=3.0)
    """Standard deviation of the items' appeal."""
    redundancy: float = Field(default=0.6, ge=0.0, le=5.0)
    """Taken from the click for each item of the same category above."""
    sponsored: float = Field(default=0.6, ge=0.0, le=1.0)
    """Minus the correlation of fee and quality: items that pay for their place tend to be worse."""
    fee_mean: float = Field(default=0.8, ge=0.0, le=100.0)
    """Mean fee per click, as a share of what a click is worth otherwise."""
    fee_spread: float = Field(default=0.5, ge=0.0, le=100.0)
    """Standard deviation of the fee; fees below 0 are 0."""
    buy_base: float = Field(default=-2.0, ge=-8.0, le=4.0)
    """Purchase after a click on an item of mean quality."""
    buy_quality: float = Field(default=0.5, ge=0.0, le=5.0)
    """Added to the purchase per unit of quality."""
    go_on_base: float = Field(default=1.2, ge=-8.0, le=8.0)
    """Reading on after an item of mean quality that was not clicked."""
    go_on_quality: float = Field(default=1.5, ge=0.0, le=5.0)
    """Added to reading on per unit of quality: a page of poor items loses its reader."""
    go_on_click: float = Field(default=-0.5, ge=-5.0, le=5.0)
    """Added to reading on after a click: some do not come back to the page."""
    price_median: float = Field(default=20.0, gt=0.0, le=100_000.0)
    """Median price, in currency units."""
    price_spread: float = Field(default=0.5, ge=0.0, le=3.0)
    """Standard deviation of the log price."""

    @model_validator(mode="after")
    def _categories_have_items(self) -> SequenceConfig:
        if self.categories > self.items:
            raise ValueError(f"{self.categories} categories need at least as many items, not {self.items}")
        return self


class SequenceSimulator(Simulator):
    """A batch of pages, filled from the top; see `Sequence` for the equations."""

    draws_at_start = 1
    draws_per_step = 3

    def __init__(self, task: PageOrder, n_users: int, seed: int | Sequence[int], users: Sequence[int] | None = None):
        super().__init__(task.action_count, task.horizon, n_users, seed, users)
        self.task, self.config = task, task.config

    def _begin(self, uniforms: np.ndarray) -> dict[str, np.ndarray]:
        users, c = uniforms.shape[1], self.config
        return {
            "interest": draw_category(uniforms[0], c.categories),
            "above": np.zeros((users, c.items), np.float32),
            "reads": np.ones(users, bool),
        }

    def _react(self, actions: np.ndarray, uniforms: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        task, users, rows = self.task, self.users, np.arange(len(actions))
        kind = task.category[actions]
        new = users["above"][rows, actions] == 0
        alike = self._alike(kind)
        reads = users["reads"] & new
        chance = sigmoid(task.click_logit(actions, users["interest"], alike))
        click = reads & (uniforms[0] < chance)
        buy = click & (uniforms[1] < task.buy[actions])
        goes_on = uniforms[2] < sigmoid(task.go_on_logit(actions, click))
        # What stands above already is passed over: nothing is read, and nothing changes.
        users["reads"] = np.where(new, users["reads"] & goes_on, users["reads"])
        users["above"][rows, actions] = 1.0
        change, never = (alike == 0) & new, np.zeros(len(actions), bool)
        if task.config.rollouts == "expected":
            self.means = self._outcomes(actions, reads * chance, reads * chance * task.buy[actions], change)
        outcomes = self._outcomes(actions, click, buy, change).astype(np.float32)
        return outcomes[:, 0], outcomes[:, 1:], never

    def _outcomes(self, items: np.ndarray, click: np.ndarray, buy: np.ndarray, change: np.ndarray) -> np.ndarray:
        """(k, 1 + m) reward and metrics of items, from clicks and purchases or the chances of them."""
        task = self.task
        reward = click * (1.0 + task.fee[items]) + buy * task.sale[items]
        return np.stack((reward, click, buy, buy * task.price[items], change, click * task.quality[items]), axis=1)

    def _alike(self, kind: np.ndarray) -> np.ndarray:
        """(k,) items above of the same category."""
        counts = self.users["above"] * (self.task.category == kind[:, None])
        return counts.sum(axis=1, dtype=np.float32)

    def _observe(self) -> np.ndarray:
        interest = self.users["interest"][:, None] == np.arange(self.config.categories)
        position = np.full((len(interest), 1), self.elapsed / self.horizon)
        return np.concatenate((interest, self.users["above"], position), axis=1, dtype=np.float32)


class PageOrder(ScoredTask[SequenceConfig]):
    """The order of a page of items: position bias by a cascade, redundancy, and items that pay for their place.

    An episode is one page, a step one position from the top. Items have a category c, an appeal a, a quality z, a price
    p and a fee f per click (negatively correlated with quality). The user of the page is known to be after one
    category. With sigma the logistic function, i the item at position k, n the items of its category above, and
    E_k whether the user reads position k (E_0 = 1):

        P(click | E_k)          = sigma(click_base + a_i + interest 1{c = user's category} - redundancy n)
        P(purchase | click)     = sigma(buy_base + buy_quality z_i)
        P(E_{k+1} | E_k, click) = sigma(go_on_base + go_on_quality z_i + go_on_click click)
        reward                  = click (1 + f_i) + purchase p_i / (median price)

    An item that stands above already is passed over: no click, and the reader goes on. The page is laid out before
    anybody reads it: a state is (the user's category, what stands above, position / positions), and neither clicks nor
    whether the reader is still there. So all episodes have `horizon` steps, and the log is one of slates with step
    propensities conditional on the positions above: `sips`, `rips`, `cascade-dr` and their self-normalised forms run
    on it. Looking ahead pays because a well-paid poor item high on the page loses the reader of all that stands below.

    Metrics per position: CTR = click, CVR = purchase, revenue = price x purchase, diversity = first of its category on
    the page, satisfaction = quality of what was clicked.

    The score `farsighted` is v + g V_r: v the expected reward of the item if read, g the probability that the reader
    goes on, V_r the most that r more positions can earn without redundancy, by the dynamic program of Kempe and
    Mahdian (2008), who show that a set of items is best in order of v / (1 - g). `myopic` is v.

    The cascade is that of Craswell et al. (2008), with the satisfaction of Chapelle and Zhang (2009, DBN); paid
    listings that cost attention are the externalities of Kempe and Mahdian (2008, A Cascade Model for Externalities in
    Sponsored Search); redundancy is what Clarke et al. (2008) discount; slate estimators: McInerney et al. (2020),
    Kiyohara et al. (2022).
    """

    id = "sequence-v1"
    Config = SequenceConfig
    strata = SEQUENCE
    metric_names = METRICS

    def __init__(self, config: SequenceConfig, seed: int = 0):
        super().__init__(config, seed)
        c, rng = config, np.random.default_rng(seed)
        self.action_count = c.items
        self.category = np.arange(c.items) % c.categories
        self.appeal = (c.appeal_spread * standardised_ranks(rng, c.items)).astype(np.float32)
        paying = standardised_ranks(rng, c.items)
        other = standardised_ranks(rng, c.items)
        self.quality = (-c.sponsored * paying + np.sqrt(1.0 - c.sponsored**2) * other).astype(np.float32)
        self.fee = np.maximum(c.fee_mean + c.fee_spread * paying, 0.0).astype(np.float32)
        self.price = (c.price_median * np.exp(c.price_spread * rng.standard_normal(c.items))).astype(np.float32)
        self.sale = (self.price / c.price_median).astype(np.float32)
        self.buy = sigmoid(c.buy_base + c.buy_quality * self.quality)
        self.action_names = tuple(f"item-{i}" for i in range(c.items))
        interests = (f"interest_{k}" for k in range(c.categories))
        self.observation_names = (*interests, *(f"above_{i}" for i in range(c.items)), "position")

    def click_logit(self, items: np.ndarray, interest: np.ndarray, alike: np.ndarray) -> np.ndarray:
        """Log-odds of a click if read, for items, users' categories and numbers of alike items above."""
        c = self.config
        matches = self.category[items] == interest
        return c.click_base + self.appeal[items] + c.interest * matches - c.redundancy * alike

    def go_on_logit(self, items: np.ndarray, click: np.ndarray | float) -> np.ndarray:
        """Log-odds of reading on after an item that was read."""
        c = self.config
        return c.go_on_base + c.go_on_quality * self.quality[items] + c.go_on_click * click

    def simulator(
        self, n_users: int, seed: int | Sequence[int], users: Sequence[int] | None = None
    ) -> SequenceSimulator:
        return SequenceSimulator(self, n_users, seed, users)

    @cached_property
    def optimum(self) -> float | None:
        """Exact, by branch and bound over all pages; None where they are too many, or where the shop does not see all
        of them."""
        from ..planners.page_order import best_page
        from ..upper_bounds import as_published

        value, exact = best_page(self)
        return value if exact and as_published(self.config) else None

    @property
    def observation_bounds(self) -> tuple[np.ndarray, np.ndarray]:
        size = len(self.observation_names)
        return np.zeros(size, np.float32), np.ones(size, np.float32)

    def scores(self) -> dict[str, QFunction]:
        return {"myopic": self.expected_reward, "farsighted": self.reward_and_reader}

    def expected_reward(self, states: np.ndarray) -> np.ndarray:
        """(n, A) expected reward of each item at the next position, if the reader is there: v."""
        return self._odds(states)[0]

    def reward_and_reader(self, states: np.ndarray) -> np.ndarray:
        """(n, A) v + g V_r; see the class."""
        value, stays, interest = self._odds(states)
        left = self.horizon - np.rint(states[:, -1] * self.horizon).astype(np.int64) - 1
        return value + stays * self.values_below[interest, np.maximum(left, 0)][:, None]

    @cached_property
    def values_below(self) -> np.ndarray:
        """(categories, horizon) most that 0, 1, … positions can earn for each kind of user, without redundancy."""
        empty = np.zeros((self.config.categories, len(self.observation_names)), np.float32)
        empty[:, : self.config.categories] = np.eye(self.config.categories)
        value, stays, _ = self._odds(empty)
        best = np.zeros((self.config.categories, self.horizon))
        for kind in range(self.config.categories):
            # Items later in the order are decided first: best[r] is the most that they can earn in r positions.
            for item in np.argsort(value[kind] / (1.0 - stays[kind])):
                best[kind, 1:] = np.maximum(best[kind, 1:], value[kind, item] + stays[kind, item] * best[kind, :-1])
        return best

    def _odds(self, states: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(n, A) v, (n, A) g, and (n,) the user's category."""
        categories, items = self.config.categories, np.arange(self.action_count)
        interest = states[:, :categories].argmax(axis=1)
        above = states[:, categories:-1]
        alike = np.stack([above[:, self.category == k].sum(axis=1) for k in range(categories)], axis=1)
        click = sigmoid(self.click_logit(items, interest[:, None], alike[:, self.category]))
        new = above == 0
        value = new * click * (1.0 + self.fee + self.buy * self.sale)
        stays = click * sigmoid(self.go_on_logit(items, 1.0)) + (1.0 - click) * sigmoid(self.go_on_logit(items, 0.0))
        return value, np.where(new, stays, 1.0), interest
