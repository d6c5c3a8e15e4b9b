"""`inventory-v1`: how much to reorder each week, with a lead time, lost sales and a season."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, partial

import numpy as np
from pydantic import Field, model_validator

from ...policies import QFunction
from ..policy_ladder import LADDER, ScoreBlend, ScoredConfig, ScoredTask
from ..simulator import Simulator
from .inventory_plan import base_stock_levels, negative_binomial, optimal_values
from .shared.draws import draw_category, standardised_ranks
from .shared.state_columns import one_hot, whole

METRICS = ("revenue", "spend", "lost", "held", "satisfaction")
RULES = {
    "rule-loose": ScoreBlend(score={"rule": 1.0}, tau=1.0),
    "rule-firm": ScoreBlend(score={"rule": 1.0}, tau=0.3),
    "base-stock-mild": ScoreBlend(score={"base-stock": 1.0}, tau=0.3),
    "base-stock": ScoreBlend(score={"base-stock": 1.0}, tau=0.0),
}
"""Target policies of this task alone."""
PLAN_LIMIT = 30_000_000
"""Most entries of the dynamic program: 240 MB."""


class InventoryConfig(ScoredConfig):
    """Parameters of the shop; money as a share of the price of a unit."""

    gamma: float = Field(default=0.98, ge=0.0, le=1.0)
    """Discount factor over weeks."""
    horizon: int = Field(default=26, ge=1, le=104)
    """Weeks of a season."""
    service: ScoreBlend = ScoreBlend(score={"rule": 1.0}, noise=0.2, tau=0.5, epsilon=0.05)
    """The behaviour policy: a buyer who roughly keeps to a rule of thumb."""
    ladder: dict[str, ScoreBlend] = Field(default_factory=lambda: LADDER | RULES)
    """The target policies beside behaviour and random."""
    kinds: int = Field(default=3, ge=1, le=20)
    """Kinds of product, from slow to fast movers."""
    demand: float = Field(default=8.0, gt=0.0, le=50.0)
    """Mean weekly demand of an ordinary product, in units."""
    demand_spread: float = Field(default=0.4, ge=0.0, le=1.0)
    """Standard deviation of the log of the kinds' mean demand."""
    overdispersion: float = Field(default=0.15, ge=0.0, le=2.0)
    """Variance of the week's demand = mean + this x mean^2: negative binomial; 0 is Poisson."""
    season: float = Field(default=0.5, ge=0.0, lt=1.0)
    """Mean demand rises and falls by this share, once a season."""
    lead_time: int = Field(default=2, ge=0, le=3)
    """Weeks from an order to its arrival; 0 arrives before the same week's demand."""
    case: int = Field(default=4, ge=1, le=100)
    """Units in a case; one orders whole cases."""
    cases: int = Field(default=8, ge=1, le=40)
    """Most cases in an order."""
    capacity: int = Field(default=96, ge=1, le=1_000)
    """Most units in stock and on the way; an order is cut to the cases that fit."""
    unit_cost: float = Field(default=0.6, ge=0.0, lt=1.0)
    """What a unit costs the shop, paid with the order."""
    holding: float = Field(default=0.01, ge=0.0, le=1.0)
    """Cost of a unit left over at the end of a week: space, capital, shrinkage."""
    goodwill: float = Field(default=0.1, ge=0.0, le=2.0)
    """Cost of a unit asked for and not there, beside the sale."""
    salvage: float = Field(default=0.5, ge=0.0, le=1.0)
    """Share of its cost that a unit brings at the end of the season."""
    start_weeks: float = Field(default=2.0, ge=0.0, le=10.0)
    """A season begins with up to so many weeks' mean demand in stock, all amounts equally likely."""
    price: float = Field(default=20.0, gt=0.0, le=100_000.0)
    """In currency units; for the metrics `revenue` and `spend` alone."""

    @model_validator(mode="after")
    def _fits(self) -> InventoryConfig:
        if self.case > self.capacity:
            raise ValueError(f"a case of {self.case} does not fit into a capacity of {self.capacity}")
        entries = self.kinds * self.horizon * (self.capacity + 1) * (self.cases + 1) ** max(self.lead_time, 1)
        if entries > PLAN_LIMIT:
            raise ValueError(
                f"the dynamic program would have {entries:,} entries, more than {PLAN_LIMIT:,}; "
                "ask for fewer cases, less capacity or a shorter lead_time"
            )
        return self


class InventorySimulator(Simulator):
    """A batch of products over one season; see `Inventory` for the equations."""

    draws_at_start = 2
    draws_per_step = 1

    def __init__(self, task: Inventory, n_users: int, seed: int | Sequence[int], users: Sequence[int] | None = None):
        super().__init__(task.action_count, task.horizon, n_users, seed, users)
        self.task, self.config = task, task.config

    def _begin(self, uniforms: np.ndarray) -> dict[str, np.ndarray]:
        kind = draw_category(uniforms[0], self.config.kinds)
        most = self.config.start_weeks * self.task.usual[kind]
        stock = np.minimum((uniforms[1] * (most + 1.0)).astype(np.int64), self.config.capacity)
        return {"kind": kind, "stock": stock, "coming": np.zeros((len(kind), self.task.waiting), np.int64)}

    def _react(self, actions: np.ndarray, uniforms: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        c, task, users = self.config, self.task, self.users
        room = (c.capacity - users["stock"]) // c.case - users["coming"].sum(axis=1)
        cases = np.minimum(actions, room)
        # Cases in the order in which they arrive; without a lead time the order itself comes before the demand.
        coming = np.concatenate((users["coming"], cases[:, None]), axis=1)
        at_once = c.case * cases * (c.lead_time == 0)
        stock = users["stock"] + at_once
        demand = (task.demand_below[self.elapsed, users["kind"]] <= uniforms[0][:, None]).sum(axis=1)
        sold = np.minimum(stock, demand)
        users["stock"] = stock - sold + (c.lead_time > 0) * c.case * coming[:, 0]
        users["coming"] = coming[:, 1:]
        paid, held, lost = c.case * cases * c.unit_cost, stock - sold, demand - sold
        earned = sold - paid - c.holding * held - c.goodwill * lost
        if self.elapsed == self.horizon - 1:
            left = users["stock"] + c.case * users["coming"].sum(axis=1)
            earned = earned + c.salvage * c.unit_cost * left
        met = np.where(demand > 0, sold / np.maximum(demand, 1), 1.0)
        metrics = np.stack((c.price * sold, c.price * paid, lost, held, met), axis=1)
        stays = np.zeros(len(actions), bool)
        return (earned / task.scale).astype(np.float32), metrics.astype(np.float32), stays

    def _observe(self) -> np.ndarray:
        users, task, c = self.users, self.task, self.config
        due = task.mean_demand[min(self.elapsed, self.horizon - 1) + c.lead_time, users["kind"]]
        time = np.full(len(due), self.elapsed / self.horizon)
        coming = users["coming"] * c.case
        columns = (one_hot(users["kind"], c.kinds), users["stock"] / c.demand, coming / c.demand, due / c.demand, time)
        return np.column_stack(columns).astype(np.float32)


class Inventory(ScoredTask[InventoryConfig]):
    """How much to reorder: an order arrives weeks later, and a customer at an empty shelf does not come back.

    An episode is one product over a season, a step a week. In week t the shop sees the stock x and the cases on the
    way, z_1 that arrives next week to z_{L-1}, and orders q cases, which arrive in L = lead_time weeks:

        mu_t    = demand exp(demand_spread k) (1 + season sin(2 pi (t / weeks + phase)))    k standardised over kinds
        D_t     ~ negative binomial, mean mu_t, variance mu_t + overdispersion mu_t^2
        q'      = min(q, whole cases that fit: stock and on the way stay within capacity)
        sold    = min(x, D_t);   x' = x - sold + case z_1;   z'_i = z_{i+1};   z'_{L-1} = q'
        reward  = [sold - unit_cost case q' - holding (x - sold) - goodwill (D_t - sold)] / (demand (1 - unit_cost))

    (L = 1: q' itself arrives next week; L = 0: it joins x before the demand.) After the last week all that is left or
    on the way brings salvage x unit_cost a unit. A state is (kind one-hot, x and case z_i in weeks of ordinary demand,
    the same for the mean demand of the week in which the order arrives, week / weeks). Looking ahead is the whole
    point: an order costs now and earns L weeks later, so at gamma = 0 the best order is none.

    Metrics per week: revenue = sales, spend = paid for orders, lost = units asked for and not there, held = units left
    over, satisfaction = share of the demand that was met.

    Scores: `myopic`, the expected reward of the week; `farsighted`, the optimal Q by dynamic programming, exact;
    `base-stock`, minus the distance of x + case (sum z + q') from the newsvendor's quantile of the demand in weeks t to
    t + L (`base_stock_levels`); `rule`, the same for a level of L + 2 weeks' mean demand in every season.

    That a base-stock policy is best for L = 0, and the quantile: Arrow, Harris and Marschak (1951), Veinott (1965,
    myopic in the demand that an order meets); that it is only near the best with lost sales and a lead time:
    Karlin and Scarf (1958), Zipkin (2008, Old and New Methods for Lost-Sales Inventory Systems); with learning:
    Gijsbrechts et al. (2022), Madeka et al. (2022).
    """

    id = "inventory-v1"
    Config = InventoryConfig
    metric_names = METRICS

    def __init__(self, config: InventoryConfig, seed: int = 0):
        super().__init__(config, seed)
        c, rng = config, np.random.default_rng(seed)
        self.usual = c.demand * np.exp(c.demand_spread * standardised_ranks(rng, c.kinds))
        weeks = np.arange(self.horizon + c.lead_time)
        swing = 1.0 + c.season * np.sin(2.0 * np.pi * (weeks / self.horizon + rng.random()))
        self.mean_demand = swing[:, None] * self.usual
        self.demand_chance = negative_binomial(self.mean_demand, c.overdispersion)
        self.demand_below = np.cumsum(self.demand_chance, axis=2)[:, :, :-1]
        self.scale = c.demand * (1.0 - c.unit_cost)
        self.waiting = max(c.lead_time - 1, 0)
        self.action_count = c.cases + 1
        self.action_names = tuple(f"{c.case * q} units" for q in range(self.action_count))
        kinds, coming = (f"kind_{k}" for k in range(c.kinds)), (f"coming_{i + 1}" for i in range(self.waiting))
        self.observation_names = (*kinds, "stock", *coming, "forecast", "time")

    def simulator(
        self, n_users: int, seed: int | Sequence[int], users: Sequence[int] | None = None
    ) -> InventorySimulator:
        return InventorySimulator(self, n_users, seed, users)

    @cached_property
    def optimum(self) -> float | None:
        """Exact, by dynamic programming over all seasons; None where the shop does not see all of them."""
        from ..planners.exact import best_seasons
        from ..upper_bounds import as_published

        return best_seasons(self) if as_published(self.config) else None

    @property
    def observation_bounds(self) -> tuple[np.ndarray, np.ndarray]:
        c = self.config
        most = [c.capacity / c.demand] + [c.cases * c.case / c.demand] * self.waiting
        high = [1.0] * c.kinds + most + [self.mean_demand.max() / c.demand, 1.0]
        return np.zeros(len(high), np.float32), np.array(high, np.float32)

    # --- scores ------------------------------------------------------------------------------------------------
    def scores(self) -> dict[str, QFunction]:
        rule = np.tile((self.config.lead_time + 2) * self.usual, (self.horizon, 1))
        return {
            "myopic": partial(self._look_up, self.plan(0.0)),
            "farsighted": partial(self._look_up, self.plan(self.gamma)),
            "base-stock": partial(self._towards, self.base_stock_levels),
            "rule": partial(self._towards, rule),
        }

    @cached_property
    def base_stock_levels(self) -> np.ndarray:
        """(weeks, kinds) units to have in stock and on the way after ordering; see the class."""
        return base_stock_levels(self.config, self.demand_chance)

    def plan(self, gamma: float) -> np.ndarray:
        """(kinds, weeks, stock, on the way, orders) optimal Q at a discount factor; gamma = 0: the reward itself."""
        demands = self.demand_chance.swapaxes(0, 1)
        return np.stack([optimal_values(self.config, demand, gamma) for demand in demands])

    def _read(self, states: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Kind, week, stock in units, and (n, waiting) cases on the way."""
        c = self.config
        stock = whole(states[:, c.kinds], c.demand, c.capacity + 1)
        coming = whole(states[:, c.kinds + 1 : -2], c.demand / c.case, self.action_count)
        return states[:, : c.kinds].argmax(axis=1), whole(states[:, -1], self.horizon, self.horizon), stock, coming

    def _look_up(self, plan: np.ndarray, states: np.ndarray) -> np.ndarray:
        kind, week, stock, coming = self._read(states)
        place = coming @ self.action_count ** np.arange(self.waiting)[::-1]
        return plan[kind, week, stock, place]

    def _towards(self, levels: np.ndarray, states: np.ndarray) -> np.ndarray:
        kind, week, stock, coming = self._read(states)
        c, waiting = self.config, coming.sum(axis=1)
        room = (c.capacity - stock) // c.case - waiting
        cases = waiting[:, None] + np.minimum(np.arange(self.action_count), room[:, None])
        return -np.abs(stock[:, None] + c.case * cases - levels[week, kind][:, None])
