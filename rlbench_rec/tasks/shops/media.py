"""`media-v1`: the next video or song, for users who have enough for today, and come back tomorrow or do not."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from pydantic import Field, model_validator

from ...policies import QFunction
from ..policy_ladder import ScoredConfig, ScoredTask
from ..simulator import Simulator
from .shared.draws import draw_group, sigmoid
from .shared.grid import Corners, Grid
from .shared.products import make_catalogue
from .shared.state_columns import one_hot, whole

METRICS = ("CTR", "watched", "returned", "diversity", "satisfaction")
GOODWILL_LIMIT = 2.0
"""Goodwill stays within plus and minus this: nobody is won or lost for good."""
TIRED_LIMIT = 10.0
"""Titles a day after which one is not more tired."""


class MediaConfig(ScoredConfig):
    """Parameters of the service; log-odds unless said otherwise."""

    gamma: float = Field(default=0.95, ge=0.0, le=1.0)
    """Discount factor over titles."""
    horizon: int = Field(default=60, ge=1, le=1_000)
    """Most titles that a user is followed for, over several days."""
    items: int = Field(default=24, ge=2, le=500)
    """Titles, each of one genre."""
    categories: int = Field(default=4, ge=1, le=20)
    """Genres; at most as many as titles."""
    hook_spread: float = Field(default=0.7, ge=0.0, le=3.0)
    """Standard deviation of the titles' hook: what keeps one watching."""
    bait: float = Field(default=0.6, ge=-1.0, le=1.0)
    """Minus the correlation of hook and worth: above 0, what keeps one watching tends to be regretted."""
    length: float = Field(default=4.0, gt=0.0, le=600.0)
    """Median length in minutes; for the metric `watched` alone."""
    length_spread: float = Field(default=0.3, ge=0.0, le=2.0)
    """Standard deviation of the log length."""
    watch_base: float = Field(default=-0.5, ge=-8.0, le=4.0)
    """Share watched of a title of mean hook, outside the favourite genre."""
    taste: float = Field(default=0.8, ge=0.0, le=5.0)
    """Added where the title is of the user's favourite genre."""
    bored: float = Field(default=0.5, ge=0.0, le=5.0)
    """Taken per unit of satiation with the genre."""
    satiation_decay: float = Field(default=0.8, ge=0.0, lt=1.0)
    """Share of satiation left after a title."""
    night_decay: float = Field(default=0.3, ge=0.0, le=1.0)
    """Share of satiation left after a night, further."""
    goodwill_gain: float = Field(default=0.4, ge=0.0, le=2.0)
    """Goodwill won (or lost) by watching to the end a title of worth 1 (or -1)."""
    goodwill_decay: float = Field(default=0.9, ge=0.0, lt=1.0)
    """Share of goodwill left after a title."""
    on_base: float = Field(default=2.0, ge=-8.0, le=8.0)
    """Going on today after a title of which half was watched."""
    on_share: float = Field(default=1.0, ge=0.0, le=5.0)
    """Added to it per share watched beyond a half."""
    on_tired: float = Field(default=0.2, ge=0.0, le=5.0)
    """Taken from it per title seen today, up to 10."""
    return_base: float = Field(default=0.5, ge=-8.0, le=8.0)
    """Coming back tomorrow, at goodwill 0."""
    return_goodwill: float = Field(default=1.5, ge=0.0, le=5.0)
    """Added to it per unit of goodwill."""

    @model_validator(mode="after")
    def _genres_have_titles(self) -> MediaConfig:
        if self.categories > self.items:
            raise ValueError(f"{self.categories} categories need at least as many items, not {self.items}")
        return self


class MediaSimulator(Simulator):
    """A batch of users over several days; see `Media` for the equations."""

    draws_at_start = 1
    draws_per_step = 3

    def __init__(self, task: Media, n_users: int, seed: int | Sequence[int], users: Sequence[int] | None = None):
        super().__init__(task.action_count, task.horizon, n_users, seed, users)
        self.task, self.config = task, task.config

    def _begin(self, uniforms: np.ndarray) -> dict[str, np.ndarray]:
        favourite, nothing = draw_group(uniforms[0], self.task.shares), np.zeros(uniforms.shape[1])
        satiation = np.zeros((len(favourite), self.config.categories))
        return {"favourite": favourite, "satiation": satiation, "goodwill": nothing, "today": nothing}

    def _react(self, actions: np.ndarray, uniforms: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        c, task, users, rows = self.config, self.task, self.users, np.arange(len(actions))
        genre = task.genre[actions]
        satiation = users["satiation"][rows, genre]
        mean = task.share_watched(actions, users["favourite"], satiation)
        # A power of a uniform number is Beta distributed; this one has that mean.
        share = uniforms[0].astype(np.float64) ** ((1.0 - mean) / mean)
        users["goodwill"] = task.goodwill_after(users["goodwill"], actions, share)
        goes_on = uniforms[1] < task.on_chance(share, users["today"])
        returns = ~goes_on & (uniforms[2] < task.return_chance(users["goodwill"]))
        users["satiation"] = users["satiation"] * c.satiation_decay
        users["satiation"][rows, genre] += 1.0
        users["satiation"] *= np.where(goes_on, 1.0, c.night_decay)[:, None]
        users["today"] = np.where(goes_on, np.minimum(users["today"] + 1.0, TIRED_LIMIT), 0.0)
        watched = task.length[actions] * share
        metrics = (share > 0.5, c.length * watched, returns, satiation < 0.5, share * task.worth[actions])
        return watched.astype(np.float32), np.stack(metrics, axis=1).astype(np.float32), ~goes_on & ~returns

    def _observe(self) -> np.ndarray:
        users, c = self.users, self.config
        time = np.full(len(users["today"]), self.elapsed / self.horizon)
        levels = (users["goodwill"] / GOODWILL_LIMIT, users["today"] / TIRED_LIMIT)
        favourite = one_hot(users["favourite"], c.categories)
        return np.column_stack((favourite, users["satiation"], *levels, time)).astype(np.float32)


class Media(ScoredTask[MediaConfig]):
    """The next video or song: what is watched longest today is not what brings people back tomorrow.

    An episode is a user over several days, a step a title. Title i has a genre c, a hook a, a worth z (negatively
    correlated with the hook) and a length f in units of the median. A user has a known favourite genre, a satiation s_c
    per genre, a goodwill w, and has seen n titles today. With sigma the logistic function:

        phi          = sigma(watch_base + a_i + taste 1{c = favourite} - bored s_c)
        y            ~ Beta(phi / (1 - phi), 1), the share watched, of mean phi
        w'           = clip(goodwill_decay w + goodwill_gain y z_i, -2, 2)
        s'_k         = satiation_decay s_k + 1{k = c}
        P(go on)     = sigma(on_base + on_share (y - 1/2) - on_tired n);     n' = min(n + 1, 10)
        otherwise the day is over: n' = 0, s' is multiplied by night_decay, and
        P(return)    = sigma(return_base + return_goodwill w');              else the user is gone
        reward       = f_i y

    A state is (favourite one-hot, s, w / 2, n / 10, title / titles); the service asks how people liked what they saw,
    so it sees the goodwill. Looking ahead pays because time spent on bait is paid for at the end of the day.

    Metrics per title: CTR = more than half watched, watched = minutes, returned = came back the next day, diversity =
    a genre not shown lately (satiation below 1/2), satisfaction = y z_i.

    The score `myopic` is the expected reward f phi. `farsighted` adds the value of what follows, by dynamic programming
    over goodwill and titles seen today on a grid, with mean shares watched in place of random ones and each genre as
    satiating as if all were shown alike. It is a heuristic, not the optimum.

    Watch time: Covington, Adams and Sargin (2016); clickbait and regret against return: Wu et al. (2017, Returning is
    Believing), Zou et al. (2019, FeedRec), Cai et al. (2023, Reinforcing User Retention); satiation: Leqi et al. (2021,
    Rebounding Bandits), Kunaver and Pozrl (2017, diversity).
    """

    id = "media-v1"
    Config = MediaConfig
    metric_names = METRICS

    def __init__(self, config: MediaConfig, seed: int = 0):
        super().__init__(config, seed)
        c = config
        titles = make_catalogue(c.items, c.categories, c.hook_spread, c.bait, 1.0, c.length_spread, seed)
        self.genre, self.hook, self.worth = titles.category, titles.appeal, titles.quality
        self.length = titles.price.astype(np.float64)
        self.shares = np.random.default_rng((seed, c.categories)).dirichlet(np.full(c.categories, 20.0))
        self.action_count = c.items
        self.action_names = tuple(f"title-{i}" for i in range(c.items))
        favourite, satiation = ([f"{name}_{k}" for k in range(c.categories)] for name in ("favourite", "satiation"))
        self.observation_names = (*favourite, *satiation, "goodwill", "today", "time")

    # --- the user ----------------------------------------------------------------------------------------------
    def share_watched(self, titles: np.ndarray, favourite: np.ndarray, satiation: np.ndarray | float) -> np.ndarray:
        """phi; the arguments broadcast, as in all that follow."""
        c = self.config
        liked = c.taste * (self.genre[titles] == favourite)
        return sigmoid(c.watch_base + self.hook[titles].astype(np.float64) + liked - c.bored * satiation)

    def goodwill_after(self, goodwill: np.ndarray, titles: np.ndarray, share: np.ndarray) -> np.ndarray:
        """w'."""
        won = self.config.goodwill_gain * share * self.worth[titles]
        return np.clip(self.config.goodwill_decay * goodwill + won, -GOODWILL_LIMIT, GOODWILL_LIMIT)

    def on_chance(self, share: np.ndarray, today: np.ndarray) -> np.ndarray:
        """P(go on)."""
        c = self.config
        return sigmoid(c.on_base + c.on_share * (share - 0.5) - c.on_tired * today)

    def return_chance(self, goodwill: np.ndarray) -> np.ndarray:
        """P(return)."""
        return sigmoid(self.config.return_base + self.config.return_goodwill * goodwill)

    def simulator(self, n_users: int, seed: int | Sequence[int], users: Sequence[int] | None = None) -> MediaSimulator:
        return MediaSimulator(self, n_users, seed, users)

    @property
    def observation_bounds(self) -> tuple[np.ndarray, np.ndarray]:
        c = self.config
        most = 1.0 / (1.0 - c.satiation_decay)
        low = [0.0] * (2 * c.categories) + [-1.0, 0.0, 0.0]
        high = [1.0] * c.categories + [most] * c.categories + [1.0, 1.0, 1.0]
        # Sums may pass the limit of the series by a rounding.
        return np.array(low, np.float32), np.array(high, np.float32) + np.float32(1e-3)

    # --- scores ------------------------------------------------------------------------------------------------
    def scores(self) -> dict[str, QFunction]:
        return {"myopic": self.expected_reward, "farsighted": self.reward_and_return}

    def expected_reward(self, states: np.ndarray) -> np.ndarray:
        """(n, A) expected reward of each title."""
        return self.length * self._shares(states)

    def _shares(self, states: np.ndarray) -> np.ndarray:
        genres, titles = self.config.categories, np.arange(self.action_count)
        satiation = states[:, genres : 2 * genres].astype(np.float64)[:, self.genre]
        return self.share_watched(titles, states[:, :genres].argmax(axis=1)[:, None], satiation)

    def reward_and_return(self, states: np.ndarray) -> np.ndarray:
        """(n, A) expected reward and the value of what follows; see the class."""
        share, favourite = self._shares(states), states[:, : self.config.categories].argmax(axis=1)[:, None]
        goodwill, today = states[:, -3:-2] * np.float64(GOODWILL_LIMIT), states[:, -2:-1] * np.float64(TIRED_LIMIT)
        later = whole(states[:, -1:], self.horizon, self.horizon) + 1
        total = self.length * share
        for chance, where in self._ways(share, goodwill, today):
            total += self.gamma * chance * self._grid.mix(self._values, where, (later, favourite))
        return total

    def _ways(self, share: np.ndarray, goodwill: np.ndarray, today: np.ndarray) -> list[tuple[np.ndarray, Corners]]:
        """Probabilities of going on today and of coming back tomorrow, and where each leads, for the mean share."""
        goodwill = self.goodwill_after(goodwill, np.arange(self.action_count), share)
        goes_on, returns = self.on_chance(share, today), self.return_chance(goodwill)
        seen = np.broadcast_to(np.minimum(today + 1.0, TIRED_LIMIT), goodwill.shape)
        tomorrow = self._grid.weights(goodwill, np.zeros_like(goodwill))
        return [(goes_on, self._grid.weights(goodwill, seen)), ((1.0 - goes_on) * returns, tomorrow)]

    @cached_property
    def _grid(self) -> Grid:
        return Grid(np.linspace(-GOODWILL_LIMIT, GOODWILL_LIMIT, 21), np.arange(TIRED_LIMIT + 1.0))

    @cached_property
    def _values(self) -> np.ndarray:
        """(titles + 1, favourites, goodwill, today) of the best title at each point; 0 at the end."""
        c = self.config
        usual = 1.0 / (1.0 - c.satiation_decay) / c.categories
        favourite = np.arange(c.categories)[:, None, None, None]
        goodwill, today = (axis[..., None] for axis in np.meshgrid(*self._grid.axes, indexing="ij"))
        share = self.share_watched(np.arange(self.action_count), favourite, usual)
        share = np.broadcast_to(share, (c.categories, *goodwill.shape[:2], self.action_count))
        ways = self._ways(share, goodwill, today)
        backwards = self._grid.backward_induction(self.length * share, ways, c.gamma, self.horizon)
        values = [q.max(axis=-1) for q in backwards]
        return np.stack([*values[::-1], np.zeros_like(values[0])])
