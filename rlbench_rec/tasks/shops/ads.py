"""`ads-v1`: which ad to show and how high to bid, with a day's budget to make last."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
from pydantic import Field, field_validator

from ...policies import QFunction
from ..policy_ladder import ScoredConfig, ScoredTask
from ..simulator import Simulator
from .shared.draws import draw_category, log_logistic, sigmoid, standardised_ranks
from .shared.strata import ADS

METRICS = ("CTR", "CVR", "revenue", "spend", "diversity")
RIVAL_POINTS = 32
BUDGET_POINTS = 81


class AdsConfig(ScoredConfig):
    """Parameters of the campaign; money in units of the mean worth of an impression, the rest log-odds unless said
    otherwise. Rates are higher than a real campaign's, so that thousands of days are enough to learn from."""

    gamma: float = Field(default=1.0, ge=0.0, le=1.0)
    """Discount factor over auctions: a day's profit is a plain sum."""
    horizon: int = Field(default=24, ge=1, le=1_000)
    """Auctions a day."""
    ads: int = Field(default=4, ge=1, le=100)
    """Ads that may be shown."""
    kinds: int = Field(default=3, ge=1, le=50)
    """Kinds of user, known before the bid."""
    bids: tuple[float, ...] = (0.25, 0.5, 0.8, 1.2, 2.0)
    """Bid levels, in money."""
    budget: float = Field(default=5.0, gt=0.0, le=10_000.0)
    """A day's mean budget."""
    budget_spread: float = Field(default=0.4, ge=0.0, lt=1.0)
    """A day's budget lies between (1 - this) and (1 + this) times the mean."""
    rival: float = Field(default=0.45, gt=0.0, le=1_000.0)
    """Median of the highest rival bid over the day."""
    rival_spread: float = Field(default=0.6, ge=0.0, le=3.0)
    """Standard deviation of the log of the rival bid."""
    rush: float = Field(default=0.5, ge=0.0, lt=1.0)
    """The median rises and falls by this share in the course of the day."""
    reserve: float = Field(default=0.05, gt=0.0, le=1_000.0)
    """Least price of an impression; a campaign with less than this left is over."""
    click_base: float = Field(default=-1.0, ge=-8.0, le=4.0)
    """Click on an unworn ad of mean fit."""
    fit: float = Field(default=0.8, ge=0.0, le=5.0)
    """Standard deviation of the fit of ad and kind of user."""
    wear: float = Field(default=0.5, ge=0.0, le=5.0)
    """Taken from the click per unit of the ad's wear."""
    wear_decay: float = Field(default=0.85, ge=0.0, lt=1.0)
    """Share of an ad's wear left at the next auction; each showing adds 1."""
    sale_rate: float = Field(default=0.4, gt=0.0, le=1.0)
    """Probability of a sale after a click."""
    margin: float = Field(default=8.0, gt=0.0, le=10_000.0)
    """Mean margin of a sale."""
    margin_spread: float = Field(default=0.25, ge=0.0, lt=0.5)
    """Standard deviation of the ads' margins, as a share of the mean."""

    @field_validator("bids")
    @classmethod
    def _rise(cls, levels: tuple[float, ...]) -> tuple[float, ...]:
        if not levels or min(levels) <= 0 or list(levels) != sorted(set(levels)):
            raise ValueError("bids must be rising numbers above 0")
        return levels


class Auctions(NamedTuple):
    """What a bid leads to, by (auction, budget on a grid, bid level); level 0 does not bid.

    Attributes:
        wins: probability of winning.
        pays: expected payment.
        ahead: expected value of the rest of the day.
    """

    wins: np.ndarray
    pays: np.ndarray
    ahead: np.ndarray


class AdsSimulator(Simulator):
    """A batch of days; see `Ads` for the equations."""

    draws_at_start = 2
    draws_per_step = 4

    def __init__(self, task: Ads, n_users: int, seed: int | Sequence[int], users: Sequence[int] | None = None):
        super().__init__(task.action_count, task.horizon, n_users, seed, users)
        self.task, self.config = task, task.config

    def _begin(self, uniforms: np.ndarray) -> dict[str, np.ndarray]:
        c = self.config
        days = uniforms.shape[1]
        budget = c.budget * (1.0 + c.budget_spread * (2.0 * uniforms[1].astype(np.float64) - 1.0))
        return {"kind": draw_category(uniforms[0], c.kinds), "budget": budget, "wear": np.zeros((days, c.ads))}

    def _react(self, actions: np.ndarray, uniforms: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        c, task, users, rows = self.config, self.task, self.users, np.arange(len(actions))
        ad, bid = task.ad[actions], np.minimum(task.bid[actions], users["budget"])
        price = np.maximum(log_logistic(uniforms[1], task.rivals[self.elapsed], c.rival_spread), c.reserve)
        wins = bid >= price
        worn = users["wear"][rows, ad]
        chance = sigmoid(task.click_logit(ad, users["kind"], worn))
        click = wins & (uniforms[2] < chance)
        sale = click & (uniforms[3] < c.sale_rate)
        users["budget"] = users["budget"] - wins * price
        users["wear"] *= c.wear_decay
        users["wear"][rows, ad] += wins
        users["kind"] = draw_category(uniforms[0], c.kinds)
        earned = sale * task.margin[ad]
        metrics = (click, sale, earned, wins * price, wins & (worn < 0.5))
        if c.rollouts == "expected":
            clicks = wins * chance
            sales = c.sale_rate * clicks
            worth = sales * task.margin[ad]
            self.means = np.stack((worth - wins * price, clicks, sales, worth, *metrics[3:]), axis=1)
        rewards = (earned - wins * price).astype(np.float32)
        return rewards, np.stack(metrics, axis=1).astype(np.float32), users["budget"] < c.reserve

    def _observe(self) -> np.ndarray:
        users, c = self.users, self.config
        kind = users["kind"][:, None] == np.arange(c.kinds)
        time = np.full(len(kind), self.elapsed / self.horizon)
        return np.column_stack((kind, users["wear"], users["budget"] / c.budget, time)).astype(np.float32)


class Ads(ScoredTask[AdsConfig]):
    """Which ad to show and how high to bid: second-price auctions, a day's budget, and ads that wear out.

    An episode is a day of auctions. Before each the kind of user k is known, and one names an ad i and a bid b, or does
    not bid; a bid above what is left of the budget B is cut to it. The highest rival bid is log-logistic around a
    median m_t that rises and falls in the course of the day. With sigma the logistic function and w_i the ad's wear:

        price    = max(rival bid, reserve);   won if b >= price, and then the price is paid
        P(click) = won sigma(click_base + fit_ik - wear w_i);   P(sale | click) = sale_rate
        reward   = sale margin_i - won price
        B'       = B - won price;   w'_j = wear_decay w_j + 1{j = i and won};   the day ends when B' < reserve

    A state is (k one-hot, w, B / mean budget, auction / auctions). Looking ahead pays because the budget does not last
    for every auction that is worth its price: bidding one's value is right for the auction, and wrong for the day.

    Metrics per auction: CTR = click, CVR = sale, revenue = margin of sales, spend = price paid, diversity = an ad
    shown that was not shown lately (wear below 1/2).

    The score `myopic` is the expected reward of the auction. `farsighted` adds the value of the budget that is left,
    by dynamic programming over auctions and budget with each kind's best ad at its mean wear, and takes the clicks
    off that the showing costs the same ad later, at the share of auctions that the ad would be wanted again.

    Second-price auctions with a budget: Balseiro and Gur (2019, pacing), Cai et al. (2017, bidding as an MDP over time
    and budget left), Wu et al. (2018, budget constrained bidding); that ads wear out: Agarwal, Chen and Elango (2009),
    Ma et al. (2016, user fatigue in online news).
    """

    id = "ads-v1"
    Config = AdsConfig
    strata = ADS
    metric_names = METRICS

    def __init__(self, config: AdsConfig, seed: int = 0):
        super().__init__(config, seed)
        c, rng = config, np.random.default_rng(seed)
        self.fit = c.fit * standardised_ranks(rng, c.ads * c.kinds).reshape(c.ads, c.kinds)
        self.margin = c.margin * (1.0 + c.margin_spread * standardised_ranks(rng, c.ads))
        phase = rng.random()
        self.rivals = c.rival * (1.0 + c.rush * np.sin(2.0 * np.pi * (np.arange(self.horizon) / self.horizon + phase)))
        # Action 0 does not bid; the others are every ad at every level.
        self.ad = np.r_[0, np.repeat(np.arange(c.ads), len(c.bids))]
        self.level = np.r_[0, np.tile(np.arange(1, len(c.bids) + 1), c.ads)]
        self.levels = np.r_[0.0, c.bids]
        self.bid = self.levels[self.level]
        self.action_count = len(self.ad)
        self.action_names = ("no bid", *(f"ad-{i} at {b:g}" for i in range(c.ads) for b in c.bids))
        kinds, wear = (f"kind_{k}" for k in range(c.kinds)), (f"wear_{i}" for i in range(c.ads))
        self.observation_names = (*kinds, *wear, "budget", "time")

    def click_logit(self, ad: np.ndarray, kind: np.ndarray, wear: np.ndarray) -> np.ndarray:
        """Log-odds of a click on an ad that is shown; the arguments broadcast."""
        return self.config.click_base + self.fit[ad, kind] - self.config.wear * wear

    def simulator(self, n_users: int, seed: int | Sequence[int], users: Sequence[int] | None = None) -> AdsSimulator:
        return AdsSimulator(self, n_users, seed, users)

    @property
    def observation_bounds(self) -> tuple[np.ndarray, np.ndarray]:
        c = self.config
        wear = 1.0 / (1.0 - c.wear_decay)
        high = [1.0] * c.kinds + [wear] * c.ads + [1.0 + c.budget_spread, 1.0]
        # Sums may pass the limit of the series by a rounding.
        return np.zeros(len(high), np.float32) - np.float32(1e-3), np.array(high, np.float32) + np.float32(1e-3)

    # --- scores ------------------------------------------------------------------------------------------------
    def scores(self) -> dict[str, QFunction]:
        return {"myopic": self.expected_reward, "farsighted": self.paced}

    def expected_reward(self, states: np.ndarray) -> np.ndarray:
        """(n, A) expected reward of the next auction."""
        time, place = self._where(states)
        wins, pays = (table[time, place][:, self.level] for table in self.auctions[:2])
        return wins * self._worth(states)[0][:, self.ad] - pays

    def paced(self, states: np.ndarray) -> np.ndarray:
        """(n, A) expected reward plus the value of what is left of the budget and of the ads; see the class."""
        time, place = self._where(states)
        wins, pays, ahead = (table[time, place][:, self.level] for table in self.auctions)
        worth, worn_off = self._worth(states)
        return wins * (worth - worn_off)[:, self.ad] - pays + self.gamma * ahead

    def _worth(self, states: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(n, ads) worth of an impression, and what it costs the same ad in later ones."""
        c = self.config
        kind, wear = states[:, : c.kinds].argmax(axis=1), states[:, c.kinds : c.kinds + c.ads].astype(np.float64)
        worth = self.sale_worth * sigmoid(self.click_logit(np.arange(c.ads), kind[:, None], wear))
        keeps = self.gamma * c.wear_decay
        lasting = keeps / (1.0 - keeps) if keeps < 1.0 else float(self.horizon)
        left = 1.0 - states[:, -1:]
        mean = worth.mean(axis=1, keepdims=True)
        return worth, c.wear * 0.5 * np.minimum(lasting, left * self.horizon) * mean * self.wanted

    @cached_property
    def sale_worth(self) -> np.ndarray:
        """(ads,) what a click is worth."""
        return self.config.sale_rate * self.margin

    @cached_property
    def wanted(self) -> np.ndarray:
        """(ads,) share of auctions in which the ad is the best one, and won half the time."""
        c = self.config
        fresh = self.sale_worth[:, None] * sigmoid(c.click_base + self.fit)
        return 0.5 * np.bincount(fresh.argmax(axis=0), minlength=c.ads) / c.kinds

    def _where(self, states: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(n,) auction and place of the budget on the grid, rounded down: what is left is never overrated."""
        time = np.clip(np.rint(states[:, -1] * self.horizon).astype(np.int64), 0, self.horizon - 1)
        place = np.floor(states[:, -2].astype(np.float64) * self.config.budget / self._budgets[1] + 1e-9)
        return time, np.clip(place.astype(np.int64), 0, BUDGET_POINTS - 1)

    @cached_property
    def _budgets(self) -> np.ndarray:
        return np.linspace(0.0, self.config.budget * (1.0 + self.config.budget_spread), BUDGET_POINTS)

    @cached_property
    def auctions(self) -> Auctions:
        """The dynamic program over auctions and budget, with equally likely rival bids on a grid."""
        c, budgets = self.config, self._budgets
        uniforms = (np.arange(RIVAL_POINTS) + 0.5) / RIVAL_POINTS
        bid = np.minimum(self.levels, budgets[:, None])
        steady = 0.5 / (1.0 - c.wear_decay) / c.ads
        best = (self.sale_worth[:, None] * sigmoid(c.click_base + self.fit - c.wear * steady)).max(axis=0)
        shape = (self.horizon, len(budgets), len(self.levels))
        tables = Auctions(*(np.empty(shape) for _ in Auctions._fields))
        values = np.zeros(len(budgets))
        for t in reversed(range(self.horizon)):
            price = np.maximum(log_logistic(uniforms, self.rivals[t], c.rival_spread), c.reserve)
            won = bid[:, :, None] >= price
            kept = np.interp(budgets[:, None] - price, budgets, values)[:, None, :]
            tables.wins[t], tables.pays[t] = won.mean(axis=2), (won * price).mean(axis=2)
            tables.ahead[t] = np.where(won, kept, values[:, None, None]).mean(axis=2)
            q = tables.wins[t] * best[:, None, None] - tables.pays[t] + self.gamma * tables.ahead[t]
            values = q.max(axis=2).mean(axis=0)
        return tables
